//! A server that is not root, and the helper that writes keys and reloads nginx for it.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use notafter_cert::{Fingerprint, Span, pem};
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::nginx::Nginx;
use notafter_net::Clock;
use tempfile::TempDir;

use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::machine::NGINX;
use crate::notafter::Ran;
use crate::peer::{self, free_port, program};
use crate::serve::{PATIENCE, Serving};

const NAME: &str = "shop.example";
/// Who runs the server; the system's "nobody".
const SERVER: u32 = 65534;
/// Somebody else.
const STRANGER: u32 = 65533;

/// nginx with an old pair in a directory of root's, a CA, and a server's installation that is not root's.
struct Split {
    folder: TempDir,
    ca: AcmeCa,
    nginx: Nginx,
    old: Fingerprint,
}

impl Split {
    /// `None`, and a line that says so, where this machine cannot stage it.
    async fn new(test: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            left_out(test, Need::Right("the right to become another user"));
            return None;
        }
        program(test, "util-linux", "/usr/bin/setpriv")?;
        program(test, NGINX.0, NGINX.1)?;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        for name in ["live", "other", "nginx", "run", "home"] {
            fs::create_dir(path(name)).unwrap();
        }
        chown(path("home"), Some(SERVER), Some(SERVER)).unwrap();
        fs::set_permissions(path("home"), Permissions::from_mode(0o700)).unwrap();
        let binary = env!("CARGO_BIN_EXE_notafter");
        if fs::hard_link(binary, path("notafter")).is_err() {
            fs::copy(binary, path("notafter")).unwrap();
        }
        let (clock, port) = (Clock::system(), free_port());
        let validity = Validity { from: clock.now() - Span::days(80), to: clock.now() + Span::days(10) };
        let authority = Authority::new("Old CA", validity).unwrap();
        let old = authority.issue(&[NAME.parse().unwrap()], validity).unwrap();
        fs::write(path("live/shop.key"), old.key_pem()).unwrap();
        fs::set_permissions(path("live/shop.key"), Permissions::from_mode(0o600)).unwrap();
        fs::write(path("live/shop.pem"), old.chain_pem()).unwrap();
        let ca = AcmeCa::start(Options::loopback(clock, port)).await.unwrap();
        fs::write(path("roots.pem"), ca.roots_pem() + &authority.root_pem()).unwrap();
        let live = path("live");
        let nginx = Nginx::start(&path("nginx"), |port| {
            format!(
                "server {{ listen 127.0.0.1:{port} ssl; server_name {NAME}; return 200 ok;\n ssl_certificate \
                 {live}/shop.pem; ssl_certificate_key {live}/shop.key; }}",
                live = live.display()
            )
        });
        let nginx = nginx.unwrap().unwrap();
        let split = Self { folder, ca, nginx, old: Fingerprint::of(&old.chain[0]) };
        split.settings(port, "run/hands.sock");
        split.grant("live");
        split.inventory(port);
        Some(split)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self, http01_port: u16, socket: &str) {
        let resolve = [http01_port, self.nginx.port()].map(|port| format!("{NAME}:{port}:127.0.0.1"));
        let text = format!(
            "data = {:?}\nkey_encryption_key = {:?}\ntrust = {:?}\nhttp01_port = {http01_port}\n\
             resolve = {resolve:?}\nhands = {:?}\n",
            self.path("home/data"),
            self.path("home/kek"),
            self.path("roots.pem"),
            self.path(socket),
        );
        fs::write(self.path("notafter.toml"), text).unwrap();
    }

    fn settings_through(&self, socket: &str) {
        let text = fs::read_to_string(self.path("notafter.toml")).unwrap();
        fs::write(self.path("notafter.toml"), text.replace("hands.sock", socket)).unwrap();
    }

    fn grant(&self, directory: &str) {
        let text = format!(
            "user = \"{SERVER}\"\ndirectories = [{:?}]\nnginx = [{{ config = {:?} }}]\n",
            self.path(directory),
            self.nginx.config()
        );
        fs::write(self.path("hands.toml"), text).unwrap();
    }

    fn inventory(&self, http01_port: u16) {
        let text = format!(
            "[[issuer]]\nname = \"lab\"\ndirectory = \"{}\"\ntrust = {:?}\nterms_agreed = true\n\n\
             [[lineage]]\nname = \"shop\"\nidentifiers = [\"{NAME}\"]\nissuer = \"lab\"\n\
             http01 = {{ solver = \"listener\", listen = \"127.0.0.1:{http01_port}\" }}\n\n\
             [[lineage.place]]\nname = \"web\"\ndeployer = \"nginx\"\nendpoints = [\"{NAME}:{}\"]\n\
             settings = {{ server_name = \"{NAME}\", config = {:?} }}\n",
            self.ca.directory_url(),
            self.path("roots.pem"),
            self.nginx.port(),
            self.nginx.config()
        );
        fs::write(self.path("inventory.toml"), text).unwrap();
    }

    /// The binary, as this user, under a service's careful umask.
    fn command(&self, user: u32, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "umask 077; exec \"$@\"", "sh", "/usr/bin/setpriv"]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NOTAFTER_")) {
            command.env_remove(name);
        }
        let id = user.to_string();
        command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).arg(self.path("notafter"));
        command.args(arguments).env("NOTAFTER_CONFIG", self.path("notafter.toml")).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.command(SERVER, arguments).output().unwrap().into()
    }

    fn apply(&self) {
        let applied = self.run(&["apply", self.path("inventory.toml").to_str().unwrap(), "--yes"]);
        assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    }

    fn serve(&self) -> Serving {
        Serving::start(self.command(SERVER, &["serve", "--listen", "127.0.0.1:0"]))
    }

    fn helper(&self) -> Helper {
        let grants = self.path("hands.toml");
        let mut command = self.command(0, &["hands", "--grants", grants.to_str().unwrap()]);
        Helper::start(command.arg("--socket").arg(self.path("run/hands.sock")))
    }

    /// What nginx was given.
    fn on_disk(&self) -> Fingerprint {
        Fingerprint::of(&pem::chain_from(&fs::read(self.path("live/shop.pem")).unwrap()).unwrap()[0])
    }

    /// What a deployment began beside the pair: every entry is named `.notafter-...` then.
    fn begun_in(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(directory)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(".notafter-")).collect()
    }

    fn issued(&self) -> Fingerprint {
        Fingerprint::of(&self.ca.certificates()[0].chains[0][0])
    }

    /// The verdict and the words of a row of the doctor's.
    fn doctor(&self, row: &str) -> (String, String) {
        let report = self.run(&["doctor", "--format", "json"]).document();
        let rows = report["rows"].as_array().unwrap();
        let found = rows.iter().find(|found| found["name"] == row);
        let found = found.unwrap_or_else(|| panic!("no row {row}: {report:#}"));
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        (text("verdict"), text("text"))
    }

    /// What the doctor and the status say until the version is proven everywhere.
    fn wait_until_proven(&self) {
        let begun = Instant::now();
        loop {
            let status = self.run(&["status", "shop", "--format", "json"]);
            if self.on_disk() == self.issued() && status.out.contains("\"proven\"") {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{}{}", status.out, status.err);
        }
    }
}

/// A running helper; killed when dropped.
struct Helper {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Helper {
    /// Starts it; it listens when this returns.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut heard: Vec<String> = Vec::new();
        while !heard.last().is_some_and(|line| line.contains("listening")) {
            let line = lines.next().unwrap_or_else(|| panic!("the helper ended: {heard:?}"));
            heard.push(line);
        }
        let log = Arc::new(Mutex::new(heard));
        let written = Arc::clone(&log);
        let reader = std::thread::spawn(move || lines.for_each(|line| written.lock().unwrap().push(line)));
        Self { child, log, reader: Some(reader) }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What was heard of it so far.
    fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Ends it; everything that it said.
    fn end(mut self) -> String {
        self.kill();
        self.reader.take().unwrap().join().unwrap();
        self.log()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_root_renews_through_its_helper() {
    let Some(split) = Split::new("a_server_that_is_not_root_renews_through_its_helper").await else { return };
    let helper = split.helper();
    split.apply();
    let server = split.serve();
    let renewed = split.run(&["renew", "shop"]);
    assert_eq!(renewed.code, 0, "{}{}\n{}", renewed.out, renewed.err, helper.log());
    assert_eq!(split.on_disk(), split.issued());

    let key = fs::metadata(split.path("live/shop.key")).unwrap();
    assert_eq!((key.uid(), key.gid(), key.mode() & 0o777), (0, 0, 0o600), "the old key's owner and mode");
    let id = SERVER.to_string();
    let written = Command::new("/usr/bin/setpriv")
        .args(["--reuid", &id, "--regid", &id, "--clear-groups", "touch"])
        .arg(split.path("live/mine"))
        .stderr(Stdio::null())
        .status();
    assert!(!written.unwrap().success(), "the server itself cannot write there");

    // Whoever reads the chain must get there, whatever the umask.
    let mut beside = fs::read_dir(split.path("live")).unwrap().map(|entry| entry.unwrap());
    let generations = beside.find(|entry| entry.file_name().to_string_lossy().starts_with(".notafter-pl_"));
    assert_eq!(generations.unwrap().metadata().unwrap().mode() & 0o777, 0o711);

    let (rights, words) = split.doctor("rights");
    assert_eq!(
        (rights.as_str(), words.starts_with("user 65534 faces the network, and a helper")),
        ("ok", true)
    );
    assert_eq!(split.doctor("helper").0, "ok");
    assert_eq!(split.doctor("shop at web (nginx)").0, "ok");
    let (_, said) = server.end("TERM");
    assert!(said.iter().any(|line| line.contains("and a helper writes keys")), "{said:?}");

    let log = helper.end();
    for ask in ["snapshot", "stage", "activate"] {
        assert!(log.contains(&format!("ask={ask} ")), "{ask}: {log}");
    }
    assert!(log.contains(&format!("user={SERVER}")) && !log.contains("PRIVATE"), "{log}");
    let (helper, words) = split.doctor("helper");
    assert_eq!(helper, "critical", "{words}");
    assert_eq!(split.doctor("shop at web (nginx)").0, "critical", "nobody can install it now");
}

#[test]
fn a_server_that_faces_the_network_as_root_says_so() {
    if !rustix::process::geteuid().is_root() {
        return left_out(
            "a_server_that_faces_the_network_as_root_says_so",
            Need::Right("the rights of root"),
        );
    }
    let (_, said) = Home::new().serve().end("TERM");
    let warned = |line: &&String| line.contains("level=warn") && line.contains("root faces the network");
    let line = said.iter().find(warned).unwrap_or_else(|| panic!("{said:?}"));
    assert!(line.contains("docs/processes.md"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_granted_is_not_written_until_it_is() {
    let Some(split) = Split::new("what_was_not_granted_is_not_written_until_it_is").await else { return };
    split.grant("other");
    let helper = split.helper();
    split.apply();
    let refused = split.run(&["renew", "shop"]);
    assert_ne!(refused.code, 0, "{}{}", refused.out, refused.err);
    assert_eq!(split.on_disk(), split.old, "the old pair is where it was");
    assert_eq!(split.begun_in("live"), Vec::<String>::new(), "nothing was begun beside it");
    let (verdict, words) = split.doctor("shop at web (nginx)");
    assert_eq!(verdict, "critical");
    assert!(words.starts_with("the helper was not granted to write"), "{words}");
    let log = helper.end();
    assert!(log.contains("code=hands.not-granted"), "{log}");

    split.grant("live");
    let _helper = split.helper();
    let deployed = split.run(&["deploy", "shop"]);
    assert_eq!(deployed.code, 0, "{}{}", deployed.out, deployed.err);
    assert_eq!(split.on_disk(), split.issued());
}

/// Between the server and its helper, and kills the helper once it has answered `stage`.
fn kill_after_stage(split: &Split, helper: Arc<Mutex<Helper>>) {
    let (here, there) = (split.path("run/relay.sock"), split.path("run/hands.sock"));
    let listener = UnixListener::bind(&here).unwrap();
    chown(&here, Some(SERVER), None).unwrap();
    std::thread::spawn(move || {
        let mut killed = false;
        for asker in listener.incoming() {
            // Where no helper listens, whoever asks is hung up on.
            let Ok(asked) = UnixStream::connect(&there) else { continue };
            let staged = relay(asker.unwrap(), asked);
            if staged && !killed {
                killed = true;
                helper.lock().unwrap().kill();
            }
        }
    });
}

/// One question and its answer; whether it was about `stage`.
fn relay(mut asker: UnixStream, mut asked: UnixStream) -> bool {
    let mut length = [0; 4];
    asker.read_exact(&mut length).unwrap();
    let mut question = vec![0; u32::from_be_bytes(length) as usize];
    asker.read_exact(&mut question).unwrap();
    asked.write_all(&length).and_then(|()| asked.write_all(&question)).unwrap();
    let (mut from, mut to) = (asker.try_clone().unwrap(), asked.try_clone().unwrap());
    let parcel = std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let mut answer = Vec::new();
    asked.read_to_end(&mut answer).unwrap();
    let staged = String::from_utf8_lossy(&question).contains("\"ask\":\"stage\"");
    if staged {
        assert_eq!(&answer[4..], b"{\"done\":null}");
    }
    asker.write_all(&answer).unwrap();
    asker.shutdown(Shutdown::Both).unwrap();
    parcel.join().unwrap().ok();
    staged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_killed_between_stage_and_activate_goes_on_when_it_is_back() {
    let Some(split) = Split::new("a_helper_killed_between_stage_and_activate_goes_on_when_it_is_back").await
    else {
        return;
    };
    let helper = Arc::new(Mutex::new(split.helper()));
    kill_after_stage(&split, Arc::clone(&helper));
    split.settings_through("relay.sock");
    split.apply();
    let server = split.serve();
    let cut = split.run(&["renew", "shop"]);
    assert_ne!(cut.code, 0, "{}{}", cut.out, cut.err);
    assert!(!helper.lock().unwrap().log().contains("ask=activate"));
    assert_eq!(split.on_disk(), split.old, "the old pair is where nginx reads it");
    let mut staged = fs::read_dir(split.path("live")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        staged.any(|name| name.to_string_lossy().starts_with(".notafter-pl_")),
        "the new one is beside it"
    );

    let back = split.helper();
    split.wait_until_proven();
    assert_eq!(split.ca.certificates().len(), 1, "nothing was asked for twice");
    let log = back.end();
    assert!(log.contains("ask=activate ") && !log.contains("ask=stage "), "only what was open: {log}");
    server.end("TERM");
}

fn listens(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_servers_user_is_heard_and_only_a_trusted_helper_is_asked() {
    let test = "only_the_servers_user_is_heard_and_only_a_trusted_helper_is_asked";
    let Some(split) = Split::new(test).await else { return };
    let Some(python) = program(test, "python3", "/usr/bin/python3") else { return };
    let helper = split.helper();
    let socket = split.path("run/hands.sock");
    let about = fs::metadata(&socket).unwrap();
    assert_eq!((about.uid(), about.mode() & 0o777), (SERVER, 0o600), "nobody else can even open it");
    fs::set_permissions(&socket, Permissions::from_mode(0o666)).unwrap();
    let ask = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.makefile(\"rb\").read())";
    let id = STRANGER.to_string();
    let heard = Command::new("/usr/bin/setpriv")
        .args(["--reuid", &id, "--regid", &id, "--clear-groups"])
        .arg(python)
        .args(["-c", ask])
        .arg(&socket)
        .output()
        .unwrap();
    let heard = String::from_utf8_lossy(&heard.stdout).into_owned();
    assert!(heard.contains("hands.forbidden") && heard.contains("user 65533 may not ask"), "{heard}");
    let mut garbage = UnixStream::connect(&socket).unwrap();
    garbage.write_all(&[0xff; 64]).unwrap();
    let mut answer = Vec::new();
    drop(garbage.read_to_end(&mut answer));
    assert!(String::from_utf8_lossy(&answer).contains("hands.protocol"));
    assert!(listens(&socket), "it goes on");
    let log = helper.end();
    assert!(log.contains("code=hands.forbidden"), "{log}");

    // Somebody else's helper, in a directory that looks like root's.
    let run = split.path("run");
    fs::remove_dir_all(&run).unwrap();
    fs::create_dir(&run).unwrap();
    chown(&run, Some(STRANGER), Some(STRANGER)).unwrap();
    let theirs = peer::write(
        &run,
        "hands.toml",
        &format!("user = \"{STRANGER}\"\ngroup = \"{STRANGER}\"\ndirectories = []\n"),
    );
    chown(&theirs, Some(STRANGER), None).unwrap();
    let _theirs =
        Helper::start(split.command(STRANGER, &["hands", "--grants", &theirs]).arg("--socket").arg(&socket));
    fs::set_permissions(&socket, Permissions::from_mode(0o666)).unwrap();
    chown(&run, Some(0), Some(0)).unwrap();
    split.apply();
    let (verdict, words) = split.doctor("helper");
    assert_eq!(verdict, "critical");
    assert!(words.contains("is user 65533, and not trusted with keys"), "{words}");
}
