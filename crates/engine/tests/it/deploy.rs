//! Deployments on a real nginx: proof, staleness, restoration, rollback.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::left_out::{Need, left_out};
use notafter_cert::path::Anchors;
use notafter_cert::{Fingerprint, KeySpec, Span, Time};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open::{Installation, open_with};
use notafter_engine::operate;
use notafter_engine::settings::Settings;
use notafter_engine::settle::settle;
use notafter_engine::tasks::deploy;
use notafter_inventory::model::*;
use notafter_inventory::plan::deploy::put_back_because;
use notafter_keys::PrivateKey;
use notafter_lab::authority::{Authority, Identity, Validity};
use notafter_lab::nginx::Nginx;
use notafter_net::Clock;
use notafter_net::dns::{Override, Resolver};
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::trust::Trust;
use notafter_store::{Change, Holds};
use notafter_tls::Target;
use serde_json::{Value, json};

const NAME: &str = "shop.example";

/// An installation on a staged clock, a name that leads to some addresses of loopback, and a directory for nginx.
struct Stage {
    directory: tempfile::TempDir,
    authority: Authority,
    clock: Clock,
    start: Time,
}

struct Running {
    installation: Installation,
    lineage: LineageId,
    owner: OwnerId,
}

impl Stage {
    fn new() -> Self {
        Self::at(Clock::staged(Clock::system().now()))
    }

    fn at(clock: Clock) -> Self {
        let start = clock.now();
        let validity = Validity { from: start - Span::days(2), to: start + Span::days(400) };
        Self {
            directory: tempfile::tempdir().unwrap(),
            authority: Authority::new("stage", validity).unwrap(),
            clock,
            start,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn issue(&self, days: i64) -> Identity {
        let validity = Validity { from: self.start - Span::days(1), to: self.start + Span::days(days) };
        self.authority.issue(&[NAME.parse().unwrap()], validity).unwrap()
    }

    fn write_pair(&self, identity: &Identity) {
        fs::write(self.path("shop.key"), identity.key_pem()).unwrap();
        fs::write(self.path("shop.pem"), identity.chain_pem()).unwrap();
    }

    /// nginx number `node` on 127.0.0.`node`, all with the same files and port.
    fn nginx(&self, node: u8, port: Option<u16>) -> Option<Nginx> {
        let own = self.path(&format!("nginx-{node}"));
        fs::create_dir_all(&own).unwrap();
        let (key, chain) = (self.path("shop.key"), self.path("shop.pem"));
        let http = |free: u16| {
            format!(
                "server {{ listen 127.0.0.{node}:{} ssl; server_name {NAME};\n ssl_certificate {};\n \
                 ssl_certificate_key {};\n return 200 ok; }}",
                port.unwrap_or(free),
                chain.display(),
                key.display()
            )
        };
        Nginx::start(&own, http).unwrap()
    }

    async fn run(&self, port: u16, nodes: &[u8]) -> Running {
        let addresses = nodes.iter().map(|node| IpAddr::V4(Ipv4Addr::new(127, 0, 0, *node))).collect();
        let override_ = Override::new(NAME.parse().unwrap(), port, addresses);
        let resolver = Resolver::system(Span::seconds(5)).with_overrides(vec![override_]);
        let eye = Arc::new(Network::new(Options {
            resolver: resolver.clone(),
            policy: AddressPolicy::Server { private_allowed: true },
            clock: self.clock.clone(),
            within: Span::seconds(10),
            vantage: "local".to_owned(),
        }));
        let settings = Settings {
            data: Some(self.path("data")),
            key_encryption_key: Some(self.path("kek")),
            ..Settings::default()
        };
        let root = Anchors::from_pem("stage", self.authority.root_pem().as_bytes()).unwrap();
        let installation =
            open_with(&settings, self.clock.clone(), resolver, eye, &Trust::of(root)).await.unwrap();
        let context = &installation.context;
        let owner = Owner { name: "ops".to_owned(), ..default_owner(context).await };
        let lineage = lineage(context.new_id(), owner.id);
        let running = Running { lineage: lineage.id, owner: owner.id, installation };
        running.apply(&[Change::PutLineage(lineage)]).await;
        running
    }
}

async fn default_owner(context: &Context) -> Owner {
    context.store.owners(&context.scope).await.unwrap().remove(0)
}

fn lineage(id: LineageId, owner_id: OwnerId) -> Lineage {
    Lineage {
        id,
        owner_id,
        name: "shop".to_owned(),
        labels: Labels::new(),
        mode: Mode::Managed(LineageSpec {
            identifiers: vec![NAME.parse().unwrap()],
            issuer: "stage".to_owned(),
            key: KeySpec::EcdsaP256,
            reuse_key: false,
            profile: None,
            preferred_chain: None,
            http01: Http01::Listener { listen: "[::]:80".to_owned() },
            shedding: Shedding::Wait,
            keep_versions: 3,
        }),
        current: None,
        renewal: Renewal::default(),
        rehearsed: None,
    }
}

impl Running {
    fn context(&self) -> &Arc<Context> {
        &self.installation.context
    }

    async fn apply(&self, changes: &[Change]) {
        self.context().apply(None, &Actor::Engine, changes).await.unwrap();
    }

    async fn place(&self, deployer: &str, settings: Value, port: u16) -> Place {
        let place = Place {
            id: self.context().new_id(),
            owner_id: self.owner,
            lineage_id: self.lineage,
            name: "web".to_owned(),
            deployer: deployer.to_owned(),
            settings,
            endpoints: vec![Target::tls(NAME.parse().unwrap(), port)],
        };
        self.apply(&[Change::PutPlace(place.clone())]).await;
        place
    }

    /// Stores a version as the renewal does, and opens its deployment.
    async fn version(&self, identity: &Identity, stage: &Stage, days: i64) -> Version {
        let context = self.context();
        let key = PrivateKey::from_pkcs8(&identity.key).unwrap();
        let key_id: KeyId = context.new_id();
        let keyring = context.keyring.read().await;
        let sealed = keyring.seal_key(key_id.as_bytes(), &key).unwrap();
        let put_key = Change::PutKey {
            id: key_id,
            holds: Holds::CertificateKey,
            kek_id: sealed.kek_id(),
            sealed: sealed.as_bytes().to_vec(),
        };
        let version = Version {
            id: context.new_id(),
            lineage_id: self.lineage,
            key_id: Some(key_id),
            fingerprint: Fingerprint::of(&identity.chain[0]),
            chain_pem: identity.chain_pem(),
            not_before: stage.start - Span::days(1),
            not_after: stage.start + Span::days(days),
            obtained_at: context.clock.now(),
            origin: Origin::Files { path: String::new(), insisted: false },
            state: VersionState::Current,
        };
        self.apply(&[put_key, Change::PutVersion(version.clone())]).await;
        self.deploy(&version).await;
        version
    }

    async fn deploy(&self, version: &Version) {
        let changes = deploy::open_everywhere(self.context(), self.lineage, version, true).await.unwrap();
        self.apply(&changes).await;
    }

    async fn run_for(&self, span: Span) {
        let end = self.context().clock.now() + span;
        Driver::new(Arc::clone(self.context())).run_until(end).await.unwrap();
    }

    async fn newest(&self, place: &Place) -> Deployment {
        self.context().store.deployments_to(&self.context().scope, place.id, 1).await.unwrap().remove(0)
    }

    async fn findings(&self, place: &Place) -> Vec<String> {
        let subject = Subject::Place(place.id);
        let open = self.context().store.findings_open_of(&self.context().scope, &subject).await.unwrap();
        open.into_iter().map(|finding| finding.violation.code).collect()
    }
}

fn states(deployment: &Deployment) -> Vec<(IpAddr, ProofState)> {
    deployment.proofs.iter().map(|proof| (proof.address.ip(), proof.state)).collect()
}

fn node(node: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, node))
}

/// For the deployer that knows no product. The clock of these tests runs ahead of nginx, which is waited for.
fn reload(nginx: &Nginx) -> Value {
    json!({ "command": nginx.reload_command() })
}

/// Settings of the deployer for nginx, which reloads it by itself.
fn server_of(nginx: &Nginx) -> Value {
    json!({"server_name": NAME, "config": nginx.config()})
}

fn files(stage: &Stage, reload: Value) -> Value {
    json!({"key": stage.path("shop.key"), "full_chain": stage.path("shop.pem"), "reload": reload})
}

/// What the path holds now, links followed.
fn leaf_at(path: &Path) -> Fingerprint {
    Fingerprint::of(&notafter_cert::pem::chain_from(&fs::read(path).unwrap()).unwrap()[0])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stale_node_in_a_pool_keeps_the_case_open_until_it_serves_the_new_certificate() {
    let test = "one_stale_node_in_a_pool_keeps_the_case_open_until_it_serves_the_new_certificate";
    let stage = Stage::new();
    stage.write_pair(&stage.issue(20));
    let Some(first) = stage.nginx(1, None) else { return left_out(test, Need::Package("nginx")) };
    let Some(second) = stage.nginx(2, Some(first.port())) else {
        return left_out(test, Need::Package("nginx"));
    };
    let running = stage.run(first.port(), &[1, 2]).await;
    let place = running.place("nginx", server_of(&first), first.port()).await;
    let new = stage.issue(90);
    let version = running.version(&new, &stage, 90).await;
    running.run_for(Span::hours(2)).await;
    let open = running.newest(&place).await;
    assert_eq!(open.step, Step::Activated, "{:#?}", open.log);
    assert_eq!(states(&open), [(node(1), ProofState::Proven), (node(2), ProofState::Stale)]);
    assert_eq!(running.findings(&place).await, ["deployment.stale"]);
    assert_eq!(leaf_at(&stage.path("shop.pem")), version.fingerprint, "the new pair stays");

    // Somebody reloads the second node.
    let [shell, arguments @ ..] = second.reload_command();
    assert!(std::process::Command::new(shell).args(arguments).status().unwrap().success());
    running.run_for(Span::hours(2)).await;
    let proven = running.newest(&place).await;
    assert_eq!(proven.step, Step::Proven, "{:#?}", proven.log);
    assert_eq!(running.findings(&place).await, Vec::<String>::new());
    running.run_for(Span::hours(50)).await;
    let closed = running.newest(&place).await;
    assert_eq!(closed.step, Step::Retired, "{:#?}", closed.log);
    assert!(closed.closed_at.unwrap().since(closed.proven_at.unwrap()) >= Span::hours(22));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_that_fails_or_does_nothing_leaves_the_old_one_served_and_says_so() {
    let test = "a_reload_that_fails_or_does_nothing_leaves_the_old_one_served_and_says_so";
    for (command, words) in
        [("true", "Reload the server at the address named by hand"), ("false", "Mend the reload")]
    {
        let stage = Stage::new();
        let old = stage.issue(20);
        stage.write_pair(&old);
        let Some(nginx) = stage.nginx(1, None) else { return left_out(test, Need::Package("nginx")) };
        let running = stage.run(nginx.port(), &[1]).await;
        let place = running.place("files", files(&stage, json!({"command": [command]})), nginx.port()).await;
        let version = running.version(&stage.issue(90), &stage, 90).await;
        running.run_for(Span::minutes(30)).await;
        let open = running.newest(&place).await;
        assert_eq!(states(&open), [(node(1), ProofState::Stale)]);
        assert_eq!(open.proofs[0].now, Some(Fingerprint::of(&old.chain[0])));
        let subject = Subject::Place(place.id);
        let context = running.context();
        let finding = context.store.findings_open_of(&context.scope, &subject).await.unwrap().remove(0);
        assert_eq!(finding.violation.code, "deployment.stale");
        assert!(finding.violation.hint.starts_with(words), "{}", finding.violation.hint);

        // The reload is mended in the settings; the case goes on by itself.
        running
            .apply(&[Change::PutPlace(Place { settings: files(&stage, reload(&nginx)), ..place.clone() })])
            .await;
        running.run_for(Span::hours(1)).await;
        running.run_for(Span::hours(2)).await;
        let proven = running.newest(&place).await;
        assert_eq!(proven.step, Step::Proven, "{:#?}", proven.log);
        assert_eq!(proven.proofs[0].now, Some(version.fingerprint));
    }
}

/// An endpoint was taken out of a place: it stayed stale, and was even found to be so afterwards, until somebody typed
/// `deploy`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_out_of_a_place_is_not_stale_there_any_more() {
    let test = "what_is_taken_out_of_a_place_is_not_stale_there_any_more";
    let stage = Stage::new();
    stage.write_pair(&stage.issue(20));
    let Some(nginx) = stage.nginx(1, None) else { return left_out(test, Need::Package("nginx")) };
    let running = stage.run(nginx.port(), &[1]).await;
    let place = running.place("nginx", server_of(&nginx), nginx.port()).await;
    let mistaken = Target {
        sni: Some("other.example".to_owned()),
        ..Target::tls("127.0.0.1".parse().unwrap(), nginx.port())
    };
    let endpoints = [&place.endpoints[..], &[mistaken]].concat();
    running.apply(&[Change::PutPlace(Place { endpoints, ..place.clone() })]).await;
    running.version(&stage.issue(90), &stage, 90).await;
    running.run_for(Span::hours(1)).await;
    let subject = Subject::Place(place.id);
    let context = running.context();
    let finding = context.store.findings_open_of(&context.scope, &subject).await.unwrap().remove(0);
    let violation = &finding.violation;
    assert_eq!(violation.code, "deployment.stale");
    assert!(
        violation.text.contains(&format!("127.0.0.1:{} (other.example)", nginx.port())),
        "{}",
        violation.text
    );
    assert!(violation.hint.contains("does not carry the name"), "{}", violation.hint);
    let due_at = context.clock.now();
    let again = Change::Schedule { task: deploy::KIND, subject: deploy::subject(place.id), due_at };
    running.apply(&[Change::PutPlace(place.clone()), again]).await;
    running.run_for(Span::seconds(10)).await;
    assert_eq!(running.newest(&place).await.step, Step::Proven);
    assert_eq!(running.findings(&place).await, [""; 0]);
}

/// Whoever had reloaded a server and looked was told that all is well, and that it still served the old certificate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_looks_looks_for_the_deployments_that_wait_for_a_proof_too() {
    let test = "whoever_looks_looks_for_the_deployments_that_wait_for_a_proof_too";
    for all in [false, true] {
        let stage = Stage::new();
        stage.write_pair(&stage.issue(20));
        let Some(nginx) = stage.nginx(1, None) else { return left_out(test, Need::Package("nginx")) };
        let running = stage.run(nginx.port(), &[1]).await;
        let place = running.place("files", files(&stage, json!({"command": ["true"]})), nginx.port()).await;
        let context = running.context();
        let endpoint = Endpoint {
            id: context.new_id(),
            owner_id: running.owner,
            target: place.endpoints[0].clone(),
            labels: Labels::new(),
            criticality: Criticality::Normal,
            criticality_by: CriticalityBy::default(),
            trust: None,
            written_by_admin: true,
        };
        running.apply(&[Change::PutEndpoint(endpoint.clone())]).await;
        running.version(&stage.issue(90), &stage, 90).await;
        running.run_for(Span::minutes(30)).await;
        let look = async || {
            let wanted = if all { vec![] } else { vec![endpoint.id.to_string()] };
            let arguments = json!({ "endpoints": wanted });
            operate::call(context, &Actor::Engine, "endpoint.look", arguments).await.unwrap()
        };
        let before = look().await;
        if !all {
            assert_eq!(before["endpoints"][0]["needs"][0]["code"], "deployment.stale", "{before}");
        }
        let [shell, arguments @ ..] = nginx.reload_command();
        assert!(std::process::Command::new(shell).args(arguments).status().unwrap().success());
        let after = look().await;
        assert_eq!(running.newest(&place).await.step, Step::Proven, "{after}");
        assert_eq!(running.findings(&place).await, [""; 0], "{after}");
        if !all {
            assert_eq!(after["endpoints"][0]["needs"], json!([]));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_worse_is_put_back_and_the_restoration_proved() {
    let test = "what_became_worse_is_put_back_and_the_restoration_proved";
    let stage = Stage::new();
    let old = stage.issue(20);
    stage.write_pair(&old);
    let Some(nginx) = stage.nginx(1, None) else { return left_out(test, Need::Package("nginx")) };
    let running = stage.run(nginx.port(), &[1]).await;
    // A mistake in the settings: the server's file gets the leaf without its intermediate.
    let settings = json!({"key": stage.path("shop.key"), "certificate": stage.path("shop.pem"), "reload": reload(&nginx)});
    let place = running.place("files", settings, nginx.port()).await;
    running.version(&stage.issue(90), &stage, 90).await;
    running.run_for(Span::hours(1)).await;
    let restored = running.newest(&place).await;
    assert_eq!(restored.step, Step::Restored, "{:#?}", restored.log);
    assert_eq!(states(&restored), [(node(1), ProofState::Stale)]);
    assert_eq!(restored.proofs[0].now, Some(Fingerprint::of(&old.chain[0])));
    assert_eq!(restored.closed_at, None);
    assert_eq!(running.findings(&place).await, ["deployment.worse-restored"]);
    assert!(!fs::symlink_metadata(stage.path("shop.pem")).unwrap().is_symlink(), "the very file is back");
    assert_eq!(fs::read_to_string(stage.path("shop.key")).unwrap(), old.key_pem());

    // Mended, and asked for again.
    running
        .apply(&[Change::PutPlace(Place { settings: files(&stage, reload(&nginx)), ..place.clone() })])
        .await;
    let version = running.version(&stage.issue(90), &stage, 90).await;
    running.run_for(Span::hours(1)).await;
    let proven = running.newest(&place).await;
    assert_eq!((proven.step, proven.version_id), (Step::Proven, version.id), "{:#?}", proven.log);
    assert_eq!(running.findings(&place).await, Vec::<String>::new());
    let open = running.context().store.deployments_open(&running.context().scope).await.unwrap();
    assert_eq!(open.len(), 1, "the restored one was superseded");
}

/// A command without a server ended at the first looks that found an address worse, and left the worse pair served: three
/// in a row put the old one back, and nobody was there for the third.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_stays_until_what_it_made_worse_was_put_back_and_seen() {
    let test = "a_command_stays_until_what_it_made_worse_was_put_back_and_seen";
    let stage = Stage::at(Clock::system());
    let old = stage.issue(20);
    stage.write_pair(&old);
    let Some(nginx) = stage.nginx(1, None) else { return left_out(test, Need::Package("nginx")) };
    let running = stage.run(nginx.port(), &[1]).await;
    let settings = json!({"key": stage.path("shop.key"), "certificate": stage.path("shop.pem"), "reload": reload(&nginx)});
    let place = running.place("files", settings, nginx.port()).await;
    running.version(&stage.issue(90), &stage, 90).await;
    settle(running.context(), running.lineage, Span::minutes(2)).await.unwrap();
    let restored = running.newest(&place).await;
    assert_eq!(restored.step, Step::Restored, "{:#?}", restored.log);
    assert_eq!(restored.proofs[0].now, Some(Fingerprint::of(&old.chain[0])), "and that was seen");
    let why = put_back_because(&restored).unwrap();
    assert!(why.contains("became worse: serves the new certificate without 1 of its intermediates"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_configuration_stops_before_anything_is_touched_and_a_rollback_is_a_deployment() {
    let test = "a_broken_configuration_stops_before_anything_is_touched_and_a_rollback_is_a_deployment";
    let stage = Stage::new();
    let old = stage.issue(20);
    stage.write_pair(&old);
    let Some(nginx) = stage.nginx(1, None) else { return left_out(test, Need::Package("nginx")) };
    let running = stage.run(nginx.port(), &[1]).await;
    let place = running.place("nginx", server_of(&nginx), nginx.port()).await;
    let good = fs::read_to_string(nginx.config()).unwrap();
    fs::write(nginx.config(), format!("{good}\nnonsense;\n")).unwrap();
    let first = running.version(&stage.issue(90), &stage, 90).await;
    running.run_for(Span::hours(1)).await;
    let stuck = running.newest(&place).await;
    assert_eq!((stuck.step, stuck.proofs.len()), (Step::Issued, 0));
    assert_eq!(running.findings(&place).await, ["deployment.failing"]);
    assert_eq!(leaf_at(&stage.path("shop.pem")), Fingerprint::of(&old.chain[0]));

    fs::write(nginx.config(), good).unwrap();
    running.run_for(Span::hours(2)).await;
    assert_eq!(running.newest(&place).await.step, Step::Proven);
    assert_eq!(running.findings(&place).await, Vec::<String>::new());
    let second = running.version(&stage.issue(91), &stage, 91).await;
    running.run_for(Span::hours(1)).await;
    assert_eq!(running.newest(&place).await.proofs[0].now, Some(second.fingerprint));
    running.deploy(&first).await;
    running.run_for(Span::hours(1)).await;
    let back = running.newest(&place).await;
    assert_eq!((back.step, back.proofs[0].now), (Step::Proven, Some(first.fingerprint)), "{:#?}", back.log);
    let open = running.context().store.deployments_open(&running.context().scope).await.unwrap();
    assert_eq!(open.len(), 1, "every older case was superseded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_between_any_two_steps_goes_on_where_it_was() {
    let test = "a_restart_between_any_two_steps_goes_on_where_it_was";
    let stage = Stage::new();
    stage.write_pair(&stage.issue(20));
    let Some(nginx) = stage.nginx(1, None) else { return left_out(test, Need::Package("nginx")) };
    let running = stage.run(nginx.port(), &[1]).await;
    let place = running.place("nginx", server_of(&nginx), nginx.port()).await;
    let version = running.version(&stage.issue(90), &stage, 90).await;
    running.run_for(Span::hours(1)).await;
    let done = running.newest(&place).await;
    assert_eq!(done.step, Step::Proven, "{:#?}", done.log);
    // As a crash after each step's work, and before its state was stored, leaves it.
    for step in [Step::Issued, Step::Staged, Step::Validated, Step::Activated] {
        let snapshot = done.snapshot.clone().filter(|_| step != Step::Issued);
        let torn = Deployment { step, snapshot, next_at: None, attempts: 0, proven_at: None, ..done.clone() };
        let due_at = running.context().clock.now();
        let subject = deploy::subject(place.id);
        running
            .apply(&[Change::PutDeployment(torn), Change::Schedule { task: deploy::KIND, subject, due_at }])
            .await;
        running.run_for(Span::hours(1)).await;
        let again = running.newest(&place).await;
        assert_eq!((again.step, again.proofs[0].now), (Step::Proven, Some(version.fingerprint)), "{step:?}");
        assert_eq!(leaf_at(&stage.path("shop.pem")), version.fingerprint);
    }
}

/// A server with an RSA and an ECDSA certificate: each slot is its own lineage and place, and is proved with handshakes
/// that only it can answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rsa_slot_beside_the_ecdsa_slot_is_proved_by_itself() {
    let test = "the_rsa_slot_beside_the_ecdsa_slot_is_proved_by_itself";
    let stage = Stage::new();
    let ecdsa = stage.issue(20);
    stage.write_pair(&ecdsa);
    let rsa = rsa_identity(&stage);
    fs::write(stage.path("rsa.key"), rsa.key_pem()).unwrap();
    fs::write(stage.path("rsa.pem"), rsa.chain_pem()).unwrap();
    let own = stage.path("nginx-1");
    fs::create_dir_all(&own).unwrap();
    let both = |port: u16| {
        let pair = |name: &str| {
            let path = stage.path(name).display().to_string();
            format!("ssl_certificate {path}.pem; ssl_certificate_key {path}.key;\n")
        };
        let pairs = pair("shop") + &pair("rsa");
        format!("server {{ listen 127.0.0.1:{port} ssl; server_name {NAME};\n{pairs} return 200 ok; }}")
    };
    let Some(nginx) = Nginx::start(&own, both).unwrap() else {
        return left_out(test, Need::Package("nginx"));
    };
    let running = stage.run(nginx.port(), &[1]).await;
    let place = running.place("nginx", server_of(&nginx), nginx.port()).await;
    let version = running.version(&rsa_identity(&stage), &stage, 90).await;
    running.run_for(Span::hours(1)).await;
    let proven = running.newest(&place).await;
    assert_eq!(proven.step, Step::Proven, "{:#?}", proven.log);
    assert_eq!(proven.proofs[0].before, Some(Fingerprint::of(&rsa.chain[0])), "the slot's own certificate");
    assert_eq!(proven.proofs[0].now, Some(version.fingerprint));
    assert_eq!(
        leaf_at(&stage.path("shop.pem")),
        Fingerprint::of(&ecdsa.chain[0]),
        "the other slot is untouched"
    );
}

/// Self-signed on RSA: the lab's authority makes P-256 only.
fn rsa_identity(stage: &Stage) -> Identity {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut params = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.not_before = (stage.start - Span::days(1)).calendar().unwrap();
    params.not_after = (stage.start + Span::days(90)).calendar().unwrap();
    let leaf = params.self_signed(&key).unwrap();
    Identity { chain: vec![leaf.der().to_vec()], key: key.serialize_der() }
}
