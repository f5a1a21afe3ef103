//! `notafter serve`, as systemd, Prometheus and a person at another terminal meet it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use notafter_engine::open;
use notafter_engine::settings::Settings;
use notafter_inventory::model::{Actor, Mode};
use notafter_lab::http_sink::{HttpSink, Reply};
use notafter_net::Clock;
use notafter_store::{Change, Scope};
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use crate::home::Home;
use crate::peer::{self, Nginx, Pki, free_port};
use crate::sweep::stage::{can_trace, said};

/// Longer than anything here takes on a busy machine: only a hang meets it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A running server; killed when dropped.
pub(crate) struct Serving {
    child: Child,
    address: String,
    log: Option<std::thread::JoinHandle<Vec<String>>>,
}

impl Serving {
    /// Starts this command; the server answers HTTP when this returns.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let found = line.split_once("address=").and_then(|(_, rest)| rest.split_whitespace().next());
            let found = found.map(str::to_owned);
            said.push(line);
            found
        });
        let address = address.unwrap_or_else(|| panic!("the server ended: {:?}", child.wait()));
        // Nobody reads on: a full pipe would stop the server.
        let log = std::thread::spawn(move || {
            said.extend(lines.map_while(Result::ok));
            said
        });
        Self { child, address, log: Some(log) }
    }

    /// Where it answers.
    pub(crate) fn site(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path)
    }

    /// Stops it where it is, as a debugger does: it holds what it holds, and answers nobody.
    pub(crate) fn freeze(&self) {
        use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, Signal::STOP).unwrap();
        let (_, status) = waitpid(Some(id), WaitOptions::UNTRACED).unwrap().unwrap();
        assert!(status.stopped(), "{status:?}");
    }

    /// Asks until the status is this one.
    pub(crate) fn wait_for(&self, path: &str, status: u16) -> String {
        let begun = Instant::now();
        loop {
            let (found, body) = self.get(path);
            if found == status {
                return body;
            }
            assert!(begun.elapsed() < PATIENCE, "{path} answers {found}: {body}");
            std::thread::yield_now();
        }
    }

    /// Sends a signal by name and waits for the end.
    pub(crate) fn end(mut self, signal: &str) -> (ExitStatus, Vec<String>) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// A page that an administrator wrote led the server to any private address.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_leads_a_probe_to_no_private_address_that_nobody_wrote() {
    let any = || "127.0.0.1:0".parse().unwrap();
    let written = HttpSink::start(any(), None).await.unwrap();
    let other = HttpSink::start(any(), None).await.unwrap();
    let headers = vec![("location".to_owned(), format!("http://{}/admin", other.address()))];
    written.reply(Reply::Answer { status: 302, headers, body: String::new() });
    let home = Home::new();
    let endpoint = |sink: &HttpSink| format!("[[endpoint]]\ntarget = \"{}\"\n", sink.address());
    home.apply(&endpoint(&written));
    let server = home.serve();
    let probe = format!("/probe?module=http_2xx&target=http://{}/", written.address());
    let (status, told) = server.get(&probe);
    let leads_to = format!("error: {}, to which a redirect leads, was not looked at", other.address());
    assert!(status == 403 && told.starts_with(&leads_to), "{status} {told}");
    assert_eq!((written.asked().len(), other.asked().len()), (1, 0));
    home.apply(&(endpoint(&written) + &endpoint(&other)));
    let (_, told) = server.get(&probe);
    assert!(told.contains("\nprobe_success 1\n") && told.contains("\nprobe_http_redirects 1\n"), "{told}");
    assert_eq!(other.asked()[0].path, "/admin");
}

/// It was told as down, without a connection: `probe_success 0`.
#[tokio::test(flavor = "multi_thread")]
async fn a_probe_of_a_private_address_that_nobody_wrote_fails_as_unknown_and_says_what_opens_it() {
    let page = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let address = page.address();
    let home = Home::new();
    let server = home.serve();
    for query in [format!("module=tls&target={address}"), format!("module=http_2xx&target=http://{address}/")]
    {
        let (status, told) = server.get(&format!("/probe?{query}"));
        assert_eq!(status, 403, "{query}: {told}");
        assert_eq!(
            told,
            format!(
                "error: {address} was not looked at: it is not known whether it serves\n  \
                 why: 127.0.0.1 is a private or loopback address that no administrator wrote: notafter does not \
                 connect there\n \
                 hint: if it is meant, write it into an inventory file, [[endpoint]] with target = \"{address}\", and \
                 let notafter apply read that\n"
            )
        );
    }
    assert!(page.asked().is_empty());
    home.apply(&format!("[[endpoint]]\ntarget = \"{address}\"\n"));
    let (status, told) = server.get(&format!("/probe?module=http_2xx&target=http://{address}/"));
    assert!(status == 200 && told.contains("\nprobe_success 1\n"), "{told}");
    let (_, log) = server.end("TERM");
    let line = |line: &&String| line.contains("a probe did not look") && line.contains(&address.to_string());
    assert_eq!(log.iter().filter(line).count(), 2, "{log:#?}");
}

/// A page whose name led to this machine read what is told here (DNS rebinding).
#[test]
fn what_listens_on_loopback_is_not_told_under_a_foreign_name() {
    let home = Home::new();
    let server = home.serve();
    let port = server.address.rsplit_once(':').unwrap().1;
    for (host, status) in [("shop.example", "421"), ("localhost", "200"), ("127.0.0.1", "200")] {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET /metrics HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text.split(' ').nth(1), Some(status), "{text}");
    }
}

#[test]
fn a_second_server_is_told_who_holds_the_directory() {
    let home = Home::new();
    let first = home.serve();
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, 2);
    let told = second
        .err
        .replace(&home.path("data").display().to_string(), "DATA")
        .replace(&format!("process {}", first.child.id()), "process PID");
    insta::assert_snapshot!("second_server", told);
    let restored = home.run(&["restore", "nothing.db", "--force"]);
    assert_eq!(restored.code, 2);
    assert!(restored.err.contains("in use by process"), "{}", restored.err);
    assert_eq!(first.get("/healthz").0, 200, "the first one does not mind");
}

#[test]
fn the_socket_is_its_owners_alone_and_ends_with_the_server() {
    let home = Home::new();
    let server = home.serve();
    let socket = home.path("data/socket");
    let meta = fs::metadata(&socket).unwrap();
    assert!(meta.file_type().is_socket());
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(home.path("data")).unwrap().permissions().mode() & 0o777, 0o700);
    server.wait_for("/readyz", 200);
    let status = home.run(&["status"]);
    assert!(status.out.starts_with("server: runs\n"), "{}{}", status.out, status.err);
    let status = home.run(&["status", "--format", "json"]).document();
    assert_eq!(status["status"]["server"]["state"], "runs");
    let (ended, log) = server.end("TERM");
    assert_eq!(ended.code(), Some(0), "{log:?}");
    assert!(log.iter().any(|line| line.contains("SIGTERM")), "{log:?}");
    assert!(!socket.exists());
    let status = home.run(&["status"]);
    assert!(status.out.starts_with("server: none runs"), "{}{}", status.out, status.err);
}

#[test]
fn health_readiness_and_metrics_are_there_for_monitors() {
    let home = Home::new();
    let server = home.serve();
    assert_eq!(server.wait_for("/readyz", 200), "ready\n");
    assert_eq!(server.get("/healthz"), (200, "ok\n".to_owned()));
    let (status, metrics) = server.get("/metrics");
    assert_eq!(status, 200);
    for name in ["notafter_build_info", "notafter_loop_progress_timestamp_seconds", "notafter_endpoints 0"] {
        assert!(metrics.contains(name), "{name} is missing:\n{metrics}");
    }
    assert_eq!(server.get("/probe").0, 400);
    assert_eq!(server.get("/nothing").0, 404);
}

/// What a person was told is done survives anything.
#[test]
fn a_killed_server_loses_nothing_that_was_acknowledged() {
    let home = Home::new();
    let server = home.serve();
    home.apply("[[endpoint]]\ntarget = \"192.0.2.1:443\"\n");
    let backup = home.path("backup.db");
    let done = home.run(&["backup", backup.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("NOT in it"), "{}", done.out);
    let second = home.path("second.db");
    let document = home.run(&["backup", second.to_str().unwrap(), "--format", "json"]).document();
    assert_eq!(document["backup"]["bytes"], fs::metadata(second).unwrap().len());
    home.apply("[[endpoint]]\ntarget = \"192.0.2.1:443\"\n[[endpoint]]\ntarget = \"192.0.2.2:443\"\n");
    let (ended, _) = server.end("KILL");
    assert_eq!(ended.code(), None);
    assert!(home.path("data/socket").exists(), "left behind, and in nobody's way");

    let printed = home.run(&["get"]);
    assert!(printed.out.contains("192.0.2.1") && printed.out.contains("192.0.2.2"), "{}", printed.out);
    let server = home.serve();
    let again = home.run(&["get"]);
    assert_eq!((again.code, again.out), (0, printed.out));
    assert_eq!(server.end("INT").0.code(), Some(0));

    let refused = home.run(&["restore", backup.to_str().unwrap()]);
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert!(refused.err.contains("--force"), "{}", refused.err);
    let restored = home.run(&["restore", backup.to_str().unwrap(), "--force", "--format", "json"]);
    assert_eq!(restored.code, 0, "{}", restored.err);
    let restored = restored.document();
    assert!(Path::new(restored["restored"]["before"].as_str().unwrap()).exists(), "{restored:#}");
    let printed = home.run(&["get"]).out;
    assert!(printed.contains("192.0.2.1") && !printed.contains("192.0.2.2"), "{printed}");
}

#[test]
fn the_doctor_gives_a_verdict_whatever_there_is() {
    let home = Home::new();
    let none = home.run(&["doctor"]);
    assert_eq!(none.code, 2);
    assert!(none.out.contains("installation: there is none in"), "{}", none.out);
    assert!(!home.path("data").exists(), "it only looks");

    let server = home.serve();
    server.wait_for("/readyz", 200);
    let found = home.run(&["doctor", "--format", "json"]);
    let report = found.document();
    let verdict = |name: &str| {
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}: {report}"));
        row["verdict"].as_str().unwrap().to_owned()
    };
    for name in ["server", "data directory", "database", "event log", "key-encryption key", "timers"] {
        assert_eq!(verdict(name), "ok", "{name}");
    }
    assert_eq!(verdict("alerts to default"), "critical", "nobody can be told");
    verdict("start at boot");
    assert_eq!(found.code, 2);
    server.end("TERM");

    fs::remove_file(home.path("kek")).unwrap();
    home.run(&["status"]);
    fs::set_permissions(home.path("kek"), PermissionsExt::from_mode(0o644)).unwrap();
    let exposed = home.run(&["doctor"]);
    assert_eq!(exposed.code, 2);
    assert!(exposed.out.contains("can be read by others"), "{}", exposed.out);
}

/// Killed at every instant at which the disk is told something, the rotation is taken up again and nothing is lost.
#[test]
fn a_rotation_of_the_vaults_key_survives_kill_9_anywhere() {
    if !can_trace("a_rotation_of_the_vaults_key_survives_kill_9_anywhere") {
        return;
    }
    let calls = "fsync,fdatasync,link,linkat,rename,renameat,renameat2,unlink,unlinkat";
    let mut kills = 0;
    for nth in 1..100 {
        let home = Home::new();
        home.apply(
            "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nfrom = \"a@example.org\"\n\
             user = \"notafter\"\npassword = \"env:SWEEP_PASSWORD\"\n",
        );
        let mut traced = home.command(&[]);
        let program = traced.get_program().to_owned();
        let environment: Vec<_> =
            traced.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        traced = Command::new("strace");
        traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
        traced.args(["-e", &format!("inject={calls}:signal=SIGKILL:when={nth}")]);
        traced.arg(program).args(["vault", "rotate"]).stdin(Stdio::null());
        for (name, value) in environment {
            match value {
                Some(value) => traced.env(name, value),
                None => traced.env_remove(name),
            };
        }
        let killed = traced.output().unwrap();
        if killed.status.success() {
            break;
        }
        assert_eq!(killed.status.signal(), Some(9), "kill {nth}: {}", said(&killed));
        kills += 1;
        let again = home.run(&["vault", "rotate", "--format", "json"]);
        assert_eq!(again.code, 0, "after kill {nth}: {}", again.err);
        again.document();
        let vault = home.run(&["vault", "status", "--format", "json"]).document();
        assert_eq!(vault["vault"]["rotating"], false, "after kill {nth}");
        let sealed_with = vault["vault"]["sealed_with"].as_object().unwrap();
        assert_eq!(sealed_with.keys().collect::<Vec<_>>(), [vault["vault"]["key_id"].as_str().unwrap()]);
        assert_eq!(sealed_with.values().next().unwrap(), 1);
    }
    assert!((3..99).contains(&kills), "{kills} kills");
}

/// Both look at the same nginx: every metric of blackbox_exporter is there, with the same value unless it is a duration.
#[test]
fn probes_answer_as_blackbox_exporter_does() {
    let test = "probes_answer_as_blackbox_exporter_does";
    let Some(nginx) = peer::program(test, "nginx", "/usr/sbin/nginx") else { return };
    let blackbox =
        peer::program(test, "prometheus-blackbox-exporter", "/usr/bin/prometheus-blackbox-exporter");
    let Some(blackbox) = blackbox else { return };
    let home = Home::new();
    let pki = Pki::new();
    let nginx = stage(&home, nginx, &pki);
    let exporter_port = free_port();
    let address = format!("127.0.0.1:{exporter_port}");
    let modules = format!(
        "modules:\n  http_2xx: {{prober: http, http: {{tls_config: {{ca_file: {root}}}}}}}\n  \
         tls_connect: {{prober: tcp, tcp: {{tls: true, tls_config: {{ca_file: {root}}}}}}}\n",
        root = home.path("root.pem").display()
    );
    let modules = peer::write(home.dir.path(), "blackbox.yml", &modules);
    let mut command = Command::new(blackbox);
    command.arg(format!("--config.file={modules}")).arg(format!("--web.listen-address={address}"));
    let _exporter = peer::Server::start(&mut command, exporter_port);
    let port = nginx.port;
    fs::write(home.path("notafter.toml"), format!("trust = {:?}\n", home.path("root.pem"))).unwrap();
    home.apply(&format!("[[endpoint]]\ntarget = \"127.0.0.1:{port}\"\n"));
    let server = home.serve();
    for (query, good) in [
        (format!("module=tls_connect&target=127.0.0.1:{port}"), 1.0),
        (format!("module=http_2xx&target=https://127.0.0.1:{port}/"), 1.0),
        (format!("module=http_2xx&target=https://127.0.0.1:{port}/moved"), 1.0),
        (format!("module=http_2xx&target=https://127.0.0.1:{port}/gone"), 0.0),
    ] {
        let (theirs, ours) =
            (get(&address, &format!("/probe?{query}")), server.get(&format!("/probe?{query}")));
        assert_eq!((theirs.0, ours.0), (200, 200), "{query}");
        let (theirs, ours) = (samples(&theirs.1), samples(&ours.1));
        assert_eq!(ours.iter().find(|one| one.name == "probe_success").unwrap().value, good, "{query}");
        for sample in &theirs {
            assert!(
                ours.iter().any(|mine| mine.stands_for(sample)),
                "{query}: {sample:?} is not in {ours:#?}"
            );
        }
    }
}

/// Each endpoint by its own anchors and its own name; what a finding says, the metric says too.
#[test]
fn metrics_of_endpoints_agree_with_probes_and_findings() {
    let test = "metrics_of_endpoints_agree_with_probes_and_findings";
    let Some(nginx) = peer::program(test, "nginx", "/usr/sbin/nginx") else { return };
    let home = Home::new();
    let pki = Pki::new();
    let nginx = stage(&home, nginx, &pki);
    let (port, root) = (nginx.port, home.path("root.pem"));
    fs::write(
        home.path("notafter.toml"),
        format!("trust = {root:?}\nresolve = [\"shop.example:{port}:127.0.0.1\"]\n"),
    )
    .unwrap();
    let gone = free_port();
    home.apply(&format!(
        "[[endpoint]]\ntarget = \"127.0.0.1:{port}\"\n\
         [[endpoint]]\ntarget = \"shop.example:{port}\"\nsni = \"other.example\"\n\
         [[endpoint]]\ntarget = \"shop.example:{port}\"\ntrust = \"/nonexistent/house.pem\"\n\
         [[endpoint]]\ntarget = \"127.0.0.1:{gone}\"\n"
    ));
    let server = home.serve();
    metrics_of(&server, 4);
    // Findings come first in the text: those of the last look are in the next one for certain.
    let metrics = server.get("/metrics").1;
    let all = samples(&metrics);
    let of = |instance: &str, sni: Option<&str>| -> Vec<&Sample> {
        let about = |sample: &&Sample| {
            sample.labels.get("instance").is_some_and(|name| name == instance)
                && sample.labels.get("sni").map(String::as_str) == sni
        };
        all.iter().filter(about).collect()
    };
    let value = |samples: &[&Sample], name: &str| {
        samples.iter().find(|sample| sample.name == name).map(|sample| sample.value)
    };
    let good = of(&format!("127.0.0.1:{port}"), None);
    assert_eq!(value(&good, "probe_success"), Some(1.0));
    let probed = samples(&server.get(&format!("/probe?module=tls&target=127.0.0.1:{port}")).1);
    let measured = ["probe_duration_seconds", "probe_dns_lookup_time_seconds", "probe_failed_due_to_regex"];
    for sample in probed.iter().filter(|sample| !measured.contains(&sample.name.as_str())) {
        assert!(good.iter().any(|mine| mine.stands_for(sample)), "{sample:?} is not in {good:#?}");
    }
    let wrong_name = of(&format!("shop.example:{port}"), Some("other.example"));
    assert_eq!(value(&wrong_name, "probe_success"), Some(0.0));
    assert!(value(&wrong_name, "probe_ssl_last_chain_expiry_timestamp_seconds").is_some());
    let unknown_trust = of(&format!("shop.example:{port}"), None);
    assert_eq!(value(&unknown_trust, "probe_success"), Some(0.0));
    assert_eq!(value(&unknown_trust, "probe_ssl_last_chain_expiry_timestamp_seconds"), None);
    assert!(value(&unknown_trust, "probe_ssl_earliest_cert_expiry").is_some());
    let gone = of(&format!("127.0.0.1:{gone}"), None);
    assert_eq!((value(&gone, "probe_success"), value(&gone, "probe_tls_version_info")), (Some(0.0), None));
    for code in ["certificate.name-mismatch", "endpoint.trust-unreadable", "endpoint.refused"] {
        assert!(metrics.contains(&format!("notafter_findings_open{{code=\"{code}\"")), "{code}\n{metrics}");
    }
}

/// Asks for the metrics until so many endpoints were looked at.
pub(crate) fn metrics_of(server: &Serving, endpoints: usize) -> String {
    let begun = Instant::now();
    loop {
        let metrics = server.get("/metrics").1;
        if metrics.contains(&format!("notafter_endpoints {endpoints}\n")) {
            return metrics;
        }
        assert!(begun.elapsed() < PATIENCE, "never looked at:\n{metrics}");
        std::thread::yield_now();
    }
}

/// Every scrape said it once for each endpoint.
#[test]
fn anchors_that_are_missing_are_told_once_however_often_they_are_asked_for() {
    let home = Home::new();
    let port = free_port();
    let endpoint = |host: &str| {
        format!("[[endpoint]]\ntarget = \"{host}:{port}\"\ntrust = \"/nonexistent/house.pem\"\n")
    };
    home.apply(&["127.0.0.1", "127.0.0.2", "127.0.0.3"].map(endpoint).concat());
    let server = home.serve();
    metrics_of(&server, 3);
    for _ in 0..3 {
        metrics_of(&server, 3);
    }
    let (_, log) = server.end("TERM");
    let told = log.iter().filter(|line| line.contains("trust anchors of an endpoint cannot be used"));
    assert_eq!(told.count(), 1, "{log:#?}");
}

/// The failures of a lineage whose issuer is gone were lost with its plan.
#[tokio::test(flavor = "multi_thread")]
async fn a_lineage_that_cannot_be_decided_keeps_the_count_of_its_failures() {
    let home = Home::new();
    home.apply(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n[[lineage]]\nname = \"shop\"\n\
         identifiers = [\"shop.example\"]\nissuer = \"ca\"\n",
    );
    let settings = Settings {
        data: Some(home.path("data")),
        key_encryption_key: Some(home.path("kek")),
        ..Settings::default()
    };
    let opened = open::open(&settings, Clock::system()).await.unwrap();
    let (store, scope) = (&opened.context.store, Scope::EVERYTHING);
    let mut lineage = store.lineage_named(&scope, "shop").await.unwrap().unwrap();
    let Mode::Managed(spec) = &mut lineage.mode else { panic!("{lineage:?}") };
    spec.issuer = "gone".to_owned();
    let change = Change::PutLineage(lineage);
    store.apply(&scope, None, Clock::system().now(), &Actor::Engine, &[change]).await.unwrap();
    store.close().await;
    drop(opened);
    let metrics = home.serve().get("/metrics").1;
    assert!(metrics.contains("notafter_lineage_failed_attempts{lineage=\"shop\"} 0\n"), "{metrics}");
    assert!(!metrics.contains("notafter_lineage_renewal_margin_seconds{lineage=\"shop\"}"), "{metrics}");
}

/// nginx with a certificate for its address that an intermediate signed.
fn stage(home: &Home, program: PathBuf, pki: &Pki) -> Nginx {
    let mut params = CertificateParams::new(["shop.example".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::OrganizationName, "Shop");
    params.distinguished_name.push(DnType::CommonName, "shop.example");
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2034, 1, 1);
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &pki.intermediate).unwrap();
    let folder: &Path = home.dir.path();
    peer::write(folder, "full.pem", &format!("{}{}", leaf.pem(), pki.intermediate.pem()));
    peer::write(folder, "key.pem", &key.serialize_pem());
    peer::write(folder, "root.pem", &pki.root.pem());
    let server = "server { listen 127.0.0.1:PORT ssl; ssl_certificate full.pem; ssl_certificate_key key.pem; \
                  location / { return 200 hello; } location /gone { return 404; } \
                  location /moved { return 302 https://127.0.0.1:PORT/; } }";
    Nginx::start(program, folder, server)
}

#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Sample {
    /// The same metric with at least the same labels; the same value where it is not measured time.
    fn stands_for(&self, other: &Self) -> bool {
        let timed =
            ["probe_duration_seconds", "probe_dns_lookup_time_seconds"].contains(&other.name.as_str());
        // The phases are not cut alike.
        if other.name == "probe_http_duration_seconds" {
            return self.name == other.name;
        }
        self.name == other.name
            && other.labels.iter().all(|(name, value)| self.labels.get(name) == Some(value))
            && (timed || (self.value - other.value).abs() < 0.5)
    }
}

fn samples(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(sample).collect()
}

fn sample(line: &str) -> Sample {
    let (left, value) = line.rsplit_once(' ').unwrap();
    let (name, labels) = left.split_once('{').unwrap_or((left, ""));
    let labels = labels.trim_end_matches('}').split("\",").filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once("=\"").unwrap();
        (name.to_owned(), value.trim_end_matches('"').to_owned())
    });
    Sample { name: name.to_owned(), labels: labels.collect(), value: value.parse().unwrap() }
}
