//! A data directory of an earlier version, opened by this one and killed at every durable step: nothing of it is lost.
//!
//! `earlier.tar.gz` was written by a release build of schema 11 (commands `apply`, `import --force`, `user add`, `token make`,
//! `serve`, `alert silence`, `incident open`), with the key that its secrets are sealed with.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use notafter_engine::open;
use notafter_engine::settings::Settings;
use notafter_keys::vault::Sealed;
use notafter_net::Clock;
use notafter_store::Scope;

use super::stage::{can_trace, said};
use crate::home::Home;

/// Far more than one upgrade has of any step; a sweep that comes here does not end by itself.
const ENOUGH: u32 = 200;

/// What makes a step durable; calls are counted thread by thread and kind by kind, so that each has a sweep of its own.
const DURABLE: [&str; 3] =
    ["fdatasync,fsync", "pwrite64", "?link,linkat,?rename,?renameat,renameat2,?unlink,unlinkat"];

fn earlier() -> Home {
    let home = Home::new();
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/sweep/earlier.tar.gz");
    let unpacked =
        Command::new("tar").args(["-xzf", archive, "--no-same-owner", "-C"]).arg(home.dir.path()).status();
    assert!(unpacked.unwrap().success());
    home
}

/// Reads the inventory back, which opens the database and brings it up to date; behind a command.
fn opened(home: &Home, before: &[&str]) -> Output {
    let plain = home.command(&[]);
    let line: Vec<&str> = before.iter().copied().chain([plain.get_program().to_str().unwrap()]).collect();
    let mut command = Command::new(line[0]);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(&line[1..]).arg("get").output().unwrap()
}

/// Everything that the earlier version had written, and what it had sealed opens.
async fn is_whole(home: &Home, when: &str) {
    let settings = Settings {
        data: Some(home.path("data")),
        key_encryption_key: Some(home.path("kek")),
        ..Settings::default()
    };
    let opened = open::open(&settings, Clock::system()).await.unwrap();
    let (context, scope) = (&opened.context, Scope::EVERYTHING);
    let store = &context.store;
    let owners = store.owners(&scope).await.unwrap();
    let mut names: Vec<&str> = owners.iter().map(|owner| owner.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["default", "pay"], "{when}");
    let lineage = store.lineage_named(&scope, "shop").await.unwrap().unwrap();
    let version = store.version(&scope, lineage.current.unwrap()).await.unwrap().unwrap();
    context.open_key(version.key_id.unwrap()).await.unwrap();
    let secrets = store.secrets(&scope).await.unwrap();
    let password = secrets.iter().find(|secret| secret.name == "env:SWEEP_PASSWORD").unwrap();
    let sealed = Sealed::from_bytes(password.sealed.clone()).unwrap();
    let secret = context.keyring.read().await.open_secret(&password.name, &sealed).unwrap();
    assert_eq!(secret.as_slice(), b"swordfish", "{when}");
    let events = store.events_after(&scope, 0, 1000).await.unwrap();
    assert!(events.len() >= 31, "{when}: {} entries of the log", events.len());
    store.verify_chain(&scope).await.unwrap();
    let findings = store.findings_open(&scope).await.unwrap();
    assert!(findings.iter().any(|finding| finding.violation.code == "endpoint.refused"), "{when}");
    assert_eq!(store.drills(&scope, 10).await.unwrap(), [], "{when}: what is new is there, and empty");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_killed_anywhere_loses_nothing_and_is_done_when_it_is_opened_again() {
    if !can_trace("an_upgrade_killed_anywhere_loses_nothing_and_is_done_when_it_is_opened_again") {
        return;
    }
    let whole = earlier();
    let upgraded = opened(&whole, &["env"]);
    assert!(upgraded.status.success(), "{}", said(&upgraded));
    is_whole(&whole, "not killed").await;
    let mut kills = 0;
    for calls in DURABLE {
        for number in 1..=ENOUGH {
            assert!(number < ENOUGH, "no end after {ENOUGH} calls of {calls}");
            let when = format!("killed at {calls} number {number}");
            let home = earlier();
            let (trace, log) = (format!("trace={calls}"), home.path("calls"));
            let inject = format!("inject={calls}:signal=SIGKILL:when={number}");
            let strace = ["strace", "-f", "-qq", "-o", log.to_str().unwrap(), "-e", &trace, "-e", &inject];
            let killed = opened(&home, &strace);
            if killed.status.success() {
                break;
            }
            assert_eq!(killed.status.signal(), Some(9), "{when}: {}", said(&killed));
            kills += 1;
            let again = opened(&home, &["env"]);
            assert!(again.status.success(), "{when}: {}", said(&again));
            assert_eq!(again.stdout, upgraded.stdout, "{when}");
            is_whole(&home, &when).await;
        }
    }
    assert!(kills >= 10, "only {kills} steps");
}
