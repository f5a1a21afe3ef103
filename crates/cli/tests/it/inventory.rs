//! `apply`, `get` and `explain`, as a person types them, without a server.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::notafter::{Ran, command};

/// An installation in a temporary directory.
struct Home {
    dir: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn run(&self, arguments: &[&str], secrets: bool) -> Ran {
        let mut command = command(arguments);
        command
            .env("NOTAFTER_DATA", self.dir.path().join("data"))
            .env("NOTAFTER_KEY_ENCRYPTION_KEY", self.dir.path().join("kek"))
            .env("NOTAFTER_CONFIG", self.file("notafter.toml", ""))
            .env_remove("SMTP_PASSWORD");
        if secrets {
            command.env("SMTP_PASSWORD", "swordfish");
        }
        command.output().unwrap().into()
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn inventory(&self, text: &str) -> String {
        self.file("inventory.toml", text).to_str().unwrap().to_owned()
    }
}

const FILE: &str = r#"
[[channel]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
from = "notafter@example.org"
user = "notafter"
password = "env:SMTP_PASSWORD"

[[owner]]
name = "payments"
contacts = [{ channel = "mail", to = "payments@example.org" }]
owns = ["*.pay.example"]

[[issuer]]
name = "letsencrypt"
directory = "https://acme-v02.api.letsencrypt.org/directory"
terms_agreed = true

[[endpoint]]
target = "a.pay.example"

[[lineage]]
name = "pay"
identifiers = ["a.pay.example", "b.pay.example"]
issuer = "letsencrypt"

[[lineage.place]]
name = "web"
deployer = "files"
settings = { full_chain = "/srv/pay/chain.pem", key = "/srv/pay/key.pem" }
endpoints = ["a.pay.example"]
"#;

#[test]
fn a_file_is_shown_then_applied_once_and_reads_back() {
    let home = Home::new();
    let file = home.inventory(FILE);
    let shown = home.run(&["apply", &file], true);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    insta::assert_snapshot!("apply_shown", shown.out);
    assert_eq!(home.run(&["get"], true).out, "", "nothing was changed yet");
    let done = home.run(&["apply", &file, "--yes"], true);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.ends_with("6 added, 0 changed, 0 removed\n"), "{}", done.out);
    assert_eq!(home.run(&["apply", &file, "--yes"], true).out, "no changes\n");
    // The stored secret stays where the variable is not set.
    assert_eq!(home.run(&["apply", &file, "--yes"], false).out, "no changes\n");

    let printed = home.run(&["get"], true).out;
    assert!(!printed.contains("swordfish"));
    insta::assert_snapshot!("get", printed);
    let back = home.file("back.toml", &printed);
    assert_eq!(home.run(&["apply", back.to_str().unwrap(), "--yes"], true).out, "no changes\n");
    let one = home.run(&["get", "lineage", "pay", "--format", "json"], true).document();
    assert_eq!(one["inventory"]["lineage"][0]["identifiers"][1], "b.pay.example");

    let explained = home.run(&["explain", "pay"], true);
    assert_eq!((explained.code, explained.err.as_str()), (0, ""));
    insta::assert_snapshot!("explain", explained.out);
    let json = home.run(&["explain", "pay", "--format", "json"], true).document();
    assert_eq!(json["plan"]["action"]["what"]["do"], "order");
}

#[test]
fn the_example_of_the_documentation_is_applied_whole() {
    let home = Home::new();
    let key = home.file("pager.key", "d2ViaG9vaw==\n");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/inventory.toml");
    let text = fs::read_to_string(example)
        .unwrap()
        .replace("/etc/notafter/pager.key", key.to_str().unwrap())
        .replace("env:EAB_HMAC", "env:SMTP_PASSWORD");
    let file = home.inventory(&text);
    let done = home.run(&["apply", &file, "--yes"], true);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(home.run(&["apply", &file, "--yes"], true).out, "no changes\n");
    let whole = home.run(&["get", "--format", "json"], true).document();
    assert_eq!(whole["inventory"]["lineage"].as_array().unwrap().len(), 3);
    let places = home.run(&["get", "place", "--format", "json"], true).document();
    assert_eq!(places["inventory"]["lineage"]["place"].as_array().unwrap().len(), 2);
    let watched = home.run(&["explain", "blog", "--format", "json"], true).document();
    assert_eq!(watched["plan"], serde_json::Value::Null);
    let account = home.run(&["account", "show", "inhouse", "--format", "json"], true).document();
    assert_eq!(account["account"]["at_ca"], "no-account");
    let shorter = home.file("shorter.toml", text.split("[[endpoint]]").next().unwrap());
    let removed = home.run(&["apply", shorter.to_str().unwrap(), "--yes", "--format", "json"], true);
    let removed = removed.document();
    assert_eq!(removed["applied"], true);
    assert!(removed["differences"].as_array().unwrap().iter().all(|one| one["verb"] == "remove"));
    assert_eq!(home.run(&["get", "lineage"], true).out, "");
}

#[test]
fn mistakes_are_told_at_once_and_nothing_is_applied() {
    let home = Home::new();
    let text = FILE
        .replace("settings = { full_chain", "settings = { fullchain")
        .replace("deployer = \"files\"", "deployer = \"filse\"");
    let wrong_settings = home.run(&["apply", &home.inventory(&text), "--yes"], true);
    assert_eq!(wrong_settings.code, 2);
    insta::assert_snapshot!("apply_wrong_settings", wrong_settings.err);
    let text = FILE.replace("issuer = \"letsencrypt\"", "issuer = \"le\"").replace("owns =", "own =");
    let wrong = home.run(&["apply", &home.inventory(&text), "--yes"], true);
    assert_eq!(wrong.code, 2);
    insta::assert_snapshot!("apply_mistakes", wrong.err);
    let missing = home.run(&["apply", &home.inventory(FILE), "--yes"], false);
    assert_eq!(missing.code, 2);
    insta::assert_snapshot!("apply_secret_missing", missing.err);
    assert_eq!(home.run(&["get"], true).out, "", "nothing was applied");
}

#[test]
fn unknown_things_and_files_are_told() {
    let home = Home::new();
    let file = home.run(&["apply", "/nonexistent/inventory.toml"], true);
    assert_eq!(file.code, 64);
    assert!(file.err.contains("hint: check the path"), "{}", file.err);
    let lineage = home.run(&["explain", "nope"], true);
    assert_eq!(lineage.code, 2);
    insta::assert_snapshot!("explain_unknown", lineage.err);
    assert_eq!(home.run(&["get", "certificate"], true).code, 64);
    let code = home.run(&["explain", "lineage.no-place"], true);
    assert_eq!(code.code, 0);
    assert!(
        code.out.starts_with("lineage.no-place: certificate is installed nowhere (finding)"),
        "{}",
        code.out
    );
    let finding = home.run(&["explain", "lineage.no-place", "--format", "json"], true).document();
    assert_eq!((&finding["origin"], finding["why"].is_string()), (&"finding".into(), true));
    let error = home.run(&["explain", "alert.code-unknown", "--format", "json"], true).document();
    assert_eq!((&error["origin"], &error["why"]), (&"error".into(), &serde_json::Value::Null));
}
