//! Access to the vault: one key-encryption key, and a second one while it is rotated.

use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::kek::{beside, sync_parent};
use super::{KeyEncryptionKey, Sealed, Slot, VaultError};
use crate::account::AccountKey;
use crate::{KeyError, PrivateKey};

/// The door to everything sealed.
///
/// Rotation survives a crash at any instruction: the next key is on disk (`KEK.next`) before the first record is
/// rewrapped, both keys open records while both files exist, and the new one takes the old one's name only when every
/// record has been rewrapped in one transaction of the store.
#[derive(Debug)]
pub struct Keyring {
    path: PathBuf,
    data: PathBuf,
    current: KeyEncryptionKey,
    next: Option<KeyEncryptionKey>,
}

impl Keyring {
    /// Makes a key-encryption key for an installation that has none. Only for a database without sealed records: with
    /// some, a missing key is a loss that must be told, not papered over.
    ///
    /// # Errors
    /// As [`KeyEncryptionKey::create`].
    pub fn create(path: &Path, data: &Path) -> Result<Self, VaultError> {
        let current = KeyEncryptionKey::create(path, data)?;
        Ok(Self { path: path.to_owned(), data: data.to_owned(), current, next: None })
    }

    /// Loads the key-encryption key, and the next one where a rotation was interrupted.
    ///
    /// # Errors
    /// As [`KeyEncryptionKey::load`].
    pub fn load(path: &Path, data: &Path) -> Result<Self, VaultError> {
        let current = KeyEncryptionKey::load(path, data)?;
        let next = match KeyEncryptionKey::load(&beside(path, "next"), data) {
            Ok(next) => Some(next),
            Err(VaultError::NoKey(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(Self { path: path.to_owned(), data: data.to_owned(), current, next })
    }

    /// Fingerprint of the key that seals new records.
    #[must_use]
    pub fn id(&self) -> String {
        self.next.as_ref().unwrap_or(&self.current).id()
    }

    /// Whether a rotation was begun and not ended.
    #[must_use]
    pub const fn is_rotating(&self) -> bool {
        self.next.is_some()
    }

    /// The file of the key-encryption key.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fails when one of the keys that sealed the stored records is not here: to be asked at the start, not at the
    /// renewal.
    ///
    /// # Errors
    /// [`VaultError::OtherKey`].
    pub fn check<'a>(&self, stored: impl IntoIterator<Item = &'a str>) -> Result<(), VaultError> {
        stored.into_iter().try_for_each(|id| self.find(id).map(drop))
    }

    /// Seals a secret for its slot.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn seal(&self, slot: Slot<'_>, secret: &[u8]) -> Result<Sealed, VaultError> {
        Sealed::seal(self.next.as_ref().unwrap_or(&self.current), slot, secret)
    }

    /// Opens what was sealed for the same slot.
    ///
    /// # Errors
    /// When the key is another, or the record was changed or moved.
    pub fn open(&self, slot: Slot<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        sealed.open(self.find(&sealed.kek_id())?, slot)
    }

    /// Seals a certificate's key for the row with this identity.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal_key(&self, row: &[u8; 16], key: &PrivateKey) -> Result<Sealed, VaultError> {
        self.seal(Slot { kind: "certificate-key", row }, key.pkcs8())
    }

    /// Opens a certificate's key.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn open_key(&self, row: &[u8; 16], sealed: &Sealed) -> Result<PrivateKey, VaultError> {
        let der = self.open(Slot { kind: "certificate-key", row }, sealed)?;
        PrivateKey::from_pkcs8(&der).map_err(|error| damaged("certificate-key", &error))
    }

    /// Seals an account key for the row with this identity.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal_account(&self, row: &[u8; 16], key: &AccountKey) -> Result<Sealed, VaultError> {
        self.seal(Slot { kind: "account-key", row }, key.key().pkcs8())
    }

    /// Opens an account key.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn open_account(&self, row: &[u8; 16], sealed: &Sealed) -> Result<AccountKey, VaultError> {
        let der = self.open(Slot { kind: "account-key", row }, sealed)?;
        AccountKey::from_pkcs8(&der).map_err(|error| damaged("account-key", &error))
    }

    /// Seals a password, token or HMAC key under its name.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal_secret(&self, name: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        self.seal(Slot { kind: "secret", row: name.as_bytes() }, secret)
    }

    /// Opens a password, token or HMAC key.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn open_secret(&self, name: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open(Slot { kind: "secret", row: name.as_bytes() }, sealed)
    }

    /// Begins a rotation, or takes up one that was interrupted: the next key is on disk when this returns.
    ///
    /// # Errors
    /// When its file cannot be written.
    pub fn begin_rotation(&mut self) -> Result<(), VaultError> {
        if self.next.is_none() {
            self.next = Some(KeyEncryptionKey::create(&beside(&self.path, "next"), &self.data)?);
        }
        Ok(())
    }

    /// The record under the next key; unchanged where it is so already.
    ///
    /// # Errors
    /// When no rotation is under way, or the record does not open.
    pub fn rewrap(&self, slot: Slot<'_>, sealed: &Sealed) -> Result<Sealed, VaultError> {
        let next = self.next.as_ref().ok_or(VaultError::NoRotation)?;
        let from = self.find(&sealed.kek_id())?;
        if from.id_bytes() == next.id_bytes() {
            return Ok(sealed.clone());
        }
        sealed.rewrap(from, next, slot)
    }

    /// Ends the rotation, after every record was rewrapped and stored: the next key replaces the present one.
    ///
    /// # Errors
    /// When no rotation is under way, or the file cannot be renamed.
    pub fn finish_rotation(&mut self) -> Result<(), VaultError> {
        let next = self.next.take().ok_or(VaultError::NoRotation)?;
        let renamed =
            fs::rename(beside(&self.path, "next"), &self.path).and_then(|()| sync_parent(&self.path));
        match renamed {
            Ok(()) => {
                self.current = next;
                Ok(())
            }
            Err(source) => {
                self.next = Some(next);
                Err(VaultError::Io { doing: "replace", path: self.path.clone(), source })
            }
        }
    }

    fn find(&self, id: &str) -> Result<&KeyEncryptionKey, VaultError> {
        [Some(&self.current), self.next.as_ref()].into_iter().flatten().find(|kek| kek.id() == id).ok_or_else(
            || VaultError::OtherKey {
                wanted: id.to_owned(),
                found: self.current.id(),
                path: self.path.clone(),
            },
        )
    }
}

fn damaged(kind: &str, _: &KeyError) -> VaultError {
    VaultError::Damaged { kind: kind.to_owned() }
}
