//! Access to the vault: one key-encryption key, and a second one while it is rotated.

use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::kek::{beside, sync_parent};
use super::{Derivation, KeyEncryptionKey, Place, Sealed, Slot, Source, VaultError};
use crate::account::AccountKey;
use crate::authority::AuthorityKey;
use crate::{KeyError, PrivateKey};

/// The door to everything sealed.
///
/// Rotation survives a crash at any instruction: the next key is on disk (`KEK.next`) before the first record is
/// rewrapped, both keys open records while both files exist, and the new one takes the old one's name only when every
/// record has been rewrapped in one transaction of the store.
#[derive(Debug)]
pub struct Keyring {
    source: Source,
    data: PathBuf,
    current: KeyEncryptionKey,
    next: Option<Next>,
}

/// The key that a rotation leads to.
#[derive(Debug)]
struct Next {
    key: KeyEncryptionKey,
    /// Where it comes from; nothing where it takes the place of the present file.
    source: Option<Source>,
}

/// A derivation with the fingerprint of the key that it gave.
pub type Derived = (String, Derivation);

impl Keyring {
    /// Makes a key-encryption key for an installation that has none. Only for a database without sealed records: with
    /// some, a missing key is a loss that must be told, not papered over.
    ///
    /// # Errors
    /// As [`KeyEncryptionKey::create`].
    pub fn create(path: &Path, data: &Path) -> Result<Self, VaultError> {
        let current = KeyEncryptionKey::create(path, data)?;
        Ok(Self::of(Source::File(path.to_owned()), data, current))
    }

    /// Loads the key-encryption key, and the next one where a rotation was interrupted.
    ///
    /// # Errors
    /// As [`KeyEncryptionKey::load`].
    pub fn load(path: &Path, data: &Path) -> Result<Self, VaultError> {
        let current = KeyEncryptionKey::load(path, data)?;
        let next = match KeyEncryptionKey::load(&beside(path, "next"), data) {
            Ok(key) => Some(Next { key, source: None }),
            Err(VaultError::NoKey(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(Self { next, ..Self::of(Source::File(path.to_owned()), data, current) })
    }

    /// Takes the key-encryption key from its source; `known` are the derivations that the store keeps, for a passphrase.
    ///
    /// # Errors
    /// As [`KeyEncryptionKey::load`]; the passphrase is missing or is not the one that gave a known key.
    pub fn from_source(source: &Source, data: &Path, known: &[Derived]) -> Result<Self, VaultError> {
        let current = match source {
            Source::File(path) => return Self::load(path, data),
            Source::Credential(name) => KeyEncryptionKey::from_credential(name, data)?,
            Source::Passphrase(place) => {
                let passphrase = place.read(data)?;
                the_right_one(known, &passphrase)?
                    .ok_or_else(|| VaultError::WrongPassphrase(source.to_string()))?
            }
        };
        Ok(Self::of(source.clone(), data, current))
    }

    /// Derives the first key-encryption key from a passphrase, for a database without sealed records. The derivation has
    /// to be stored before anything is sealed.
    ///
    /// # Errors
    /// The passphrase is missing or too short.
    pub fn derive(place: &Place, data: &Path) -> Result<(Self, Derived), VaultError> {
        let (current, derived) = derive(place, data)?;
        Ok((Self::of(Source::Passphrase(place.clone()), data, current), derived))
    }

    fn of(source: Source, data: &Path, current: KeyEncryptionKey) -> Self {
        Self { source, data: data.to_owned(), current, next: None }
    }

    /// Fingerprint of the key that seals new records.
    #[must_use]
    pub fn id(&self) -> String {
        self.sealing().id()
    }

    /// Whether a rotation was begun and not ended.
    #[must_use]
    pub const fn is_rotating(&self) -> bool {
        self.next.is_some()
    }

    /// Where the key-encryption key comes from.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    fn sealing(&self) -> &KeyEncryptionKey {
        self.next.as_ref().map_or(&self.current, |next| &next.key)
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
        Sealed::seal(self.sealing(), slot, secret)
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

    /// Seals a private CA's key for the row with this identity.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal_authority(&self, row: &[u8; 16], key: &AuthorityKey) -> Result<Sealed, VaultError> {
        self.seal(Slot { kind: "authority-key", row }, key.key().pkcs8())
    }

    /// Opens a private CA's key.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn open_authority(&self, row: &[u8; 16], sealed: &Sealed) -> Result<AuthorityKey, VaultError> {
        let der = self.open(Slot { kind: "authority-key", row }, sealed)?;
        AuthorityKey::from_pkcs8(&der).map_err(|error| damaged("authority-key", &error))
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
    /// When its file cannot be written; when the present key comes from no file, so that nothing can be made in its place.
    pub fn begin_rotation(&mut self) -> Result<(), VaultError> {
        if self.next.is_some() {
            return Ok(());
        }
        let Source::File(path) = &self.source else {
            return Err(VaultError::NoNext(self.source.to_string()));
        };
        let key = KeyEncryptionKey::create(&beside(path, "next"), &self.data)?;
        self.next = Some(Next { key, source: None });
        Ok(())
    }

    /// Begins a rotation to the key of another source; a file is made where it does not exist. What a passphrase's key is
    /// derived by has to be stored in the same step as the records that are rewrapped.
    ///
    /// # Errors
    /// The source gives no key, or the present one.
    pub fn begin_rotation_to(&mut self, source: Source) -> Result<Option<Derived>, VaultError> {
        let data = &self.data;
        let (key, derived) = match &source {
            Source::File(path) => match KeyEncryptionKey::load(path, data) {
                Err(VaultError::NoKey(_)) => (KeyEncryptionKey::create(path, data)?, None),
                loaded => (loaded?, None),
            },
            Source::Credential(name) => (KeyEncryptionKey::from_credential(name, data)?, None),
            Source::Passphrase(place) => {
                let (key, derived) = derive(place, data)?;
                (key, Some(derived))
            }
        };
        if key.id() == self.current.id() {
            return Err(VaultError::SameKey(source.to_string()));
        }
        self.next = Some(Next { key, source: Some(source) });
        Ok(derived)
    }

    /// Forgets a rotation to another source that came to nothing: no record was stored.
    pub fn give_up_rotation(&mut self) {
        self.next = self.next.take().filter(|next| next.source.is_none());
    }

    /// The record under the next key; unchanged where it is so already.
    ///
    /// # Errors
    /// When no rotation is under way, or the record does not open.
    pub fn rewrap(&self, slot: Slot<'_>, sealed: &Sealed) -> Result<Sealed, VaultError> {
        let next = &self.next.as_ref().ok_or(VaultError::NoRotation)?.key;
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
        if let (None, Source::File(path)) = (&next.source, &self.source) {
            let renamed = fs::rename(beside(path, "next"), path).and_then(|()| sync_parent(path));
            if let Err(source) = renamed {
                let path = path.clone();
                self.next = Some(next);
                return Err(VaultError::Io { doing: "replace", path, source });
            }
        }
        self.current = next.key;
        self.source = next.source.unwrap_or_else(|| self.source.clone());
        Ok(())
    }

    fn find(&self, id: &str) -> Result<&KeyEncryptionKey, VaultError> {
        [Some(&self.current), self.next.as_ref().map(|next| &next.key)]
            .into_iter()
            .flatten()
            .find(|kek| kek.id() == id)
            .ok_or_else(|| VaultError::OtherKey {
                wanted: id.to_owned(),
                found: self.current.id(),
                source_name: self.source.to_string(),
            })
    }
}

/// The first key that a known derivation gave. Each derivation is dear on purpose, and one that is damaged hurts only
/// where none of the others gives the key.
fn the_right_one(known: &[Derived], passphrase: &[u8]) -> Result<Option<KeyEncryptionKey>, VaultError> {
    let mut damaged = None;
    for (id, derivation) in known {
        match derivation.key(passphrase) {
            Ok(key) if key.id() == *id => return Ok(Some(key)),
            Ok(_) => {}
            Err(error) => damaged = Some(error),
        }
    }
    damaged.map_or(Ok(None), Err)
}

fn derive(place: &Place, data: &Path) -> Result<(KeyEncryptionKey, Derived), VaultError> {
    let derivation = Derivation::fresh()?;
    let key = derivation.key(&place.read(data)?)?;
    let id = key.id();
    Ok((key, (id, derivation)))
}

fn damaged(kind: &str, _: &KeyError) -> VaultError {
    VaultError::Damaged { kind: kind.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A derivation that nobody can use any more does not lock out the one that is used.
    #[test]
    fn a_damaged_derivation_does_not_hide_the_right_one() {
        let passphrase = b"correct horse battery";
        let json = |log_n: u8, salt: &str| {
            let text = format!(r#"{{"algorithm":"scrypt","log_n":{log_n},"r":8,"p":1,"salt":"{salt}"}}"#);
            serde_json::from_str::<Derivation>(&text).unwrap()
        };
        let right = json(4, "AAAAAAAAAAAAAAAAAAAAAA==");
        let id = right.key(passphrase).unwrap().id();
        let (damaged, other) = (json(40, "AAAAAAAAAAAAAAAAAAAAAA=="), json(4, "AQAAAAAAAAAAAAAAAAAAAA=="));
        let known = |list: &[&Derivation]| -> Vec<Derived> {
            list.iter().map(|derivation| (id.clone(), (*derivation).clone())).collect()
        };
        let found = |list: &[&Derivation], passphrase: &[u8]| the_right_one(&known(list), passphrase);
        for list in [[&damaged, &right], [&right, &damaged], [&other, &right]] {
            assert_eq!(found(&list, passphrase).unwrap().unwrap().id(), id);
        }
        assert!(found(&[&other], passphrase).unwrap().is_none());
        assert!(matches!(found(&[&other, &damaged], passphrase), Err(VaultError::Damaged { .. })));
    }
}
