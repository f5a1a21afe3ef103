//! Java's own keystores, opened (OpenJDK, `sun.security.provider.JavaKeyStore` and `KeyProtector`). They are read and never
//! written: Java itself warns of them since 2017.

use aws_lc_rs::constant_time;
use notafter_cert::x509::java_keystore::{Content, JavaKeystore};
use notafter_cert::x509::{Derivation, EncryptedPrivateKeyInfo};
use zeroize::Zeroizing;

use crate::LooseKey;
use crate::password::{self, Budget, PasswordError, sha1, utf_16};

/// What the digest is begun with, beside the password.
const SALT_OF_DIGEST: &[u8] = b"Mighty Aphrodite";

/// The length of SHA-1: of the salt before a key, and of the check behind it.
const SHA1: usize = 20;

/// Whether this is the password that the store was closed with.
pub(crate) fn is_password(store: &JavaKeystore<'_>, password: &str) -> bool {
    let digest = sha1(&[&utf_16(password), SALT_OF_DIGEST, store.digested]);
    constant_time::verify_slices_are_equal(&digest, store.digest).is_ok()
}

/// A key of a store, or why it is none.
pub(crate) struct StoredKey {
    pub(crate) alias: String,
    pub(crate) key: Result<LooseKey, String>,
}

/// Opens every key.
///
/// # Errors
/// When none of the passwords fits one of them.
pub(crate) fn keys(store: &JavaKeystore<'_>, passwords: &[&str]) -> Result<Vec<StoredKey>, PasswordError> {
    let mut keys = Vec::new();
    // One budget for all: a store may have thousands of entries.
    let mut budget = Budget::for_each_of(passwords.len());
    for entry in &store.entries {
        let Content::Key { sealed, .. } = &entry.content else { continue };
        let key = match sealed {
            Ok(sealed) => {
                let plain = unseal(sealed, passwords, &mut budget)?;
                LooseKey::from_der(&plain).map_err(|error| error.to_string())
            }
            Err(fault) => Err(fault.to_string()),
        };
        keys.push(StoredKey { alias: entry.alias.clone(), key });
    }
    Ok(keys)
}

fn unseal(
    sealed: &EncryptedPrivateKeyInfo<'_>,
    passwords: &[&str],
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    for password in passwords {
        let opened = match sealed.encryption.derivation {
            Ok(Derivation::Jks) => unprotect(&sealed.ciphertext.bytes, password),
            _ => password::open(&sealed.encryption, &sealed.ciphertext.bytes, password, budget),
        };
        match opened {
            Ok(plain) if is_a_key(&plain) => return Ok(plain),
            Ok(_) | Err(PasswordError::Wrong) => {}
            Err(error) => return Err(error),
        }
    }
    Err(PasswordError::Wrong)
}

/// What the padding did not tell.
fn is_a_key(plain: &[u8]) -> bool {
    notafter_cert::x509::PrivateKeyStructure::read(plain).is_ok()
}

/// `KeyProtector`: SHA-1 of the password and what came before it, again and again, laid over the key.
fn unprotect(protected: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    let password = utf_16(password);
    let parts = protected.split_at_checked(SHA1);
    let (salt, rest) = parts.ok_or(PasswordError::Wrong)?;
    let cut = rest.len().checked_sub(SHA1).ok_or(PasswordError::Wrong)?;
    let (hidden, check) = rest.split_at(cut);
    let mut plain = Zeroizing::new(Vec::with_capacity(hidden.len()));
    let mut mask = Zeroizing::new(salt.to_vec());
    for part in hidden.chunks(SHA1) {
        mask = Zeroizing::new(sha1(&[&password, &mask]));
        plain.extend(part.iter().zip(mask.iter()).map(|(byte, mask)| byte ^ mask));
    }
    let digest = sha1(&[&password, &plain]);
    match constant_time::verify_slices_are_equal(&digest, check) {
        Ok(()) => Ok(plain),
        Err(_) => Err(PasswordError::Wrong),
    }
}
