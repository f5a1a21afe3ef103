//! Command lines and settings that cannot be meant.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use super::Home;
use crate::notafter::{self, Ran};

#[test]
fn a_command_line_that_cannot_be_meant_is_told_and_ends_with_64() {
    let mut home = Home::new();
    for line in [
        "nosuch",
        "check",
        "check --nosuch x",
        "check --format yaml x",
        "check shop.example: x",
        "check shop.example:0",
        "check shop.example:99999",
        "check [::1",
        "check http://shop.example",
        "check a..b",
        "check --starttls gopher x",
        "check --at yesterday x",
        "check --at 2026-13-01T00:00:00Z x",
        "check --resolve x x",
        "check --resolve x:443:999.1.1.1 x",
        "check --timeout 0 x",
        "check --timeout soon x",
        "check --concurrency 0 x",
        "check --sni a..b x",
        "check --warning 20 x",
        "check --warning 200% x",
        "check --warning -1d x",
        "check --warning 2.5% x",
        "check --warning 1d --critical 2d x",
        "adopt --timeout 0",
        "adopt --yes",
        "adopt --issuer-trust x",
        "get certificate",
        "issue",
        "issue a..b",
        "serve --listen nowhere",
        "restore",
        "account",
    ] {
        assert_eq!(home.say(line), 64, "{line}");
    }
    assert!(home.path("data").exists() == home.path("kek").exists());
    insta::assert_snapshot!(home.said);
}

#[test]
fn limits_as_they_may_be_written() {
    let home = Home::new();
    let pki = crate::peer::Pki::new();
    let trust = home.file("root.pem", pki.root.pem());
    let pair = pki.ecdsa("shop.example", (2026, 1, 1), (2026, 4, 11));
    let chain = home.file("chain.pem", pki.full(&pair));
    for (limits, code) in [
        ("--warning 25%", 0),
        ("--warning 21d", 0),
        ("--warning 41d", 1),
        ("--warning 48h --critical 24h", 0),
        ("--warning 0% --critical 0%", 0),
        ("--warning 100%", 1),
        ("--critical 41d", 2),
    ] {
        let mut line = vec!["check", "--at", crate::peer::TODAY, "--trust", &trust];
        line.extend(limits.split(' '));
        line.push(&chain);
        let ran = home.run(&line);
        assert_eq!(ran.code, code, "{limits}: {}{}", ran.out, ran.err);
    }
    // What is over is critical whatever was said.
    let past = ["check", "--at", "2026-04-11T00:00:01Z", "--trust", &trust, "-w", "0%", "-c", "0%", &chain];
    assert_eq!(home.run(&past).code, 2);
}

#[test]
fn no_argument_prints_help() {
    let nothing = notafter::run(&[]);
    assert_eq!(nothing.code, 64);
    let help = notafter::run(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(nothing.err.contains("Commands:") && help.out.contains("Commands:"));
}

#[test]
fn settings_that_cannot_be_meant_are_named() {
    let mut home = Home::new();
    home.begin();
    for (name, value) in [
        ("NOTAFTER_LISTNE", "127.0.0.1:1"),
        ("NOTAFTER_SCAN_PARALLEL", "many"),
        ("NOTAFTER_SCAN_PARALLEL", "-1"),
        ("NOTAFTER_RENEW_PARALLEL", "0"),
        ("NOTAFTER_MESSAGE_TIMEOUT_MS", "0"),
        ("NOTAFTER_RESOLVE", "shop.example:443:127.0.0.1,pay.example"),
        ("NOTAFTER_RESOLVE", "[\"shop.example\"]"),
        ("NOTAFTER_LISTEN", "here"),
        ("NOTAFTER_LOG_LEVEL", "loud"),
        ("NOTAFTER_LOG_FORMAT", "xml"),
        ("NOTAFTER_KEY_ENCRYPTION_KEY", "passphrase:correct horse battery"),
        ("NOTAFTER_DATABASE", "mysql://x"),
        ("NOTAFTER_DEAD_MAN_URL", "hc-ping.com/x"),
    ] {
        let ran: Ran = home.command(&["get"]).env(name, value).output().unwrap().into();
        assert_eq!(home.keep(&format!("get # with {name}={value}"), &ran), 64);
    }
    for (name, value, code) in [
        ("NOTAFTER_CONFIG", "missing.toml", 2),
        ("NOTAFTER_TRUST", "/nonexistent", 2),
        ("NOTAFTER_DATABASE", "postgres://127.0.0.1:1/x", 2),
    ] {
        let ran: Ran = home.command(&["get"]).env(name, value).output().unwrap().into();
        assert_eq!(home.keep(&format!("get # with {name}={value}"), &ran), code);
    }
    for file in ["listne = \"x\"\n", "listen = 1\n", "scan_parallel = 0\n", "listen = \n"] {
        home.file("notafter.toml", file);
        home.said.push_str(&format!("# notafter.toml: {file}"));
        assert_eq!(home.say("get"), 64);
    }
    insta::assert_snapshot!(home.said);
}

/// A Service of Kubernetes named "notafter" ended every command with 64, and so did a secret kept in such a variable.
#[test]
fn variables_that_are_not_meant_for_settings_stop_nothing() {
    let mut home = Home::new();
    home.file(
        "inventory.toml",
        "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nfrom = \"a@example.org\"\n\
         user = \"notafter\"\npassword = \"env:NOTAFTER_SMTP_PASSWORD\"\n",
    );
    for (line, name, value) in [
        ("apply inventory.toml --yes", "NOTAFTER_SMTP_PASSWORD", "swordfish"),
        (
            "vault rotate --to passphrase:env:NOTAFTER_PASSPHRASE",
            "NOTAFTER_PASSPHRASE",
            "correct horse battery",
        ),
        ("get channel --format json", "NOTAFTER_PORT", "tcp://10.0.0.11:8400"),
        ("get endpoint", "NOTAFTER_SERVICE_HOST", "10.0.0.11"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = home.command(&words);
        if !line.starts_with("vault") && !line.starts_with("apply") {
            command.env("NOTAFTER_KEY_ENCRYPTION_KEY", "passphrase:env:NOTAFTER_PASSPHRASE");
            command.env("NOTAFTER_PASSPHRASE", "correct horse battery");
        }
        let ran: Ran = command.env(name, value).output().unwrap().into();
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{line} with {name}: {}", ran.out);
    }
    for (name, value) in [("NOTAFTER_PORT", "8400"), ("NOTAFTER_KEK", "/srv/kek")] {
        let mut command = home.command(&["check", "--format", "nagios", "./missing.pem"]);
        let ran: Ran = command.env(name, value).output().unwrap().into();
        assert_eq!(home.keep(&format!("check # with {name}={value}"), &ran), 3);
    }
    insta::assert_snapshot!(home.said);
}

/// A reader that goes away has seen enough; nobody wants to read of a panic.
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::new();
    home.begin();
    for line in [
        ["check", "--format", "text", "127.0.0.1:1", "127.0.0.1:1"].as_slice(),
        &["check", "--format", "json", "127.0.0.1:1"],
        &["check", "--format", "jsonl", "127.0.0.1:1"],
        &["check", "--format", "nagios", "127.0.0.1:1"],
        &["get"],
        &["status"],
        &["doctor"],
        &["explain", "renewal.failing"],
        &["vault", "status"],
        &["alert", "list"],
        &["apply", "/dev/null"],
        &["adopt", "--root", "."],
        &["demo"],
        &["demo", "--once"],
        &["--help"],
    ] {
        let output = without_a_reader(home.command(line));
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told, "", "{line:?}");
        assert!(output.status.code().is_some_and(|code| code < 64), "{line:?}: {:?}", output.status);
    }
}

/// Into a pipe whose other end is closed before the first word.
fn without_a_reader(mut command: Command) -> Output {
    let mut closed = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
    let pipe = closed.stdin.take().unwrap();
    closed.wait().unwrap();
    command.stdout(pipe).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
}

/// AWS-LC aborts a process that ends while another thread asks it for random bytes: one run in six did.
#[test]
fn handshakes_that_are_given_up_do_not_abort_the_process() {
    let home = Home::new();
    let words: Vec<String> = (1..=8).map(|port| format!("127.0.0.1:{port}")).collect();
    let words: Vec<&str> = ["check"].into_iter().chain(words.iter().map(String::as_str)).collect();
    for _ in 0..16 {
        let output = without_a_reader(home.command(&words));
        assert_eq!(output.status.code(), Some(3), "{:?}", output.status);
    }
}

/// A list without a target was "0 targets", without a word of why.
#[test]
fn a_list_that_names_no_target_says_so_and_nothing_was_seen() {
    let mut home = Home::new();
    home.file("empty.txt", "");
    home.file("comments.txt", "# shop.example\n\n   # blog.example\n");
    for line in [
        "check --file empty.txt",
        "check --file empty.txt --file comments.txt",
        "check -",
        "check --file comments.txt --format json",
        "check --file comments.txt --format jsonl",
        "check --file comments.txt --format nagios",
    ] {
        assert_eq!(home.say(line), 3, "{line}");
    }
    insta::assert_snapshot!(home.said);
}

/// Lines were as wide as the widest terminal.
#[test]
fn a_narrow_screen_is_obeyed() {
    let mut home = Home::new();
    home.begin();
    let said = ["check 127.0.0.1:1", "check ./missing.pem", "explain renewal.failing", "alert list"];
    // What these say holds paths and keys of this run.
    let only_measured = ["status", "doctor", "vault status", "check --help"];
    for line in said.into_iter().chain(only_measured) {
        let words: Vec<&str> = line.split(' ').collect();
        let ran: Ran = home.command(&words).env("COLUMNS", "40").output().unwrap().into();
        // A word stays whole, and so do the heads of help.
        let may_be_wide = |text: &str| {
            let text = text.trim_start().trim_start_matches("- ");
            text.starts_with(['-', '[']) || text.starts_with("Usage:") || !text.contains(' ')
        };
        for text in ran.out.lines() {
            assert!(text.chars().count() <= 40 || may_be_wide(text), "{line}: {text}");
        }
        if said.contains(&line) {
            home.keep(&format!("{line} # with COLUMNS=40"), &ran);
        }
    }
    insta::assert_snapshot!(home.said);
}

#[test]
fn an_output_that_takes_nothing_is_told() {
    let mut home = Home::new();
    for line in ["check 127.0.0.1:1", "status", "get issuer", "explain renewal.failing", "doctor"] {
        home.file("inventory.toml", "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n");
        assert_eq!(home.run(&["apply", "inventory.toml", "--yes"]).code, 0);
        let words: Vec<&str> = line.split(' ').collect();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ran: Ran = home.command(&words).stdout(full).output().unwrap().into();
        // There, 2 would be a verdict.
        let code = if line.starts_with("check ") || line == "doctor" { 3 } else { 2 };
        assert_eq!(home.keep(line, &ran), code, "{line}");
    }
    insta::assert_snapshot!(home.said);
}
