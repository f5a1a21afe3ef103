//! A machine below a directory, with real certbot, nginx and Pebble on it, and an installation of notafter beside it.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use notafter_lab::nginx::Nginx;
use notafter_lab::pebble::{self, Pebble};
use serde_json::Value;
use tempfile::TempDir;

use crate::left_out::{Need, left_out};
use crate::notafter::{Ran, command};
use crate::peer::{free_port, program};

pub(crate) const CERTBOT: (&str, &str) = ("certbot", "/usr/bin/certbot");
pub(crate) const NGINX: (&str, &str) = ("nginx", "/usr/sbin/nginx");

/// Whether all of these (package, program) are there; says so where one is not.
pub(crate) fn has(test: &str, programs: &[(&str, &str)]) -> bool {
    programs.iter().all(|(package, path)| program(test, package, path).is_some())
}

/// A machine below a directory, and the CA that its programs use.
pub(crate) struct Stage {
    root: TempDir,
    home: TempDir,
    pub(crate) pebble: Pebble,
    pub(crate) http01_port: u16,
    /// Names that lead to loopback, as the setting `resolve` has them.
    resolve: RefCell<Vec<String>>,
    /// More settings, as lines of the file.
    settings: RefCell<String>,
}

pub(crate) const NAME: &str = "shop.example";
pub(crate) const CONF: &str = "etc/letsencrypt/renewal/shop.example.conf";

impl Stage {
    pub(crate) async fn new(test: &str) -> Option<Self> {
        let Some(server) = pebble::installed() else {
            left_out(test, Need::Package("pebble"));
            return None;
        };
        // Fetches the root of what Pebble issues.
        program(test, "curl", "/usr/bin/curl")?;
        let (root, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let http01_port = free_port();
        let options = pebble::Options::new(server, http01_port);
        let pebble = Pebble::start(home.path(), &options).await.unwrap();
        fs::write(home.path().join("ca.pem"), pebble.root_pem()).unwrap();
        for directory in ["etc/nginx", "proc/1", "run/systemd/system", "etc/cron.d"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        fs::write(root.path().join("proc/1/comm"), "cron\n").unwrap();
        let resolve = RefCell::new(vec![format!("{NAME}:{http01_port}:127.0.0.1")]);
        Some(Self { root, home, pebble, http01_port, resolve, settings: RefCell::default() })
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.home.path().join("ca.pem")
    }

    /// certbot with its directories on the staged machine.
    pub(crate) fn certbot(&self, arguments: &[&str]) -> Output {
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

    pub(crate) fn certbot_issues(&self) {
        self.certbot_issues_with(&[]);
    }

    /// With more options, which certbot keeps for its renewals.
    pub(crate) fn certbot_issues_with(&self, more: &[&str]) {
        let server = self.pebble.directory_url();
        let usual = ["certonly", "--standalone", "--server", &server, "-d", NAME];
        let person = ["--agree-tos", "-m", "ops@shop.example", "--no-eff-email"];
        let issued = self.certbot(&[&usual[..], &person, more].concat());
        assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
    }

    pub(crate) fn certbot_renews(&self) -> Output {
        self.certbot(&["renew", "--force-renewal", "--no-random-sleep-on-renew"])
    }

    /// certbot finds its certificate due at every run, but for its own switch.
    pub(crate) fn certbot_is_always_due(&self) {
        let conf = fs::read_to_string(self.path(CONF)).unwrap();
        let due = conf.replace("# renew_before_expiry = 30 days", "renew_before_expiry = 4000 days");
        fs::write(self.path(CONF), due).unwrap();
    }

    /// As its timer starts it.
    pub(crate) fn certbot_runs(&self) -> Output {
        self.certbot(&["renew", "--no-random-sleep-on-renew"])
    }

    /// Debian's timer, as the package installs it, switched on.
    pub(crate) fn timer(&self) {
        let units = self.path("lib/systemd/system");
        fs::create_dir_all(&units).unwrap();
        for unit in ["certbot.timer", "certbot.service"] {
            fs::copy(Path::new("/lib/systemd/system").join(unit), units.join(unit)).unwrap();
        }
        let wants = self.path("etc/systemd/system/timers.target.wants");
        fs::create_dir_all(&wants).unwrap();
        symlink("/lib/systemd/system/certbot.timer", wants.join("certbot.timer")).unwrap();
    }

    pub(crate) fn nginx(&self) -> Nginx {
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

    /// These addresses stand for the name at this port from the next command on.
    pub(crate) fn resolve(&self, port: u16, addresses: &str) {
        self.resolve.borrow_mut().push(format!("{NAME}:{port}:{addresses}"));
    }

    /// One more line of settings.
    pub(crate) fn set(&self, line: &str) {
        self.settings.borrow_mut().push_str(&format!("{line}\n"));
    }

    /// A file of the installation's own.
    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The root of what Pebble issues, fetched from it.
    pub(crate) fn issuing_root(&self) -> String {
        let mut curl = Command::new("/usr/bin/curl");
        curl.args(["-sS", "--fail", &self.pebble.issuing_root_url(0), "--cacert"]).arg(self.ca());
        let fetched = curl.output().unwrap();
        assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
        String::from_utf8(fetched.stdout).unwrap()
    }

    pub(crate) fn adopt(&self, arguments: &[&str]) -> Ran {
        self.command(&[&["adopt"], arguments].concat()).output().unwrap().into()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        let settings = format!(
            "http01_port = {}\nresolve = {:?}\nmachine_root = {:?}\n{}",
            self.http01_port,
            self.resolve.borrow(),
            self.root.path(),
            self.settings.borrow()
        );
        fs::write(self.home.path().join("notafter.toml"), settings).unwrap();
        command
            .env("NOTAFTER_DATA", self.home.path().join("data"))
            .env("NOTAFTER_KEY_ENCRYPTION_KEY", self.home.path().join("kek"))
            .env("NOTAFTER_CONFIG", self.home.path().join("notafter.toml"));
        command
    }

    /// The row of a lineage, an hour from now: no reload is under way any more.
    pub(crate) fn row(&self, name: &str, more: &[&str]) -> Value {
        let at = notafter_net::Clock::system().now() + notafter_cert::Span::hours(1);
        let ran = self.adopt(&[&["--format", "json", "--at", &at.to_string()], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let document = ran.document();
        let rows = document["rows"].as_array().unwrap().clone();
        let found = rows.iter().find(|row| row["name"] == name);
        found.unwrap_or_else(|| panic!("no row {name} in {document:#}")).clone()
    }
}
