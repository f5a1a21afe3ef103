//! The key-encryption key from a passphrase and from systemd, through the real binary.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::home::Home;
use crate::notafter::Ran;

const SECRET: &str = "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nfrom = \"a@example.org\"\n\
                      user = \"notafter\"\npassword = \"env:SWEEP_PASSWORD\"\n";

/// Runs it with the key from this source, in an environment of systemd's making.
fn with(home: &Home, source: &str, arguments: &[&str]) -> Ran {
    let mut command = home.command(arguments);
    command
        .env("NOTAFTER_KEY_ENCRYPTION_KEY", source)
        .env("VAULT_PASSPHRASE", "another horse and another staple");
    command.env("CREDENTIALS_DIRECTORY", home.path("credentials"));
    command.output().unwrap().into()
}

/// Seals one secret with the key from this source.
fn seal(home: &Home, source: &str) {
    let file = home.path("inventory.toml");
    fs::write(&file, SECRET).unwrap();
    let applied = with(home, source, &["apply", "--yes", file.to_str().unwrap()]);
    assert_eq!(applied.code, 0, "{}", applied.err);
}

fn write(home: &Home, name: &str, content: &[u8], mode: u32) {
    fs::create_dir_all(home.path("credentials")).unwrap();
    fs::write(home.path(name), content).unwrap();
    fs::set_permissions(home.path(name), PermissionsExt::from_mode(mode)).unwrap();
}

fn status(home: &Home, source: &str) -> Value {
    let ran = with(home, source, &["vault", "status", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.document()["vault"].clone()
}

#[test]
fn a_vault_opens_with_its_passphrase_and_with_no_other_one() {
    let home = Home::new();
    write(&home, "passphrase", b"correct horse battery staple\n", 0o600);
    let source = format!("passphrase:file:{}", home.path("passphrase").display());
    seal(&home, &source);
    let vault = status(&home, &source);
    assert_eq!((&vault["key_encryption_key"], &vault["secrets"]), (&source.as_str().into(), &1.into()));
    assert_eq!(status(&home, &source)["key_id"], vault["key_id"], "the same key at every start");
    let database = fs::read(home.path("data/notafter.db")).unwrap();
    assert!(!database.windows(13).any(|bytes| bytes == b"correct horse"));

    write(&home, "passphrase", b"correct horse battery stable\n", 0o600);
    let wrong = with(&home, &source, &["vault", "status"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("is not the vault's"), "{}", wrong.err);
    assert!(!wrong.err.contains("battery"), "{}", wrong.err);
    write(&home, "passphrase", b"correct horse battery staple\n", 0o644);
    assert!(with(&home, &source, &["vault", "status"]).err.contains("can be read by others"));
    let typed = with(&home, "passphrase:correct horse battery staple", &["vault", "status"]);
    assert_eq!(typed.code, 64);
    assert!(
        typed.err.contains("never the passphrase itself") && !typed.err.contains("horse"),
        "{}",
        typed.err
    );
}

#[test]
fn a_passphrase_is_changed_by_rotating_to_the_next_one() {
    let home = Home::new();
    write(&home, "passphrase", b"correct horse battery staple\n", 0o600);
    let source = format!("passphrase:file:{}", home.path("passphrase").display());
    seal(&home, &source);
    let before = status(&home, &source);
    let unnamed = with(&home, &source, &["vault", "rotate"]);
    assert_eq!(unnamed.code, 2);
    assert!(unnamed.err.contains("--to SOURCE"), "{}", unnamed.err);
    let next = "passphrase:env:VAULT_PASSPHRASE";
    let rotated = with(&home, &source, &["vault", "rotate", "--to", next]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert!(
        rotated.out.contains("Set key_encryption_key = \"passphrase:env:VAULT_PASSPHRASE\""),
        "{}",
        rotated.out
    );
    let after = status(&home, next);
    assert_ne!(after["key_id"], before["key_id"]);
    assert_eq!(after["sealed_with"].as_object().unwrap().len(), 1);
    let old = with(&home, &source, &["vault", "status"]);
    assert!(old.err.contains("is not the vault's"), "{}", old.err);
}

#[test]
fn systemd_hands_the_key_over_and_a_vault_moves_from_its_file_to_a_passphrase() {
    let home = Home::new();
    let file = home.path("kek");
    seal(&home, file.to_str().unwrap());
    let key = fs::read(&file).unwrap();
    write(&home, "credentials/notafter", &key, 0o440);
    let by_file = status(&home, file.to_str().unwrap());
    assert_eq!(status(&home, "credential:notafter")["key_id"], by_file["key_id"]);
    let mut outside = home.command(&["vault", "status"]);
    outside.env("NOTAFTER_KEY_ENCRYPTION_KEY", "credential:notafter").env_remove("CREDENTIALS_DIRECTORY");
    let outside: Ran = outside.output().unwrap().into();
    assert!(outside.err.contains("LoadCredentialEncrypted=notafter"), "{}", outside.err);
    let same = with(&home, file.to_str().unwrap(), &["vault", "rotate", "--to", "credential:notafter"]);
    assert!(same.err.contains("sealed with already"), "{}", same.err);

    write(&home, "credentials/vault", b"correct horse battery staple", 0o440);
    let next = "passphrase:credential:vault";
    let early = with(&home, next, &["vault", "status"]);
    assert!(early.err.contains("not sealed with a passphrase"), "{}", early.err);
    let rotated = with(&home, "credential:notafter", &["vault", "rotate", "--to", next]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert_eq!(status(&home, next)["secrets"], 1);
    let old = with(&home, "credential:notafter", &["vault", "status"]);
    assert!(old.err.contains("a record is sealed with the key-encryption key"), "{}", old.err);
}
