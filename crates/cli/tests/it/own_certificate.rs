//! `notafter serve` over TLS, as curl and openssl meet it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::home::Home;
use crate::peer::{Pair, Pki, free_port};
use crate::serve::Serving;

const NAME: &str = "na.example";

/// An installation whose server answers over TLS from the two files that are written here.
struct Stage {
    home: Home,
    pki: Pki,
    port: u16,
}

impl Stage {
    fn set() -> Self {
        let (home, pki, port) = (Home::new(), Pki::new(), free_port());
        home.file("root.pem", pki.root.pem());
        let toml = format!(
            "tls_listen = \"127.0.0.1:{port}\"\ntls_certificate = {:?}\ntls_key = {:?}\nbase_url = \"https://{NAME}\"\n",
            home.path("chain.pem"),
            home.path("key.pem")
        );
        home.file("notafter.toml", toml);
        Self { home, pki, port }
    }

    fn lay(&self, pair: &Pair) {
        // As deployers do: beside, and then swapped.
        for (name, text) in [("key.pem", pair.key.clone()), ("chain.pem", self.pki.full(pair))] {
            self.home.file("new", text);
            fs::rename(self.home.path("new"), self.home.path(name)).unwrap();
        }
    }

    fn good(&self) -> Pair {
        self.pki.ecdsa(NAME, (2026, 1, 1), (2034, 1, 1))
    }

    /// Asks for a page by name; answers status, version of HTTP, headers and body, or what curl said.
    fn curl(&self, more: &[&str], path: &str) -> Result<String, String> {
        let resolve = format!("{NAME}:{}:127.0.0.1", self.port);
        let url = format!("https://{NAME}:{}{path}", self.port);
        let root = self.home.path("root.pem");
        let root = root.to_str().unwrap();
        let done = Command::new("curl")
            .args(["-sS", "-i", "--max-time", "60", "--cacert", root, "--resolve", &resolve])
            .args(more)
            .arg(url)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if done.status.success() { Ok(text(done.stdout)) } else { Err(text(done.stderr)) }
    }

    /// The leaf that openssl is shown.
    fn shown(&self, more: &[&str]) -> String {
        let done = Command::new("openssl")
            .args(["s_client", "-connect", &format!("127.0.0.1:{}", self.port), "-servername", NAME])
            .args(more)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn own_certificate(&self) -> (String, String) {
        let report = self.home.run(&["doctor", "--format", "json"]).document();
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == "own certificate").unwrap();
        (row["verdict"].as_str().unwrap().to_owned(), row["text"].as_str().unwrap().to_owned())
    }
}

fn inner(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

#[test]
fn curl_and_openssl_are_served_over_both_versions_of_tls_and_of_http() {
    let stage = Stage::set();
    let pair = stage.good();
    stage.lay(&pair);
    let _server = stage.home.serve();
    for (more, version) in
        [(["--http2", "--tlsv1.3"], "HTTP/2 200"), (["--http1.1", "--tlsv1.2"], "HTTP/1.1 200")]
    {
        let answer = stage.curl(&more, "/healthz").unwrap();
        assert!(answer.starts_with(version) && answer.ends_with("ok\n"), "{more:?}: {answer}");
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let shown = stage.shown(&[version]);
        assert!(inner(&shown).contains(&inner(&pair.leaf)), "{version}: {shown}");
    }
    assert!(!inner(&stage.shown(&["-tls1_1"])).contains(&inner(&pair.leaf)), "TLS 1.1 is over");
    assert_eq!(stage.own_certificate().0, "ok");
    let origin = format!("origin: http://{NAME}:{}", stage.port);
    let foreign = stage.curl(&["-X", "POST", "-H", &origin], "/sign-in").unwrap();
    assert!(foreign.contains(" 403"), "a page in the clear is another site: {foreign}");
}

#[test]
fn a_key_of_another_certificate_is_refused_at_the_start_in_words() {
    let stage = Stage::set();
    stage.lay(&stage.good());
    stage.home.file("key.pem", stage.good().key);
    let refused = stage.home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("the private key does not match the certificate"), "{}", refused.err);
}

/// The listener stays up, and so does the plain one.
#[test]
fn without_a_certificate_a_stand_in_is_served_and_told_and_the_files_are_taken_when_they_come() {
    let stage = Stage::set();
    let server = stage.home.serve();
    server.wait_for("/readyz", 200);
    let refused = stage.curl(&[], "/healthz").unwrap_err();
    assert!(refused.contains("self-signed") || refused.contains("self signed"), "{refused}");
    assert!(stage.curl(&["-k"], "/healthz").unwrap().ends_with("ok\n"));
    let (verdict, text) = stage.own_certificate();
    assert!(verdict == "critical" && text.contains("hold nothing that can be served"), "{verdict} {text}");
    stage.lay(&stage.good());
    wait_until(|| stage.curl(&[], "/healthz").is_ok());
    let (_, log) = server.end("TERM");
    assert!(log.iter().any(|line| line.contains("server.unservable-files")), "{log:#?}");
    assert!(log.iter().any(|line| line.contains("self-signed stand-in")), "{log:#?}");
}

#[test]
fn an_expired_certificate_is_served_as_it_is_and_told() {
    let stage = Stage::set();
    stage.lay(&stage.pki.ecdsa(NAME, (2025, 1, 1), (2026, 1, 1)));
    let server = stage.home.serve();
    server.wait_for("/readyz", 200);
    let refused = stage.curl(&[], "/healthz").unwrap_err();
    assert!(refused.contains("expired"), "{refused}");
    let (verdict, text) = stage.own_certificate();
    assert!(verdict == "critical" && text.contains("which ended"), "{verdict} {text}");
}

#[test]
fn plain_http_is_not_answered_to_other_machines_unless_told_to() {
    let home = Home::new();
    let refused = home.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("plain_http = true"), "{}", refused.err);
    Serving::start(home.command(&["serve", "--listen", "0.0.0.0:0", "--plain-http"])).end("TERM");
    let refused = home.run(&["serve", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"]);
    assert!(refused.code == 64 && refused.err.contains("tls_lineage"), "{}", refused.err);
}

fn wait_until(holds: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < crate::serve::PATIENCE);
        std::thread::yield_now();
    }
}

/// The whole loop for ourselves: staged, presented, proved on the wire; and a connection that was open asks on through it.
#[test]
fn a_renewal_of_our_own_lineage_is_proved_on_the_wire_and_drops_no_connection() {
    let stage = Stage::set();
    let (home, port) = (&stage.home, stage.port);
    let root = home.path("root.pem");
    home.file(
        "notafter.toml",
        format!(
            "tls_listen = \"127.0.0.1:{port}\"\ntls_lineage = \"pages\"\ntrust = {root:?}\n\
             resolve = [\"{NAME}:{port}:127.0.0.1\"]\n"
        ),
    );
    let server = home.serve();
    server.wait_for("/readyz", 200);
    let (verdict, text) = stage.own_certificate();
    assert!(verdict == "critical" && text.contains("there is no lineage \"pages\""), "{verdict} {text}");
    home.apply(&format!(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n\n\
         [[lineage]]\nname = \"pages\"\nidentifiers = [\"{NAME}\"]\nissuer = \"ca\"\n\n\
         [[lineage.place]]\nname = \"own\"\ndeployer = \"notafter\"\nendpoints = [\"{NAME}:{port}\"]\n\n\
         [[endpoint]]\ntarget = \"{NAME}:{port}\"\n"
    ));
    let import = |until: (i32, u8, u8)| {
        let pair = stage.pki.ecdsa(NAME, (2026, 1, 1), until);
        stage.lay(&pair);
        let done = home.run(&["import", "pages", "--chain", "chain.pem", "--key", "key.pem"]);
        // That there is no CA to renew from is told, too: only the deployment is looked at.
        assert!(done.out.contains("place own: 1 of 1 addresses proven"), "{}{}", done.out, done.err);
        pair
    };
    let first = import((2033, 1, 1));
    assert!(inner(&stage.shown(&[])).contains(&inner(&first.leaf)));
    let mut open = Open::to(&stage);
    assert!(open.ask().starts_with("HTTP/1.1 200"));
    let second = import((2034, 1, 1));
    assert!(inner(&stage.shown(&[])).contains(&inner(&second.leaf)), "the next connection sees it");
    assert!(open.ask().starts_with("HTTP/1.1 200"), "the one that was open goes on");
    assert_eq!(stage.own_certificate().0, "ok");
    server.end("TERM");
    // A server that begins presents what was activated last, and no file of ours holds the key.
    let _server = home.serve();
    assert!(inner(&stage.shown(&[])).contains(&inner(&second.leaf)));
}

/// The whole of docs/server.md for a name that no public CA knows: from the first start to a renewal that is proved, with
/// nothing to trust but the root that was downloaded.
#[test]
fn our_own_private_ca_signs_for_us_and_its_root_is_all_that_visitors_need() {
    let stage = Stage::set();
    let (home, port) = (&stage.home, stage.port);
    home.file(
        "notafter.toml",
        format!(
            "tls_listen = \"127.0.0.1:{port}\"\ntls_lineage = \"notafter\"\n\
             resolve = [\"{NAME}:{port}:127.0.0.1\"]\n"
        ),
    );
    let server = home.serve();
    server.wait_for("/readyz", 200);
    home.apply(&format!(
        "[[issuer]]\nname = \"house\"\nkind = \"private\"\npermitted = [\"{NAME}\"]\n\n\
         [[lineage]]\nname = \"notafter\"\nidentifiers = [\"{NAME}\"]\nissuer = \"house\"\n\n\
         [[lineage.place]]\nname = \"pages\"\ndeployer = \"notafter\"\nendpoints = [\"{NAME}:{port}\"]\n"
    ));
    let root = home.run(&["ca", "root", "house"]).out;
    assert_eq!(server.get("/ca/house.pem"), (200, root.clone()), "the page gives the same");
    assert!(stage.curl(&[], "/healthz").is_err(), "nobody trusts it yet");
    home.file("root.pem", &root);
    wait_until(|| stage.curl(&[], "/healthz").is_ok());
    let root_file = home.path("root.pem");
    let verify = ["-x509_strict", "-verify_return_error", "-verify_hostname", NAME, "-CAfile"];
    let verified = || stage.shown(&[&verify[..], &[root_file.to_str().unwrap()]].concat());
    let first = verified();
    assert!(first.contains("Verify return code: 0 (ok)"), "{first}");
    assert!(first.contains("i:CN = house intermediate 1"), "{first}");

    let renewed = home.run(&["renew", "notafter", "--force"]);
    assert!(renewed.out.contains("place pages: 1 of 1 addresses proven"), "{}{}", renewed.out, renewed.err);
    assert_eq!(renewed.code, 0, "{}", renewed.err);
    let second = verified();
    assert!(second.contains("Verify return code: 0 (ok)") && leaf(&second) != leaf(&first), "{second}");
    assert_eq!(stage.own_certificate().0, "ok");
    // Nobody was told whom to trust.
    let looked = home.run(&["look", &format!("{NAME}:{port}")]);
    assert!(looked.code == 0 && !looked.out.contains("chain."), "{}{}", looked.out, looked.err);
    let shown = home.run(&["ca", "show", "--format", "json"]).document();
    assert_eq!(shown["cas"][0]["lineages"], serde_json::json!(["notafter"]));
    let der = home.command(&["ca", "root", "house", "--der"]).output().unwrap().stdout;
    home.file("root.der", der);
    let printed = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-inform", "DER", "-in"])
        .arg(home.path("root.der"))
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let fingerprint = printed.trim().split('=').next_back().unwrap();
    assert!(home.run(&["ca", "show"]).out.contains(fingerprint), "{fingerprint}");
    assert!(server.get("/ca").1.contains(fingerprint), "{fingerprint}");
}

/// The certificate that openssl prints.
fn leaf(shown: &str) -> &str {
    shown.split("-----BEGIN CERTIFICATE-----").nth(1).unwrap().split("-----END").next().unwrap()
}

/// A place of one lineage and the setting with another took turns on the listener without a word.
#[test]
fn a_place_on_the_listener_for_another_lineage_than_the_settings_name_is_doubted_when_it_is_applied() {
    let home = Home::new();
    let file = |lineage: &str| {
        format!(
            "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n\n\
             [[lineage]]\nname = \"{lineage}\"\nidentifiers = [\"{NAME}\"]\nissuer = \"ca\"\n\n\
             [[lineage.place]]\nname = \"own\"\ndeployer = \"notafter\"\nendpoints = [\"{NAME}:8443\"]\n"
        )
    };
    let doubts = |toml: &str, lineage: &str| {
        home.file("notafter.toml", toml);
        home.file("inventory.toml", file(lineage));
        let planned = home.run(&["apply", "inventory.toml"]);
        let all = format!("{}{}", planned.out, planned.err);
        assert!(all.contains(&format!("lineage {lineage}")), "{all}");
        all.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let lineage = "tls_listen = \"127.0.0.1:8443\"\ntls_lineage = \"pages\"\n";
    let files = "tls_listen = \"127.0.0.1:8443\"\ntls_certificate = \"/c.pem\"\ntls_key = \"/k.pem\"\n";
    let said = "place shop/own and the settings do not agree";
    assert!(!doubts(lineage, "pages").contains("do not agree"));
    assert!(!doubts("", "shop").contains("do not agree"));
    for (toml, named) in [(lineage, "tls_lineage names pages"), (files, "tls_certificate names /c.pem")] {
        let all = doubts(toml, "shop");
        assert!(all.contains(said) && all.contains(named) && all.contains("tls_lineage = \"shop\""), "{all}");
    }
}

/// One connection of openssl, held open.
struct Open {
    child: std::process::Child,
    lines: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

impl Open {
    fn to(stage: &Stage) -> Self {
        let mut child = Command::new("openssl")
            .args([
                "s_client",
                "-quiet",
                "-connect",
                &format!("127.0.0.1:{}", stage.port),
                "-servername",
                NAME,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Asks for a page whose body is `ok`; answers the status line.
    fn ask(&mut self) -> String {
        let to = self.child.stdin.as_mut().unwrap();
        to.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut status = String::new();
        for line in self.lines.by_ref().map(Result::unwrap) {
            if line.starts_with("HTTP/") {
                status.clone_from(&line);
            }
            if line == "ok" {
                break;
            }
        }
        status
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
