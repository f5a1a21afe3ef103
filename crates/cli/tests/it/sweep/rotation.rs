//! `vault rotate --to`, killed at every durable step: one of the two keys opens everything, and said again it is done.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use notafter_cert::Span;
use notafter_engine::open;
use notafter_engine::settings::Settings;
use notafter_keys::vault::Sealed;
use notafter_lab::authority::{Authority, Validity};
use notafter_net::Clock;
use notafter_store::{Holds, Scope};

use super::stage::{can_trace, said};
use crate::home::Home;
use crate::notafter::Ran;

/// Far more than one rotation has of any step; a sweep that comes here does not end by itself.
const ENOUGH: u32 = 200;

const PASSWORD: &str = "swordfish";

const INVENTORY: &str = "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\n\
     from = \"a@example.org\"\nuser = \"notafter\"\npassword = \"env:SWEEP_PASSWORD\"\n\n\
     [[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n\n\
     [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n";

/// A vault with a password and a certificate's key in it, sealed with the key in a file.
fn sealed() -> Home {
    let home = Home::new();
    home.apply(INVENTORY);
    let now = Clock::system().now();
    let validity = Validity { from: now - Span::days(1), to: now + Span::days(89) };
    let authority = Authority::new("Old CA", validity).unwrap();
    let pair = authority.issue(&["shop.example".parse().unwrap()], validity).unwrap();
    std::fs::write(home.path("chain.pem"), pair.chain_pem()).unwrap();
    std::fs::write(home.path("key.pem"), pair.key_pem()).unwrap();
    let (chain, key) = (home.path("chain.pem"), home.path("key.pem"));
    let imported =
        home.run(&["import", "shop", "--chain", chain.to_str().unwrap(), "--key", key.to_str().unwrap()]);
    assert_eq!(imported.code, 0, "{}{}", imported.out, imported.err);
    home
}

fn copy(from: &Home) -> Home {
    let home = Home::new();
    let copied = Command::new("cp").arg("-a").arg(from.path(".")).arg(home.path(".")).status().unwrap();
    assert!(copied.success());
    home
}

/// Runs it with the key from this source, behind a command.
fn with(home: &Home, source: &str, before: &[&str], arguments: &[&str]) -> Output {
    let plain = home.command(&[]);
    let line: Vec<&str> = before.iter().copied().chain([plain.get_program().to_str().unwrap()]).collect();
    let mut command = Command::new(line[0]);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(&line[1..]).args(arguments).env("NOTAFTER_KEY_ENCRYPTION_KEY", source).output().unwrap()
}

fn opens(home: &Home, source: &str) -> bool {
    with(home, source, &["env"], &["vault", "status"]).status.success()
}

/// Every record opens with the key of this source, and is what it was.
async fn all_opens(home: &Home, source: &str, when: &str) {
    let settings = Settings {
        data: Some(home.path("data")),
        key_encryption_key: Some(source.into()),
        ..Settings::default()
    };
    let opened = open::open(&settings, Clock::system()).await.unwrap();
    let (context, scope) = (&opened.context, Scope::EVERYTHING);
    let keys = context.store.keys(&scope).await.unwrap();
    assert_eq!(keys.iter().map(|row| row.holds).collect::<Vec<_>>(), [Holds::CertificateKey], "{when}");
    let lineage = context.store.lineage_named(&scope, "shop").await.unwrap().unwrap();
    let version = context.store.version(&scope, lineage.current.unwrap()).await.unwrap().unwrap();
    context.open_key(version.key_id.unwrap()).await.unwrap();
    let secrets = context.store.secrets(&scope).await.unwrap();
    assert_eq!(secrets.len(), 1, "{when}");
    let sealed = Sealed::from_bytes(secrets[0].sealed.clone()).unwrap();
    let secret = context.keyring.read().await.open_secret(&secrets[0].name, &sealed).unwrap();
    assert_eq!(secret.as_slice(), PASSWORD.as_bytes(), "{when}");
    context.store.verify_chain(&scope).await.unwrap();
    context.store.close().await;
}

/// Kills the rotation at its first, second, ... call of these (about one file, where one is named) until one run completes.
/// Gives how often it was killed with the old key in force, and with the new one.
async fn sweep(
    (file, calls): (Option<&str>, &str),
    sealed: &Home,
    next: impl Fn(&Path) -> String,
) -> (u32, u32) {
    let (mut old_in_force, mut new_in_force) = (0, 0);
    for number in 1..ENOUGH {
        let home = copy(sealed);
        let (old, new) = (home.path("kek"), next(&home.path("")));
        let old = old.to_str().unwrap();
        let when = format!("to {new}, killed at {calls} number {number}");
        let inject = format!("inject={calls}:signal=SIGKILL:when={number}");
        let trace = format!("trace={calls}");
        let log = home.path("calls");
        let file = file.map(|file| home.path(file));
        let only = file.iter().flat_map(|file| ["-P", file.to_str().unwrap()]);
        let usual = ["strace", "-f", "-qq", "-o", log.to_str().unwrap(), "-e", &trace, "-e", &inject];
        let before: Vec<&str> = usual.into_iter().chain(only).collect();
        let rotate = ["vault", "rotate", "--to", &new];
        let killed = with(&home, old, &before, &rotate);
        if killed.status.success() {
            all_opens(&home, &new, "not killed").await;
            return (old_in_force, new_in_force);
        }
        assert_eq!(killed.status.signal(), Some(9), "{when}: {}", said(&killed));
        let in_force = (opens(&home, old), opens(&home, &new));
        match in_force {
            (true, false) => old_in_force += 1,
            (false, true) => new_in_force += 1,
            other => panic!("{when}: {other:?}"),
        }
        all_opens(&home, if in_force.0 { old } else { &new }, &when).await;
        let again = with(&home, old, &["env"], &rotate);
        assert!(again.status.success(), "{when}: {}", said(&again));
        let told = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(told.contains(&format!("Set key_encryption_key = {new:?}")), "{when}: {told}");
        assert!(!opens(&home, old), "{when}");
        let status = Ran::from(with(&home, &new, &["env"], &["vault", "status", "--format", "json"]));
        let vault = status.document()["vault"].clone();
        assert_eq!(
            (&vault["rotating"], &vault["sealed_with"][vault["key_id"].as_str().unwrap()]),
            (&false.into(), &2.into())
        );
        all_opens(&home, &new, &when).await;
    }
    panic!("no end after {ENOUGH} calls of {calls}");
}

/// What makes a step durable; calls are counted thread by thread and kind by kind, so that each has a sweep of its own.
const DURABLE: [(Option<&str>, &str); 3] = [
    (Some(LOG), "fdatasync,fsync"),
    (None, "fdatasync,fsync"),
    (None, "?link,linkat,?rename,?renameat,renameat2,?unlink,unlinkat"),
];

/// The database's log of writes.
const LOG: &str = "data/notafter.db-wal";

async fn sweep_all(
    sweeps: &[(Option<&str>, &str)],
    sealed: &Home,
    next: impl Fn(&Path) -> String,
) -> (u32, u32) {
    let (mut old_in_force, mut new_in_force) = (0, 0);
    for one in sweeps {
        let (old, new) = sweep(*one, sealed, &next).await;
        (old_in_force, new_in_force) = (old_in_force + old, new_in_force + new);
    }
    (old_in_force, new_in_force)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_to_another_file_killed_anywhere_is_done_or_not_and_goes_on_when_said_again() {
    let test = "a_rotation_to_another_file_killed_anywhere_is_done_or_not_and_goes_on_when_said_again";
    if !can_trace(test) {
        return;
    }
    let sweeps = [&DURABLE[..], &[(Some(LOG), "pwrite64")]].concat();
    let kills =
        sweep_all(&sweeps, &sealed(), |home| home.join("next-key").to_str().unwrap().to_owned()).await;
    assert!(kills.0 >= 3 && kills.1 >= 1, "{kills:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_to_a_passphrase_killed_anywhere_is_done_or_not_and_goes_on_when_said_again() {
    let test = "a_rotation_to_a_passphrase_killed_anywhere_is_done_or_not_and_goes_on_when_said_again";
    if !can_trace(test) {
        return;
    }
    let home = sealed();
    std::fs::write(home.path("passphrase"), "correct horse battery staple\n").unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(home.path("passphrase"), private).unwrap();
    let kills =
        sweep_all(&DURABLE, &home, |home| format!("passphrase:file:{}", home.join("passphrase").display()))
            .await;
    // A passphrase makes no file: all that is durable is the one transaction.
    assert!(kills.1 >= 2, "{kills:?}");
}
