//! A program of one's own, as a script in a temporary folder.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use notafter_cert::{Retry, Span, Trouble};
use notafter_inventory::model::{Delivery, Receipt};
use notafter_providers::notify::{self, NotifyError, Outgoing, Secrets};
use serde_json::{Value, json};

use super::messages::{critical, digest, hostile, recovery, storm};
use crate::notify::{channel, door, now};

async fn run(script: &str, within: Span) -> (tempfile::TempDir, Result<Receipt, NotifyError>) {
    tell(&critical(), script, within).await
}

async fn tell(
    delivery: &Delivery,
    script: &str,
    within: Span,
) -> (tempfile::TempDir, Result<Receipt, NotifyError>) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tell");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let settings = json!({ "program": program, "arguments": [folder.path(), "$(id) ; *"] });
    let channel = channel("command", settings);
    let (secrets, source) = (Secrets::new(), "/notafter/here");
    let outgoing = Outgoing { channel: &channel, delivery, secrets: &secrets, at: now(), source };
    let door = notify::Door { within, ..door(true) };
    let outcome = notify::deliver(&outgoing, &door).await;
    (folder, outcome)
}

#[tokio::test]
async fn a_command_gets_the_message_and_nothing_else() {
    let script =
        "cat > \"$1/message\"; env > \"$1/environment\"; printf '%s' \"$2\" > \"$1/argument\"; echo told 3";
    let (folder, outcome) = run(script, Span::seconds(20)).await;
    let receipt = outcome.unwrap();
    assert_eq!((receipt.detail.as_str(), receipt.end_to_end), ("exit code 0 told 3", true));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let event: Value = serde_json::from_str(&read("message")).unwrap();
    assert_eq!(
        (&event["type"], &event["data"]["text"]),
        (&json!("notafter.alert.opened.v1"), &json!(critical().message.subject))
    );
    assert_eq!(read("argument"), "$(id) ; *", "no shell looks at it");
    let environment = read("environment");
    let mut names: Vec<&str> = environment.lines().filter_map(|line| line.split('=').next()).collect();
    names.retain(|name| !["_", "PWD", "SHLVL", "OLDPWD"].contains(name) && !name.starts_with("NOTAFTER_"));
    names.sort_unstable();
    assert_eq!(names, ["HOME", "PATH"]);
}

/// For a script that does not read JSON: each message's lines, with names of a certificate that somebody else wrote.
#[tokio::test]
async fn what_a_script_finds_in_its_environment() {
    let mut told = String::new();
    let mut seen = BTreeSet::new();
    for (what, message) in [
        ("critical", critical()),
        ("recovery", recovery()),
        ("six alerts", storm(6)),
        ("digest", digest()),
        ("hostile", hostile()),
    ] {
        let message = Delivery { to: Some("+49 30 1234".to_owned()), ..message };
        let (folder, outcome) = tell(&message, "env > \"$1/environment\"", Span::seconds(20)).await;
        outcome.unwrap();
        let environment = std::fs::read_to_string(folder.path().join("environment")).unwrap();
        let mut lines: Vec<&str> = environment.lines().filter(|line| line.starts_with("NOTAFTER_")).collect();
        lines.sort_unstable();
        seen.extend(lines.iter().filter_map(|line| line.split('=').next()).map(str::to_owned));
        told += &format!("{what}\n    {}\n", lines.join("\n    "));
    }
    insta::assert_snapshot!("variables", told);
    assert_eq!(seen, notify::VARIABLES.iter().map(|name| (*name).to_owned()).collect());
}

#[tokio::test]
async fn what_a_command_does_wrong_is_told_apart() {
    let long = Span::seconds(20);
    let table = [
        ("echo no such group >&2; exit 3", long, "command.failed", Retry::Later),
        ("sleep 1000", Span::millis(300), "command.hung", Retry::Later),
        ("head -c 100000 /dev/zero", long, "command.too-long", Retry::Later),
        ("rm \"$1/tell\"; exit 1", long, "command.failed", Retry::Later),
    ];
    for (script, within, code, retry) in table {
        let error = run(script, within).await.1.unwrap_err();
        assert_eq!((error.code(), error.retry()), (code, retry), "{script}: {error}");
    }
    let channel = channel("command", json!({ "program": "/nonexistent/tell" }));
    let (delivery, secrets) = (critical(), Secrets::new());
    let outgoing =
        Outgoing { channel: &channel, delivery: &delivery, secrets: &secrets, at: now(), source: "" };
    let error = notify::deliver(&outgoing, &door(true)).await.unwrap_err();
    assert_eq!((error.code(), error.retry()), ("command.not-started", Retry::Never), "{error}");
}

/// A program that ends before it has read is judged by its end.
#[tokio::test]
async fn a_command_that_reads_nothing_can_still_deliver() {
    assert!(run("exit 0", Span::seconds(20)).await.1.is_ok());
}
