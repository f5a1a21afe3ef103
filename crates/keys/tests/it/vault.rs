//! The vault: what is sealed opens only in its slot, with its key; rotation survives a crash.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use notafter_cert::{KeySpec, Trouble};
use notafter_keys::PrivateKey;
use notafter_keys::account::AccountKey;
use notafter_keys::vault::{KeyEncryptionKey, Keyring, Sealed, Slot, VaultError};
use tempfile::TempDir;

struct Home {
    dir: TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        Self { dir }
    }

    fn kek(&self) -> PathBuf {
        self.dir.path().join("kek")
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn create(&self) -> Keyring {
        Keyring::create(&self.kek(), &self.data()).unwrap()
    }

    fn load(&self) -> Result<Keyring, VaultError> {
        Keyring::load(&self.kek(), &self.data())
    }

    /// Error texts without the temporary directory.
    fn shown(&self, error: &VaultError) -> String {
        let text = format!("{}: {error}\nhint: {}\n", error.code(), error.hint());
        text.replace(self.dir.path().to_str().unwrap(), "DIR")
    }
}

const SLOT: Slot<'static> = Slot { kind: "secret", row: b"smtp" };

#[test]
fn keys_accounts_and_secrets_come_back_after_a_restart() {
    let home = Home::new();
    let (key, account) = (PrivateKey::generate(KeySpec::EcdsaP384).unwrap(), AccountKey::generate().unwrap());
    let ring = home.create();
    let sealed_key = ring.seal_key(&[1; 16], &key).unwrap();
    let sealed_account = ring.seal_account(&[2; 16], &account).unwrap();
    let sealed_secret = ring.seal_secret("smtp", b"swordfish").unwrap();
    assert!(!sealed_secret.as_bytes().windows(9).any(|window| window == b"swordfish"));
    let ring = home.load().unwrap();
    let back = |sealed: &Sealed| Sealed::from_bytes(sealed.as_bytes().to_vec()).unwrap();
    assert_eq!(ring.open_key(&[1; 16], &back(&sealed_key)).unwrap().spki_der(), key.spki_der());
    assert_eq!(
        ring.open_account(&[2; 16], &back(&sealed_account)).unwrap().thumbprint(),
        account.thumbprint()
    );
    assert_eq!(&ring.open_secret("smtp", &back(&sealed_secret)).unwrap()[..], b"swordfish");
}

#[test]
fn a_record_opens_only_in_its_own_slot() {
    let home = Home::new();
    let ring = home.create();
    let sealed = ring.seal(SLOT, b"swordfish").unwrap();
    for other in [
        Slot { kind: "secret", row: b"smtq" },
        Slot { kind: "secrets", row: b"mtp" },
        Slot { kind: "secretsmtp", row: b"" },
        Slot { kind: "account-key", row: b"smtp" },
    ] {
        assert!(matches!(ring.open(other, &sealed), Err(VaultError::Damaged { .. })), "{other:?}");
    }
    // Two seals of one secret share nothing but the header.
    assert_ne!(ring.seal(SLOT, b"swordfish").unwrap().as_bytes()[9..], sealed.as_bytes()[9..]);
}

#[test]
fn every_changed_byte_is_noticed() {
    let home = Home::new();
    let ring = home.create();
    let sealed = ring.seal(SLOT, b"swordfish").unwrap();
    for at in 0..sealed.as_bytes().len() {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[at] ^= 1;
        let opened = Sealed::from_bytes(bytes).and_then(|sealed| ring.open(SLOT, &sealed));
        assert!(opened.is_err(), "byte {at}");
        assert!(
            Sealed::from_bytes(sealed.as_bytes()[..at].to_vec())
                .and_then(|torn| ring.open(SLOT, &torn))
                .is_err()
        );
    }
}

#[test]
fn rotation_survives_a_crash_at_each_step() {
    let home = Home::new();
    let mut ring = home.create();
    let first = ring.id();
    let old = ring.seal(SLOT, b"swordfish").unwrap();
    assert!(matches!(ring.rewrap(SLOT, &old), Err(VaultError::NoRotation)));
    ring.begin_rotation().unwrap();

    // Crash after the next key was written: both open, the rotation is taken up with the same key.
    let mut ring_again = home.load().unwrap();
    assert_eq!(ring_again.id(), ring.id());
    ring_again.begin_rotation().unwrap();
    assert_eq!(ring_again.id(), ring.id());
    let new = ring_again.rewrap(SLOT, &old).unwrap();
    assert_ne!((new.kek_id(), old.kek_id()), (first.clone(), first.clone()));
    assert_eq!(ring_again.rewrap(SLOT, &new).unwrap(), new);

    // Crash after the store committed the rewrapped rows.
    let mut ring = home.load().unwrap();
    assert_eq!(&ring.open(SLOT, &new).unwrap()[..], b"swordfish");
    ring.check([new.kek_id().as_str()]).unwrap();
    ring.finish_rotation().unwrap();

    // After the end only the new key is left.
    let ring = home.load().unwrap();
    assert_eq!(&ring.open(SLOT, &new).unwrap()[..], b"swordfish");
    assert!(matches!(ring.open(SLOT, &old), Err(VaultError::OtherKey { .. })));
    assert_eq!(fs::read_dir(home.dir.path()).unwrap().count(), 2);
}

#[test]
fn the_key_file_is_private_and_complete() {
    let home = Home::new();
    let ring = home.create();
    let meta = fs::metadata(home.kek()).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.nlink()), (0o600, 1));
    let text = fs::read_to_string(home.kek()).unwrap();
    let shown = format!("{ring:?} {:?}", ring.seal(SLOT, b"swordfish").unwrap());
    let secret = text.trim().strip_prefix("notafter-kek-1 ").unwrap();
    assert!(!shown.contains(&secret[..8]) && !shown.contains("swordfish"), "{shown}");
}

#[test]
fn what_is_wrong_with_the_key_is_said_with_a_way_out() {
    let home = Home::new();
    let mut shown = String::new();
    shown.push_str(&home.shown(&home.load().unwrap_err()));
    shown.push_str(
        &home.shown(&KeyEncryptionKey::create(&home.data().join("kek"), &home.data()).unwrap_err()),
    );
    home.create();
    shown.push_str(&home.shown(&KeyEncryptionKey::create(&home.kek(), &home.data()).unwrap_err()));
    fs::set_permissions(home.kek(), Permissions::from_mode(0o640)).unwrap();
    shown.push_str(&home.shown(&home.load().unwrap_err()));
    fs::set_permissions(home.kek(), Permissions::from_mode(0o600)).unwrap();
    fs::write(home.kek(), "notafter-kek-1 AAAA\n").unwrap();
    shown.push_str(&home.shown(&home.load().unwrap_err()));
    insta::assert_snapshot!(shown);
}

#[test]
fn a_lost_key_is_told_before_anything_needs_it() {
    let (home, other) = (Home::new(), Home::new());
    let sealed = home.create().seal(SLOT, b"swordfish").unwrap();
    let ring = other.create();
    let error = ring.check([sealed.kek_id().as_str()]).unwrap_err();
    assert_eq!(error.code(), "vault.other-key");
    assert!(error.hint().contains(&sealed.kek_id()), "{}", error.hint());
}

#[test]
fn a_link_into_the_data_directory_is_seen_through() {
    let home = Home::new();
    let link = home.dir.path().join("elsewhere");
    std::os::unix::fs::symlink(home.data(), &link).unwrap();
    let error = KeyEncryptionKey::create(&link.join("kek"), &home.data()).unwrap_err();
    assert_eq!(error.code(), "vault.key-inside-data");
}
