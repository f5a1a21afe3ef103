//! `adopt` on staged machines with real certbot, lego, nginx and Pebble.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use notafter_lab::nginx::Nginx;
use notafter_lab::pebble::{self, Pebble};
use serde_json::Value;
use tempfile::TempDir;

use crate::notafter::{Ran, command};
use crate::peer::{left_out, program};

/// A machine below a directory, and the CA that its programs use.
struct Stage {
    root: TempDir,
    home: TempDir,
    pebble: Pebble,
    http01_port: u16,
}

const NAME: &str = "shop.example";
const CONF: &str = "etc/letsencrypt/renewal/shop.example.conf";

impl Stage {
    async fn new(test: &str) -> Option<Self> {
        let Some(server) = pebble::installed() else {
            left_out(test, "pebble");
            return None;
        };
        let (root, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let http01_port = free_port();
        let options = pebble::Options::new(server, http01_port);
        let pebble = Pebble::start(home.path(), &options).await.unwrap();
        fs::write(home.path().join("ca.pem"), pebble.root_pem()).unwrap();
        for directory in ["etc/nginx", "proc/1", "run/systemd/system", "etc/cron.d"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        fs::write(root.path().join("proc/1/comm"), "cron\n").unwrap();
        Some(Self { root, home, pebble, http01_port })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn ca(&self) -> PathBuf {
        self.home.path().join("ca.pem")
    }

    /// certbot with its directories on the staged machine.
    fn certbot(&self, arguments: &[&str]) -> Output {
        let output = Command::new("/usr/bin/certbot")
            .args(arguments)
            .args(["--config-dir".as_ref(), self.path("etc/letsencrypt").as_os_str()])
            .args(["--work-dir".as_ref(), self.path("var/lib/letsencrypt").as_os_str()])
            .args(["--logs-dir".as_ref(), self.path("var/log/letsencrypt").as_os_str()])
            .args(["-n", "--http-01-port", &self.http01_port.to_string()])
            .env("REQUESTS_CA_BUNDLE", self.ca())
            .stdin(Stdio::null())
            .output();
        output.unwrap()
    }

    fn certbot_issues(&self) {
        let server = self.pebble.directory_url();
        let issued = self.certbot(&[
            "certonly",
            "--standalone",
            "--server",
            &server,
            "-d",
            NAME,
            "--agree-tos",
            "-m",
            "ops@shop.example",
            "--no-eff-email",
        ]);
        assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
    }

    fn certbot_renews(&self) -> Output {
        self.certbot(&["renew", "--force-renewal", "--no-random-sleep-on-renew"])
    }

    /// certbot finds its certificate due at every run, but for its own switch.
    fn certbot_is_always_due(&self) {
        let conf = fs::read_to_string(self.path(CONF)).unwrap();
        let due = conf.replace("# renew_before_expiry = 30 days", "renew_before_expiry = 4000 days");
        fs::write(self.path(CONF), due).unwrap();
    }

    /// As its timer starts it.
    fn certbot_runs(&self) -> Output {
        self.certbot(&["renew", "--no-random-sleep-on-renew"])
    }

    /// Debian's timer, as the package installs it, switched on.
    fn timer(&self) {
        let units = self.path("lib/systemd/system");
        fs::create_dir_all(&units).unwrap();
        for unit in ["certbot.timer", "certbot.service"] {
            fs::copy(Path::new("/lib/systemd/system").join(unit), units.join(unit)).unwrap();
        }
        let wants = self.path("etc/systemd/system/timers.target.wants");
        fs::create_dir_all(&wants).unwrap();
        symlink("/lib/systemd/system/certbot.timer", wants.join("certbot.timer")).unwrap();
    }

    fn nginx(&self) -> Nginx {
        let live = self.path("etc/letsencrypt/live/shop.example");
        let live = live.display();
        let started = Nginx::start(&self.path("etc/nginx"), |port| {
            format!(
                "server {{ listen 127.0.0.1:{port} ssl; server_name {NAME}; ssl_certificate {live}/fullchain.pem; \
                 ssl_certificate_key {live}/privkey.pem; }}"
            )
        });
        started.unwrap().unwrap()
    }

    fn adopt(&self, arguments: &[&str]) -> Ran {
        let root = self.root.path().to_str().unwrap();
        self.command(&[&["adopt", "--root", root], arguments].concat()).output().unwrap().into()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        let port = self.http01_port;
        let settings = format!("http01_port = {port}\nresolve = [\"{NAME}:{port}:127.0.0.1\"]\n");
        fs::write(self.home.path().join("notafter.toml"), settings).unwrap();
        command
            .env("NOTAFTER_DATA", self.home.path().join("data"))
            .env("NOTAFTER_KEY_ENCRYPTION_KEY", self.home.path().join("kek"))
            .env("NOTAFTER_CONFIG", self.home.path().join("notafter.toml"));
        command
    }

    /// The row of a lineage, an hour from now: no reload is under way any more.
    fn row(&self, name: &str, more: &[&str]) -> Value {
        let at = notafter_net::Clock::system().now() + notafter_cert::Span::hours(1);
        let ran = self.adopt(&[&["--format", "json", "--at", &at.to_string()], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(document["schema"], "notafter.adopt/1");
        let rows = document["rows"].as_array().unwrap().clone();
        let found = rows.iter().find(|row| row["name"] == name);
        found.unwrap_or_else(|| panic!("no row {name} in {document:#}")).clone()
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn codes(row: &Value) -> Vec<String> {
    let violations = row["violations"].as_array().unwrap();
    violations.iter().map(|violation| violation["code"].as_str().unwrap().to_owned()).collect()
}

fn has(test: &str, programs: &[(&str, &str)]) -> bool {
    programs.iter().all(|(package, path)| program(test, package, path).is_some())
}

const CERTBOT: (&str, &str) = ("certbot", "/usr/bin/certbot");
const NGINX: (&str, &str) = ("nginx", "/usr/sbin/nginx");

#[tokio::test(flavor = "multi_thread")]
async fn what_certbot_renewed_and_nobody_reloaded_is_named() {
    let test = "what_certbot_renewed_and_nobody_reloaded_is_named";
    if !has(test, &[CERTBOT, NGINX]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues();
    stage.timer();
    let nginx = stage.nginx();
    let resolve = format!("{NAME}:{}:127.0.0.1", nginx.port());
    let look = || stage.row(NAME, &["--resolve", &resolve]);
    let healthy = look();
    assert_eq!(codes(&healthy), [""; 0], "{healthy:#}");
    assert_eq!(healthy["served"][0]["agreement"], "newest");
    assert_eq!((&healthy["renewer"], &healthy["outlook"]["outlook"]), (&"certbot".into(), &"renews".into()));

    let renewed = stage.certbot_renews();
    assert!(renewed.status.success(), "{}", String::from_utf8_lossy(&renewed.stderr));
    let stale = look();
    assert_eq!(codes(&stale), ["automation.not-reloaded"], "{stale:#}");
    assert_eq!(stale["served"][0]["agreement"], "earlier");
    assert_eq!((&stale["outlook"]["outlook"], &stale["next"]), (&"ends".into(), &"nginx -s reload".into()));
    assert_eq!(stale["automation"]["last_result"], "succeeded");

    let pid = fs::read_to_string(nginx.pid_file()).unwrap();
    assert!(Command::new("kill").args(["-HUP", pid.trim()]).status().unwrap().success());
    // nginx reloads by itself some time later: only looking tells when.
    let mended = (0..100).map(|_| look()).find(|row| row["served"][0]["agreement"] == "newest");
    assert_eq!(codes(&mended.expect("nginx never reloaded")), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_timer_and_failing_runs_are_told_years_before_the_end() {
    let test = "a_dead_timer_and_failing_runs_are_told_years_before_the_end";
    if !has(test, &[CERTBOT]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues();
    stage.timer();
    assert_eq!(codes(&stage.row(NAME, &[])), [""; 0]);

    fs::remove_file(stage.path("etc/systemd/system/timers.target.wants/certbot.timer")).unwrap();
    let dead = stage.row(NAME, &[]);
    assert_eq!(codes(&dead), ["automation.dead"], "{dead:#}");
    assert!(
        dead["automation"]["alive"]["why"].as_str().unwrap().contains("systemctl enable --now certbot.timer")
    );

    fs::create_dir_all(stage.path("etc/cron.d")).unwrap();
    fs::copy("/etc/cron.d/certbot", stage.path("etc/cron.d/certbot")).unwrap();
    assert_eq!(
        codes(&stage.row(NAME, &[])),
        ["automation.dead"],
        "the package's cron entry yields to systemd"
    );
    fs::remove_dir(stage.path("run/systemd/system")).unwrap();
    assert_eq!(codes(&stage.row(NAME, &[])), [""; 0], "without systemd, cron does it");

    // Something else has taken the port, in both families (certbot is content with one): certbot fails, twice.
    let _taken = [
        std::net::TcpListener::bind(("0.0.0.0", stage.http01_port)),
        std::net::TcpListener::bind(("::1", stage.http01_port)),
    ];
    for _ in 0..2 {
        let renewed = stage.certbot_renews();
        assert!(
            !renewed.status.success(),
            "{}",
            String::from_utf8_lossy(&[renewed.stdout, renewed.stderr].concat())
        );
    }
    let failing = stage.row(NAME, &[]);
    assert_eq!(codes(&failing), ["automation.failing"], "{failing:#}");
    assert_eq!(failing["violations"][0]["evidence"]["log"], "/var/log/letsencrypt/letsencrypt.log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lineage_is_watched_taken_over_and_given_back() {
    let test = "a_lineage_is_watched_taken_over_and_given_back";
    if !has(test, &[CERTBOT]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    stage.certbot_issues();
    stage.timer();
    stage.certbot_is_always_due();
    let before = fs::read(stage.path(CONF)).unwrap();
    let done = |arguments: &[&str]| {
        let ran = stage.adopt(&[arguments, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        serde_json::from_str::<Value>(&ran.out).unwrap()["done"].clone()
    };
    assert_eq!(done(&["--watch"])["lineages"], serde_json::json!([NAME]));
    let again = done(&["--watch"]);
    assert_eq!((&again["lineages"], &again["renewed"]), (&serde_json::json!([]), &serde_json::json!([NAME])));

    let refused = stage.adopt(&["--take-over", NAME]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("only with consent"), "{}", refused.err);
    assert_eq!(fs::read(stage.path(CONF)).unwrap(), before, "nothing is touched without consent");

    let trust = stage.ca();
    let taken = done(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(taken["issuer"], "127.0.0.1");
    let off = fs::read_to_string(stage.path(CONF)).unwrap();
    assert!(off.contains("autorenew = False"), "{off}");
    let second = stage.path("etc/letsencrypt/archive/shop.example/cert2.pem");
    assert!(stage.certbot_runs().status.success() && !second.exists(), "certbot leaves it alone");
    let twice = stage.adopt(&["--take-over", NAME, "--yes"]);
    assert!(twice.code == 2 && twice.err.contains("renews it already"), "{}", twice.err);

    let live = stage.path("etc/letsencrypt/live/shop.example/fullchain.pem");
    let (link, old) = (fs::read_link(&live).unwrap(), fs::read(&live).unwrap());
    let renewed = stage.command(&["renew", NAME, "--force"]).output().unwrap();
    // Nothing serves it here, so nothing can prove it: that the order went well is seen in the file.
    assert_eq!(renewed.status.code(), Some(3), "{}", String::from_utf8_lossy(&renewed.stdout));
    assert_ne!(
        fs::read(&live).unwrap(),
        old,
        "renewed with certbot's account, installed where certbot had it"
    );
    let undone = done(&["--undo", NAME]);
    assert_eq!(undone["notes"].as_array().unwrap().len(), 1, "{undone:#}");
    assert_eq!(fs::read(stage.path(CONF)).unwrap(), before, "to the byte");
    assert_eq!((fs::read_link(&live).unwrap(), fs::read(&live).unwrap()), (link, old));
    let mut left: Vec<_> =
        fs::read_dir(live.parent().unwrap()).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(
        left,
        ["README", "cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"],
        "no key stays behind"
    );
    let nothing = stage.adopt(&["--undo", NAME]);
    assert!(nothing.code == 2 && nothing.err.contains("never taken over"), "{}", nothing.err);
    assert!(
        stage.certbot_runs().status.success() && second.exists(),
        "certbot goes on as if nothing had been"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lego_keeps_is_found_with_what_starts_it() {
    let test = "what_lego_keeps_is_found_with_what_starts_it";
    if !has(test, &[("lego", "/usr/bin/lego")]) {
        return;
    }
    let Some(stage) = Stage::new(test).await else { return };
    let issued = Command::new("/usr/bin/lego")
        .args(["--server", &stage.pebble.directory_url(), "--email", "ops@shop.example", "-a", "-d", NAME])
        .args(["--path".as_ref(), stage.path("srv/lego").as_os_str()])
        .args(["--http", "--http.port", &format!("127.0.0.1:{}", stage.http01_port), "run"])
        .env("LEGO_CA_CERTIFICATES", stage.ca())
        .output()
        .unwrap();
    assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
    let start = |options: &str| {
        let line = format!("17 3 * * * root lego --path /srv/lego -d {NAME} {options} renew\n");
        fs::write(stage.path("etc/cron.d/lego"), line).unwrap();
        stage.row(NAME, &[])
    };
    let dns = start("--dns cloudflare");
    assert_eq!(
        (&dns["renewer"], &dns["disk"]["chain_file"]),
        (&"lego".into(), &"/srv/lego/certificates/shop.example.crt".into())
    );
    assert!(dns["obstacles"][0].as_str().unwrap().contains("DNS (cloudflare)"), "{dns:#}");
    let server = stage.pebble.directory_url();
    let http = start(&format!("--server {server} --http"));
    assert_eq!((codes(&http), &http["obstacles"]), (vec![], &serde_json::json!([])), "{http:#}");
    let trust = stage.ca();
    let refused = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()]);
    assert_eq!(refused.code, 0, "{}", refused.err);
    let line = fs::read_to_string(stage.path("etc/cron.d/lego")).unwrap();
    assert!(line.starts_with("# renewed by notafter instead: 17 3"), "{line}");
}
