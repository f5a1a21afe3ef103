//! Java's own keystores, opened (OpenJDK, `sun.security.provider.JavaKeyStore`). They are read and never
//! written: Java itself warns of them since 2017.

use aws_lc_rs::constant_time;
use notafter_cert::x509::EncryptedPrivateKeyInfo;
use notafter_cert::x509::java_keystore::{Content, JavaKeystore};
use zeroize::Zeroizing;

use crate::LooseKey;
use crate::password::{self, Budget, PasswordError, sha1, utf_16};

/// What the digest is begun with, beside the password.
const SALT_OF_DIGEST: &[u8] = b"Mighty Aphrodite";

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

/// Opens every key. One budget is for all: a store may have thousands of entries.
///
/// # Errors
/// When none of the passwords fits one of them: which.
pub(crate) fn keys(
    store: &JavaKeystore<'_>,
    passwords: &[&str],
    budget: &mut Budget,
) -> Result<Vec<StoredKey>, (String, PasswordError)> {
    let mut keys = Vec::new();
    for entry in &store.entries {
        let Content::Key { sealed, .. } = &entry.content else { continue };
        let key = match sealed {
            Ok(sealed) => {
                let plain = unseal(sealed, passwords, budget);
                let plain = plain.map_err(|error| (entry.alias.clone(), error))?;
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
        match password::open(&sealed.encryption, &sealed.ciphertext.bytes, password, budget) {
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
