//! A CA, a TLS server that serves an old pair from files, and an installation that is to renew it.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::left_out::{Need, left_out};
use crate::notafter::without_settings;
use crate::peer::free_port;
use notafter_acme::server::RequestKind;
use notafter_cert::{Certificate, Fingerprint, Span};
use notafter_engine::open;
use notafter_engine::settings::Settings;
use notafter_inventory::model::Step;
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::tls_server::{Files, TlsServer};
use notafter_net::dns::Resolver;
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{self, Network};
use notafter_net::{Clock, Eye};
use notafter_store::Scope;
use notafter_tls::Target;
use notafter_tls::observation::Outcome;
use tempfile::TempDir;
use tokio::task::JoinHandle;

const NAME: &str = "shop.example";

/// An inventory in which the default owner is told through a web sink, whose address stands for `SINK`.
pub(crate) const WATCH: &str = r#"
[[channel]]
name = "pager"
kind = "webhook"
url = "http://SINK/"

[[owner]]
name = "default"
contacts = [{ channel = "pager" }]
"#;

pub(crate) struct Stage {
    pub(crate) ca: AcmeCa,
    pub(crate) settings: Settings,
    server: TlsServer,
    old: Fingerprint,
    folder: TempDir,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::with_destination(|_| ()).await
    }

    /// `prepare` may do something to the directory of the pair before anything lies in it.
    pub(crate) async fn with_destination(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (clock, port) = (Clock::system(), free_port());
        let ca = AcmeCa::start(Options::loopback(clock.clone(), port)).await.unwrap();
        let validity = Validity { from: clock.now() - Span::days(80), to: clock.now() + Span::days(10) };
        let authority = Authority::new("Old CA", validity).unwrap();
        let old = authority.issue(&[NAME.parse().unwrap()], validity).unwrap();
        fs::write(path("roots.pem"), ca.roots_pem() + &authority.root_pem()).unwrap();
        fs::create_dir(path("live")).unwrap();
        prepare(&path("live"));
        fs::create_dir(path("old")).unwrap();
        for directory in ["old", "live"] {
            fs::write(path(directory).join("privkey.pem"), old.key_pem()).unwrap();
            fs::write(path(directory).join("fullchain.pem"), old.chain_pem()).unwrap();
        }
        let server = TlsServer::from_files(loopback(), files(folder.path())).await.unwrap();
        let reload = format!(
            "exec 3<>/dev/tcp/127.0.0.1/{}\nread -r -N 1 -u 3 answer\n[ \"$answer\" = + ]\n",
            server.control().port()
        );
        fs::write(path("reload"), reload).unwrap();
        let settings = Settings {
            data: Some(path("data")),
            key_encryption_key: Some(path("kek")),
            trust: path("roots.pem").display().to_string(),
            http01_port: port,
            resolve: vec![
                format!("{NAME}:{port}:127.0.0.1"),
                format!("{NAME}:{}:127.0.0.1", server.address().port()),
            ],
            ..Settings::default()
        };
        fs::write(path("notafter.toml"), toml::to_string(&settings).unwrap()).unwrap();
        Self { ca, settings, server, old: Fingerprint::of(&old.chain[0]), folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the binary, behind a command where there is one, with the settings of this stage.
    pub(crate) fn run(&self, before: &[&str], arguments: &[&str]) -> Output {
        self.command(before, arguments).output().unwrap()
    }

    pub(crate) fn command(&self, before: &[&str], arguments: &[&str]) -> Command {
        let mut line = before.to_vec();
        line.push(env!("CARGO_BIN_EXE_notafter"));
        let mut command = Command::new(line[0]);
        without_settings(&mut command);
        command.args(&line[1..]).args(arguments).env("NOTAFTER_CONFIG", self.path("notafter.toml"));
        command.stdin(Stdio::null());
        command
    }

    /// Where the server is.
    pub(super) fn endpoint(&self) -> String {
        format!("{NAME}:{}", self.server.address().port())
    }

    /// One certificate by hand, to the files that the server reads. Said again, it goes on where it was.
    pub(crate) fn issue(&self, before: &[&str]) -> Output {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let (directory, roots, live) =
            (self.ca.directory_url(), text(self.path("roots.pem")), text(self.path("live")));
        let listen = format!("127.0.0.1:{}", self.settings.http01_port);
        let reload = format!("/bin/bash {}", text(self.path("reload")));
        let endpoint = self.endpoint();
        let line = [
            ["issue", NAME, "--name", "shop", "--agree-terms"].as_slice(),
            &["--directory", &directory, "--ca-trust", &roots, "--listen", &listen],
            &["--files", &live, "--reload", &reload, "--endpoint", &endpoint],
        ];
        self.run(before, &line.concat())
    }

    /// A server that starts now, after the machine came back, finds a pair that fits.
    pub(crate) async fn pair_on_disk_fits(&self, when: &str) {
        let started = TlsServer::from_files(loopback(), files(self.folder.path())).await;
        assert!(started.is_ok(), "{when}: {:?}", started.err());
    }

    /// Somebody puts the old pair, which ends soon, where the new one was.
    pub(crate) fn put_back_the_old_pair(&self) {
        for name in ["privkey.pem", "fullchain.pem"] {
            let live = self.path("live").join(name);
            fs::remove_file(&live).unwrap();
            fs::copy(self.path("old").join(name), live).unwrap();
        }
        self.server.reload().unwrap();
    }

    /// What the server serves is the old pair.
    pub(crate) async fn serves_old(&self) -> bool {
        look(&self.eye(), self.server.address()).await == Ok(self.old)
    }

    /// One account, one order, one certificate; it is served; its key is in the vault; the store is sound.
    pub(crate) async fn is_whole(&self, when: &str) {
        let asked = |kind| self.ca.acted(kind);
        assert_eq!(self.ca.inspect(|ca| ca.accounts().len()), 1, "{when}: accounts");
        assert_eq!(self.ca.inspect(|ca| ca.orders().len()), 1, "{when}: orders");
        assert_eq!(asked(RequestKind::NewOrder), 1, "{when}: new orders");
        assert_eq!(asked(RequestKind::Finalize), 1, "{when}: finalizations");
        let certificates = self.ca.certificates();
        assert_eq!(certificates.len(), 1, "{when}: certificates");
        let leaf = Certificate::parse(&certificates[0].chains[0][0]).unwrap();
        assert_eq!(look(&self.eye(), self.server.address()).await, Ok(leaf.fingerprint()), "{when}");
        self.pair_on_disk_fits(when).await;

        let opened = open::open(&self.settings, Clock::system()).await.unwrap();
        let (context, scope) = (&opened.context, Scope::EVERYTHING);
        let lineage = context.store.lineage_named(&scope, "shop").await.unwrap().unwrap();
        let versions = context.store.versions_of(&scope, lineage.id).await.unwrap();
        assert_eq!(versions.len(), 1, "{when}: versions");
        assert_eq!((versions[0].fingerprint, Some(versions[0].id)), (leaf.fingerprint(), lineage.current));
        let key = context.open_key(versions[0].key_id.unwrap()).await.unwrap();
        assert!(key.check_spki(&leaf.key().spki_der).is_ok(), "{when}: the key in the vault is another");
        assert_eq!(lineage.renewal.order, None, "{when}: an order is still open");
        let deployments = context.store.deployments_of(&scope, lineage.id, 50).await.unwrap();
        let mut steps: Vec<_> = deployments.iter().map(|deployment| deployment.step).collect();
        steps.retain(|step| *step != Step::Superseded);
        assert_eq!(steps, [Step::Proven], "{when}: deployments");
        context.store.check(&scope).await.unwrap();
        context.store.verify_chain(&scope).await.unwrap();
        context.store.close().await;
    }

    fn eye(&self) -> Network {
        Network::new(observe::Options {
            resolver: Resolver::system(Span::seconds(5)),
            policy: AddressPolicy::Anywhere,
            clock: Clock::system(),
            within: Span::seconds(20),
            vantage: "prober".to_owned(),
        })
    }

    /// Looks at the server again and again until told to stop.
    pub(crate) fn probe(&self) -> Prober {
        let (eye, address, stop) = (self.eye(), self.server.address(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(25));
            let mut seen = BTreeSet::new();
            while !stopped.load(Ordering::Relaxed) {
                pace.tick().await;
                seen.insert(look(&eye, address).await?.to_string());
            }
            Ok(seen)
        });
        Prober { stop, task }
    }

    /// Every look of the prober found a whole pair: the old one, or the one that the CA issued.
    pub(crate) async fn was_served_throughout(&self, prober: Prober, when: &str) {
        prober.stop.store(true, Ordering::Relaxed);
        let seen = prober.task.await.unwrap().unwrap_or_else(|why| panic!("{when}: not served: {why}"));
        let certificates = self.ca.certificates();
        let issued = certificates.iter().map(|issued| Fingerprint::of(&issued.chains[0][0]));
        let known: BTreeSet<String> = issued.chain([self.old]).map(|leaf| leaf.to_string()).collect();
        assert!(!seen.is_empty() && seen.is_subset(&known), "{when}: {seen:?} are not of {known:?}");
    }
}

pub(crate) struct Prober {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Result<BTreeSet<String>, String>>,
}

/// A whole handshake, signed with the key of the leaf.
async fn look(eye: &Network, address: SocketAddr) -> Result<Fingerprint, String> {
    let target = Target::tls(NAME.parse().unwrap(), address.port());
    match eye.look(&target, address).await.outcome {
        Outcome::Served(served) if served.is_proof() => Ok(served.leaf().unwrap()),
        other => Err(format!("{other:?}")),
    }
}

fn files(folder: &Path) -> Files {
    Files { chain: folder.join("live/fullchain.pem"), key: folder.join("live/privkey.pem") }
}

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Whether processes can be traced here; says so where not.
pub(crate) fn can_trace(test: &str) -> bool {
    let traced = Command::new("strace").args(["-e", "trace=none", "true"]).stderr(Stdio::null()).status();
    if traced.is_ok_and(|status| status.success()) {
        return true;
    }
    let installed = Path::new("/usr/bin/strace").exists();
    left_out(test, if installed { Need::Right("the right to trace") } else { Need::Package("strace") });
    false
}

/// What a run said, for a failure of the test.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}
