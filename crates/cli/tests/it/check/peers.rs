//! What is found at servers of every kind.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{check, findings, json};
use crate::left_out::{Need, left_out};
use crate::notafter::{self, Ran};
use crate::peer::{Nginx, Pair, Pki, Server, TODAY, free_port, program, write};

const NGINX: &str = "/usr/sbin/nginx";

/// A `server` block at this address that serves these files.
fn block(folder: &Path, address: &str, name: &str, chain: &str, key: &str) -> String {
    let chain = write(folder, &format!("{name}.pem"), chain);
    let key = write(folder, &format!("{name}.key"), key);
    format!(
        "server {{ listen {address}:PORT ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {chain}; ssl_certificate_key {key}; return 204; }}\n"
    )
}

fn target(document: &Value, index: usize) -> &Value {
    &document["targets"][index]
}

#[test]
fn every_address_is_judged_and_the_stale_one_is_named() {
    let Some(nginx) = program("every_address_is_judged", "nginx", NGINX) else { return };
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let fresh = pki.ecdsa("shop.example", (2026, 2, 20), (2026, 5, 20));
    let stale = pki.ecdsa("shop.example", (2025, 12, 5), (2026, 3, 5));
    let mut servers = String::new();
    for address in ["127.0.0.1", "127.0.0.2"] {
        servers += &block(folder.path(), address, address, &pki.full(&fresh), &fresh.key);
    }
    servers += &block(folder.path(), "127.0.0.3", "stale", &pki.full(&stale), &stale.key);
    let nginx = Nginx::start(nginx, folder.path(), &servers);
    let resolve = format!("shop.example:{}:127.0.0.1,127.0.0.2,127.0.0.3", nginx.port);
    let name = format!("shop.example:{}", nginx.port);
    // From inside the folder, so that no line breaks elsewhere under another temporary directory.
    let arguments = ["check", "--at", TODAY, "--trust", "root.pem", "--resolve", &resolve, &name];
    let ran: Ran = notafter::command(&arguments).current_dir(folder.path()).output().unwrap().into();
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let fingerprint = |pem: &str| {
        let der = notafter_cert::pem::chain_from(pem.as_bytes()).unwrap().remove(0);
        notafter_cert::Fingerprint::of(&der).short()
    };
    let shown = ran
        .out
        .replace(&nginx.port.to_string(), "PORT")
        .replace(&fingerprint(&fresh.leaf), "FRESH")
        .replace(&fingerprint(&stale.leaf), "STALE");
    insta::assert_snapshot!(shown);
    let twice = check(&trust, &["-vv", "--resolve", &resolve, &name]).out;
    assert_eq!(twice.matches("how:  127.0.0.").count(), 3, "{twice}");
    assert_eq!(twice.matches("TLS 1.3, TLS_").count(), 3, "{twice}");
    let document = json(&trust, &["--resolve", &resolve, &name]);
    assert_eq!(target(&document, 0)["addresses"].as_array().unwrap().len(), 3);
    for address in target(&document, 0)["addresses"].as_array().unwrap() {
        assert_eq!(address["facts"]["handshake"]["possession"], "proven");
    }
}

#[test]
fn what_is_wrong_with_a_chain_is_told_apart() {
    let Some(nginx) = program("what_is_wrong_with_a_chain", "nginx", NGINX) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (pki, stranger) = (Pki::new(), Pki::named("Stranger"));
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let (from, to) = ((2026, 2, 1), (2026, 5, 1));
    let good = pki.rsa("shop.example", from, to);
    let expired = pki.ecdsa("shop.example", (2025, 12, 1), (2026, 3, 1));
    let other = pki.ecdsa("other.example", from, to);
    let unknown = stranger.ecdsa("shop.example", from, to);
    let table = [
        ("127.0.0.1", pki.full(&good), &good.key, vec![]),
        ("127.0.0.2", good.leaf.clone(), &good.key, vec!["critical chain.missing-intermediate"]),
        ("127.0.0.3", pki.full(&expired), &expired.key, vec!["critical certificate.expired"]),
        ("127.0.0.4", pki.full(&other), &other.key, vec!["critical certificate.name-mismatch"]),
        ("127.0.0.5", stranger.full(&unknown), &unknown.key, vec!["critical chain.untrusted-root"]),
    ];
    let servers: String = table
        .iter()
        .map(|(address, chain, key, _)| block(folder.path(), address, address, chain, key))
        .collect();
    let nginx = Nginx::start(nginx, folder.path(), &servers);
    for (address, _, _, wanted) in &table {
        let document = json(&trust, &["--sni", "shop.example", &format!("{address}:{}", nginx.port)]);
        assert_eq!(&findings(target(&document, 0)), wanted, "{address}");
    }
}

#[test]
fn a_warning_that_hsts_would_wall_up_is_told_as_the_server_says() {
    let Some(nginx) = program("a_warning_that_hsts_would_wall_up", "nginx", NGINX) else { return };
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let expired = pki.ecdsa("shop.example", (2025, 12, 1), (2026, 3, 1));
    let good = pki.ecdsa("shop.example", (2026, 2, 1), (2026, 5, 1));
    let with_header = |address: &str, pair: &Pair| {
        let header = "add_header Strict-Transport-Security \"max-age=31536000\" always; return 204;";
        block(folder.path(), address, address, &pki.full(pair), &pair.key).replace("return 204;", header)
    };
    let silent = block(folder.path(), "127.0.0.2", "silent", &pki.full(&expired), &expired.key);
    let servers =
        format!("{}{silent}{}", with_header("127.0.0.1", &expired), with_header("127.0.0.3", &good));
    let nginx = Nginx::start(nginx, folder.path(), &servers);
    let port = nginx.port;
    let look = |address: &str, name: &str| {
        let resolve = format!("{name}:{port}:{address}");
        let arguments = ["--sni", "shop.example", "--resolve", &resolve, &format!("{name}:{port}")];
        let document = json(&trust, &arguments);
        let told = target(&document, 0);
        let passable = told["findings"][0]["clients"][0]["passable"].clone();
        (told["hsts"].clone(), passable, told["verdict"].clone())
    };
    assert_eq!(look("127.0.0.1", "shop.example"), ("asked".into(), "unless-hsts".into(), "critical".into()));
    assert_eq!(look("127.0.0.2", "shop.example"), ("not-asked".into(), "yes".into(), "critical".into()));
    let address = check(&trust, &[&format!("127.0.0.1:{port}")]).out;
    assert!(address.contains("hsts: does not apply to addresses (RFC 6797 section 8.1.1)"), "{address}");
    // Nothing to warn of: the server is asked nothing.
    assert_eq!(look("127.0.0.3", "shop.example"), ("unknown".into(), Value::Null, "ok".into()));
    let resolve = format!("shop.example:{port}:127.0.0.1");
    let text = check(&trust, &["--resolve", &resolve, &format!("shop.example:{port}")]).out;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "hsts: the server asks for HSTS: browsers that have seen it before allow no click-through";
    assert!(words.contains(told), "{text}");
    let resolve = format!("shop.dev:{port}:127.0.0.1");
    let preloaded = json(&trust, &["--resolve", &resolve, &format!("shop.dev:{port}")]);
    assert_eq!(target(&preloaded, 0)["hsts"], "preloaded");
    assert_eq!(target(&preloaded, 0)["findings"][0]["clients"][0]["passable"], "no");
}

#[test]
fn both_key_types_and_both_versions_are_seen_as_they_are() {
    let Some(nginx) = program("both_key_types_and_both_versions", "nginx", NGINX) else { return };
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let (from, to) = ((2026, 2, 1), (2026, 5, 1));
    let (rsa, ecdsa) = (pki.rsa("shop.example", from, to), pki.ecdsa("shop.example", from, to));
    let chain = write(folder.path(), "ecdsa.pem", &pki.full(&ecdsa));
    let key = write(folder.path(), "ecdsa.key", &ecdsa.key);
    let both = block(folder.path(), "127.0.0.1", "rsa", &pki.full(&rsa), &rsa.key)
        .replace("return", &format!("ssl_certificate {chain}; ssl_certificate_key {key}; return"));
    let old = block(folder.path(), "127.0.0.2", "old", &pki.full(&rsa), &rsa.key).replace(" TLSv1.3", "");
    let nginx = Nginx::start(nginx, folder.path(), &(both + &old));
    let seen = |address: &str| {
        let document = json(&trust, &["--sni", "shop.example", &format!("{address}:{}", nginx.port)]);
        let facts = &target(&document, 0)["addresses"][0]["facts"];
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        (word(&facts["handshake"]["version"]), word(&facts["chain"][0]["key"]))
    };
    assert_eq!(seen("127.0.0.1"), ("TLS 1.3".to_owned(), "ECDSA P-256".to_owned()));
    assert_eq!(seen("127.0.0.2"), ("TLS 1.2".to_owned(), "RSA 2048".to_owned()));
}

#[test]
fn older_versions_only_is_unknown_with_the_alert() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let pair = pki.rsa("shop.example", (2026, 2, 1), (2026, 5, 1));
    let chain = write(folder.path(), "leaf.pem", &pair.leaf);
    let key = write(folder.path(), "leaf.key", &pair.key);
    let port = free_port();
    let accept = format!("127.0.0.1:{port}");
    let arguments = ["s_server", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", "-accept", &accept];
    let mut command = Command::new("openssl");
    command.args(arguments).args(["-cert", &chain, "-key", &key]);
    let _server = Server::start(&mut command, port);
    let ran = check("mozilla", &[&accept]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.out.contains("alert 70 protocol_version"), "{}", ran.out);
    assert!(ran.out.contains("1 target: 1 unknown"), "{}", ran.out);
}

#[test]
fn a_refused_connection_is_critical_and_an_unknown_name_is_unknown() {
    let port = free_port();
    let refused = check("mozilla", &[&format!("127.0.0.1:{port}")]);
    assert_eq!(refused.code, 2, "{}", refused.out);
    let unknown = check("mozilla", &["nothing.invalid"]);
    assert_eq!(unknown.code, 3, "{}", unknown.out);
    assert!(unknown.out.contains("nothing.invalid does not exist in DNS"), "{}", unknown.out);
    let both = check("mozilla", &[&format!("127.0.0.1:{port}"), "nothing.invalid"]);
    assert_eq!(both.code, 2);
    assert!(both.out.ends_with("2 targets: 1 critical, 1 unknown\n"), "{}", both.out);
}

#[test]
fn postgres_is_seen_through_its_own_dialogue() {
    let found = glob_postgres();
    let Some(bin) = found.or_else(|| {
        program("postgres_is_seen", "postgresql", "/usr/lib/postgresql/15/bin/postgres")
            .and_then(|path| path.parent().map(Path::to_owned))
    }) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let pair = pki.ecdsa("db.example", (2026, 2, 1), (2026, 5, 1));
    let data = folder.path().join("data");
    let data_text = data.to_str().unwrap();
    // PostgreSQL refuses to run as root.
    let as_owner = |program: &Path| {
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/");
        command
    };
    if rustix::process::geteuid().is_root() {
        assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
    }
    let made = as_owner(&bin.join("initdb")).args(["-D", data_text, "-A", "trust", "-N"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    write(&data, "server.crt", &pki.full(&pair));
    let key = write(&data, "server.key", &pair.key);
    for step in [["chmod", "600", key.as_str()], ["chown", "--reference", data_text]] {
        let mut command = Command::new(step[0]);
        command.args(&step[1..]);
        if step[0] == "chown" {
            command.args([&key, &data.join("server.crt").to_str().unwrap().to_owned()]);
        }
        assert!(command.status().unwrap().success());
    }
    let port = free_port();
    let mut command = as_owner(&bin.join("postgres"));
    command.args([
        "-D",
        data_text,
        "-p",
        &port.to_string(),
        "-c",
        "ssl=on",
        "-c",
        "unix_socket_directories=",
    ]);
    command.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
    let _server = Server::start(&mut command, port);
    let resolve = format!("db.example:{port}:127.0.0.1");
    let document = json(&trust, &["--resolve", &resolve, &format!("postgres://db.example:{port}")]);
    assert_eq!(target(&document, 0)["verdict"], "ok", "{document:#}");
    let plain = json(&trust, &["--resolve", &resolve, &format!("db.example:{port}")]);
    assert_ne!(target(&plain, 0)["verdict"], "ok", "without its dialogue it shows no certificate");
}

/// Where Debian puts the newest PostgreSQL.
fn glob_postgres() -> Option<std::path::PathBuf> {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    versions.into_iter().rev().find(|bin| bin.join("postgres").exists())
}

#[test]
fn a_mail_server_is_seen_through_starttls() {
    let module = "/usr/lib/python3/dist-packages/aiosmtpd";
    if program("a_mail_server_is_seen", "python3-aiosmtpd", module).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let pair = pki.rsa("mail.example", (2026, 2, 1), (2026, 5, 1));
    let chain = write(folder.path(), "mail.pem", &pki.full(&pair));
    let key = write(folder.path(), "mail.key", &pair.key);
    let port = free_port();
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}")]);
    command.args(["--tlscert", &chain, "--tlskey", &key]);
    let _server = Server::start(&mut command, port);
    let resolve = format!("mail.example:{port}:127.0.0.1");
    let document = json(&trust, &["--resolve", &resolve, &format!("smtp://mail.example:{port}")]);
    assert_eq!(target(&document, 0)["verdict"], "ok", "{document:#}");
    let by_option = ["--starttls", "smtp", "--resolve", &resolve, &format!("mail.example:{port}")];
    assert_eq!(target(&json(&trust, &by_option), 0)["verdict"], "ok");
}

#[test]
fn a_family_without_a_route_is_a_note_and_no_verdict() {
    // A network namespace of its own has no route at all: give it the IPv4 loopback and nothing else.
    let alone = |program: &str| {
        let mut command = Command::new("unshare");
        command.args(if rustix::process::geteuid().is_root() { ["-n", program] } else { ["-rn", program] });
        command
    };
    if !alone("true").status().is_ok_and(|status| status.success()) {
        left_out("a_family_without_a_route", Need::Right("the right to make a network namespace"));
        return;
    }
    let mut command = alone(env!("CARGO_BIN_EXE_notafter"));
    command.args([
        "check",
        "--format",
        "json",
        "--resolve",
        "shop.example:443:192.0.2.1,2001:db8::1",
        "shop.example",
    ]);
    let ran: Ran = command.output().unwrap().into();
    let document = ran.document();
    for address in target(&document, 0)["addresses"].as_array().unwrap() {
        assert_eq!(address["verdict"], Value::Null, "{address:#}");
        assert_eq!(address["failure"]["kind"], "no-route", "{address:#}");
        assert_eq!(address["notes"][0]["code"], "note.no-route");
    }
    assert_eq!(ran.code, 3, "with no address looked at, nothing is known");
}
