//! One sealed record.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use notafter_cert::hex;
use zeroize::Zeroizing;

use super::{KeyEncryptionKey, VaultError};

const FORMAT: u8 = 1;
const KEY: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;
const ID: usize = 8;
const WRAPPED: usize = NONCE + KEY + TAG;

/// Which record a secret is: its kind and its row. Part of what is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot<'a> {
    /// The kind of record: `certificate-key`, `account-key`, `authority-key`, `secret`.
    pub kind: &'a str,
    /// The row's identity: the 16 bytes of an identifier, or a name.
    pub row: &'a [u8],
}

impl Slot<'_> {
    /// What both layers authenticate. The kind's length comes first, so that no two slots share their bytes.
    fn aad(&self, layer: &str) -> Vec<u8> {
        let length = self.kind.len().to_be_bytes();
        [b"notafter.vault.v1 ", layer.as_bytes(), &length[..], self.kind.as_bytes(), self.row].concat()
    }
}

/// A sealed record: safe to store, to back up and to show.
///
/// Bytes: format (1), identity of the key-encryption key (8), wrapped data key (nonce, ciphertext, tag), record (nonce,
/// ciphertext, tag).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes over what the store kept.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is too short or of an unknown format.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, VaultError> {
        if bytes.first() == Some(&FORMAT) && bytes.len() >= 1 + ID + WRAPPED + NONCE + TAG {
            Ok(Self(bytes))
        } else {
            Err(VaultError::Damaged { kind: "record".to_owned() })
        }
    }

    /// For the store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The fingerprint of the key-encryption key that it needs.
    #[must_use]
    pub fn kek_id(&self) -> String {
        hex(&self.0[1..=ID])
    }

    pub(super) fn seal(kek: &KeyEncryptionKey, slot: Slot<'_>, secret: &[u8]) -> Result<Self, VaultError> {
        let refused = |_| VaultError::Refused("make a data key");
        let mut data_key = Zeroizing::new([0; KEY]);
        rand::fill(&mut *data_key).map_err(refused)?;
        let record = encrypt(&data_key[..], &slot.aad("record"), secret)?;
        Self::wrap(kek, slot, &data_key[..], &record)
    }

    pub(super) fn open(
        &self,
        kek: &KeyEncryptionKey,
        slot: Slot<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let data_key = self.data_key(kek, slot)?;
        decrypt(&data_key, &slot.aad("record"), &self.0[1 + ID + WRAPPED..])
            .ok_or_else(|| VaultError::Damaged { kind: slot.kind.to_owned() })
    }

    /// The same record under another key-encryption key; the record itself is not decrypted.
    pub(super) fn rewrap(
        &self,
        from: &KeyEncryptionKey,
        to: &KeyEncryptionKey,
        slot: Slot<'_>,
    ) -> Result<Self, VaultError> {
        let data_key = self.data_key(from, slot)?;
        Self::wrap(to, slot, &data_key, &self.0[1 + ID + WRAPPED..])
    }

    fn wrap(
        kek: &KeyEncryptionKey,
        slot: Slot<'_>,
        data_key: &[u8],
        record: &[u8],
    ) -> Result<Self, VaultError> {
        let wrapped = encrypt(kek.bytes(), &slot.aad("data-key"), data_key)?;
        Ok(Self([&[FORMAT], &kek.id_bytes()[..], &wrapped, record].concat()))
    }

    fn data_key(&self, kek: &KeyEncryptionKey, slot: Slot<'_>) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        decrypt(kek.bytes(), &slot.aad("data-key"), &self.0[1 + ID..1 + ID + WRAPPED])
            .ok_or_else(|| VaultError::Damaged { kind: slot.kind.to_owned() })
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes, key {})", self.0.len(), self.kek_id())
    }
}

fn encrypt(key: &[u8], aad: &[u8], secret: &[u8]) -> Result<Vec<u8>, VaultError> {
    let refused = |_| VaultError::Refused("encrypt");
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(refused)?;
    // Encrypted in place: with room for the tag the buffer never moves, so no copy of the secret stays behind.
    let mut buffer = Vec::with_capacity(secret.len() + TAG);
    buffer.extend_from_slice(secret);
    let nonce = key.seal_in_place_append_tag(Aad::from(aad), &mut buffer).map_err(refused)?;
    Ok([nonce.as_ref(), &buffer[..]].concat())
}

fn decrypt(key: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
    let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
    let mut buffer = Zeroizing::new(body.to_vec());
    let length = key.open_in_place(Nonce::from(nonce), Aad::from(aad), &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}
