//! `apply`, `get` and `explain`, as a person types them, without a server.

use crate::home::Home;
use crate::notafter::Ran;

/// Runs the binary, with the password that the file refers to or without.
fn run(home: &Home, arguments: &[&str], secrets: bool) -> Ran {
    let mut command = home.command(arguments);
    command.env_remove("SMTP_PASSWORD");
    if secrets {
        command.env("SMTP_PASSWORD", "swordfish");
    }
    command.output().unwrap().into()
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
    let file = home.file("inventory.toml", FILE);
    let shown = run(&home, &["apply", &file], true);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    insta::assert_snapshot!("apply_shown", shown.out);
    assert!(!home.path("data").exists(), "nothing was changed yet");
    let done = run(&home, &["apply", &file, "--yes"], true);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.ends_with("6 added, 0 changed, 0 removed\n"), "{}", done.out);
    assert_eq!(run(&home, &["apply", &file, "--yes"], true).out, "no changes\n");
    // The stored secret stays where the variable is not set.
    assert_eq!(run(&home, &["apply", &file, "--yes"], false).out, "no changes\n");

    let printed = run(&home, &["get"], true).out;
    assert!(!printed.contains("swordfish"));
    insta::assert_snapshot!("get", printed);
    let back = home.file("back.toml", &printed);
    assert_eq!(run(&home, &["apply", &back, "--yes"], true).out, "no changes\n");
    let one = run(&home, &["get", "lineage", "pay", "--format", "json"], true).document();
    assert_eq!(one["inventory"]["lineage"][0]["identifiers"][1], "b.pay.example");

    let explained = run(&home, &["explain", "pay"], true);
    assert_eq!((explained.code, explained.err.as_str()), (0, ""));
    insta::assert_snapshot!("explain", explained.out);
    let json = run(&home, &["explain", "pay", "--format", "json"], true).document();
    assert_eq!(json["plan"]["action"]["what"]["do"], "order");
}

#[test]
fn the_example_of_the_documentation_is_applied_whole() {
    let home = Home::new();
    let key = home.file("pager.key", "d2ViaG9vaw==\n");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/inventory.toml");
    let text = std::fs::read_to_string(example)
        .unwrap()
        .replace("/etc/notafter/pager.key", &key)
        .replace("env:EAB_HMAC", "env:SMTP_PASSWORD");
    let file = home.file("inventory.toml", &text);
    let done = run(&home, &["apply", &file, "--yes"], true);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(run(&home, &["apply", &file, "--yes"], true).out, "no changes\n");
    let whole = run(&home, &["get", "--format", "json"], true).document();
    assert_eq!(whole["inventory"]["lineage"].as_array().unwrap().len(), 3);
    let places = run(&home, &["get", "place", "--format", "json"], true).document();
    let lineages = places["inventory"]["lineage"].as_array().unwrap();
    assert_eq!(lineages.iter().map(|lineage| lineage["place"].as_array().unwrap().len()).sum::<usize>(), 2);
    let watched = run(&home, &["explain", "blog", "--format", "json"], true).document();
    assert_eq!(watched["plan"], serde_json::Value::Null);
    let account = run(&home, &["account", "show", "inhouse", "--format", "json"], true).document();
    assert_eq!(account["account"]["at_ca"], "no-account");
    let shorter = home.file("shorter.toml", text.split("[[endpoint]]").next().unwrap());
    let removed = run(&home, &["apply", &shorter, "--yes", "--format", "json"], true);
    let removed = removed.document();
    assert_eq!(removed["applied"], true);
    assert!(removed["differences"].as_array().unwrap().iter().all(|one| one["verb"] == "remove"));
    assert_eq!(run(&home, &["get", "lineage"], true).out, "");
}

#[test]
fn mistakes_are_told_at_once_and_nothing_is_applied() {
    let home = Home::new();
    let text = FILE
        .replace("settings = { full_chain", "settings = { fullchain")
        .replace("deployer = \"files\"", "deployer = \"filse\"");
    let wrong_settings = run(&home, &["apply", &home.file("inventory.toml", &text), "--yes"], true);
    assert_eq!(wrong_settings.code, 2);
    insta::assert_snapshot!("apply_wrong_settings", wrong_settings.err);
    let text = FILE.replace("issuer = \"letsencrypt\"", "issuer = \"le\"").replace("owns =", "own =");
    let wrong = run(&home, &["apply", &home.file("inventory.toml", &text), "--yes"], true);
    assert_eq!(wrong.code, 2);
    insta::assert_snapshot!("apply_mistakes", wrong.err);
    let missing = run(&home, &["apply", &home.file("inventory.toml", FILE), "--yes"], false);
    assert_eq!(missing.code, 2);
    insta::assert_snapshot!("apply_secret_missing", missing.err);
    assert!(!home.path("data").exists(), "nothing was applied");
}

/// The reader, the deployers and the vault each stopped before the next one looked.
#[test]
fn mistakes_of_every_kind_are_told_in_one_run() {
    let home = Home::new();
    let text = FILE
        .replace("owns =", "own =")
        .replace("issuer = \"letsencrypt\"", "issuer = \"le\"")
        .replace("[\"a.pay.example\", \"b.pay.example\"]", "[\"a pay.example\", \"b..pay.example\"]");
    let second = r#"
[[lineage.place]]
name = "mail"
deployer = "files"
settings = { full_chain = "/srv/pay/chain.pem", key = "/srv/mail/key.pem" }

[[lineage.place]]
name = "java"
deployer = "files"
settings = { fullchain = "/srv/java/chain.pem", mode = "0644", reload = { command = ["true"], timeout = "soon" } }
"#;
    let file = home.file("inventory.toml", text + second);
    let wrong = run(&home, &["apply", &file, "--yes"], false);
    assert_eq!(wrong.code, 2);
    insta::assert_snapshot!("apply_every_mistake", wrong.err);
    assert!(!home.path("data").exists(), "nothing was applied");
    // What is not read yet is no mistake yet, but said.
    let shown = run(&home, &["apply", &home.file("inventory.toml", FILE)], false);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    let said = "* secret env:SMTP_PASSWORD: must be readable with --yes, and is not yet (environment variable not found)";
    assert!(shown.out.contains(said), "{}", shown.out);
    assert!(!home.path("data").exists(), "nothing was applied");
}

/// Only the first mail that could not be sent told of them.
#[test]
fn a_sender_and_a_recipient_that_are_no_addresses_are_told_when_they_are_applied() {
    let home = Home::new();
    let text = FILE
        .replace("notafter@example.org", "Notafter <notafter@example.org>")
        .replace("user = \"notafter\"\n", "tls = \"none\"\n")
        .replace("host = \"127.0.0.1\"", "host = \"mail.example.org\"")
        .replace(", to = \"payments@example.org\" }", ", to = \"payments\" }, { channel = \"mail\" }");
    let wrong = run(&home, &["apply", &home.file("inventory.toml", &text), "--yes"], true);
    assert_eq!(wrong.code, 2);
    insta::assert_snapshot!("apply_no_addresses", wrong.err);
    assert!(!home.path("data").exists(), "nothing was applied");
}

/// They passed, and the first deployment failed.
#[test]
fn what_this_machine_cannot_do_is_told_when_it_is_applied() {
    let home = Home::new();
    let here = home.path("srv");
    std::fs::create_dir_all(here.join("key.pem")).unwrap();
    let here = here.to_str().unwrap();
    let second = format!(
        "[[lineage.place]]\nname = \"mail\"\ndeployer = \"files\"\nsettings = {{ full_chain = \"{here}/mail/chain.pem\", \
         key = \"{here}/mail/key.pem\", group = \"nosuch\" }}\n"
    );
    let text = FILE
        .replace("/srv/pay", here)
        .replace("key.pem\" }", "key.pem\", owner = \"nosuch\", group = \"nosuch\" }");
    let file = home.file("inventory.toml", text + &second);
    let shown = run(&home, &["apply", &file], true);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    let warnings = shown.out.split_once("warning: ").unwrap().1.replace(here, "HERE");
    insta::assert_snapshot!("apply_warnings", warnings);
    let document = run(&home, &["apply", &file, "--yes", "--format", "json"], true).document();
    assert_eq!((&document["applied"], document["warnings"].as_array().unwrap().len()), (&true.into(), 5));
    std::fs::remove_dir(home.path("srv/key.pem")).unwrap();
    let mended = home.file("inventory.toml", FILE.replace("/srv/pay", here));
    let done = run(&home, &["apply", &mended, "--yes"], true);
    assert!(!done.out.contains("warning"), "{}", done.out);
}

#[test]
fn unknown_things_and_files_are_told() {
    let home = Home::new();
    let file = run(&home, &["apply", "/nonexistent/inventory.toml"], true);
    assert_eq!(file.code, 2);
    assert!(file.err.contains("hint: check the path"), "{}", file.err);
    home.begin();
    let lineage = run(&home, &["explain", "nope"], true);
    assert_eq!(lineage.code, 2);
    insta::assert_snapshot!("explain_unknown", lineage.err);
    assert_eq!(run(&home, &["get", "certificate"], true).code, 64);
    let code = run(&home, &["explain", "lineage.no-place"], true);
    assert_eq!(code.code, 0);
    assert!(
        code.out.starts_with("lineage.no-place: certificate is installed nowhere (finding)"),
        "{}",
        code.out
    );
    let finding = run(&home, &["explain", "lineage.no-place", "--format", "json"], true).document();
    assert_eq!((&finding["origin"], finding["why"].is_string()), (&"finding".into(), true));
    let error = run(&home, &["explain", "alert.code-unknown", "--format", "json"], true).document();
    assert_eq!((&error["origin"], error["why"].is_string()), (&"error".into(), true));
}
