//! A key-encryption key from a passphrase: scrypt (RFC 7914), its salt and parameters kept beside what it seals.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyEncryptionKey, VaultError};

/// 64 MiB twice: what OWASP recommends beside (2^17, 8, 1), in half the memory.
const LOG_N: u8 = 16;
const R: u32 = 8;
const P: u32 = 2;
const SALT: usize = 16;

/// 1 GiB, and some seconds: the database is not trusted with more.
const MOST: (u8, u32, u32) = (20, 8, 4);

/// How a key is derived; nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    algorithm: Algorithm,
    log_n: u8,
    r: u32,
    p: u32,
    salt: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Algorithm {
    Scrypt,
}

impl Derivation {
    /// With a new salt, and the parameters of today.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn fresh() -> Result<Self, VaultError> {
        let mut salt = [0; SALT];
        rand::fill(&mut salt).map_err(|_| VaultError::Refused("make a salt"))?;
        Ok(Self { algorithm: Algorithm::Scrypt, log_n: LOG_N, r: R, p: P, salt: STANDARD.encode(salt) })
    }

    /// The key that this passphrase gives. Takes a fraction of a second on purpose.
    pub(super) fn key(&self, passphrase: &[u8]) -> Result<KeyEncryptionKey, VaultError> {
        let unusable = || VaultError::Damaged { kind: "derivation of the key-encryption key".to_owned() };
        let salt = STANDARD.decode(&self.salt).map_err(|_| unusable())?;
        if self.log_n > MOST.0 || self.r > MOST.1 || self.p > MOST.2 || salt.len() < SALT {
            return Err(unusable());
        }
        let parameters = scrypt::Params::new(self.log_n, self.r, self.p).map_err(|_| unusable())?;
        let mut bytes = Zeroizing::new([0; 32]);
        scrypt::scrypt(passphrase, &salt, &parameters, &mut *bytes).map_err(|_| unusable())?;
        Ok(KeyEncryptionKey::of(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_passphrase_and_salt_give_the_same_key_and_others_another() {
        let cheap = || Derivation { log_n: 4, ..Derivation::fresh().unwrap() };
        let (one, other) = (cheap(), cheap());
        let id =
            |derivation: &Derivation, passphrase: &str| derivation.key(passphrase.as_bytes()).unwrap().id();
        assert_eq!(id(&one, "correct horse battery"), id(&one, "correct horse battery"));
        assert_ne!(id(&one, "correct horse battery"), id(&one, "correct horse batterz"));
        assert_ne!(id(&one, "correct horse battery"), id(&other, "correct horse battery"));
    }

    /// RFC 7914 section 12, the second vector: our parameters mean what they say.
    #[test]
    fn it_is_the_scrypt_of_the_rfc() {
        let mut bytes = [0; 64];
        scrypt::scrypt(b"password", b"NaCl", &scrypt::Params::new(10, 8, 16).unwrap(), &mut bytes).unwrap();
        let hex: String = bytes[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "fdbabe1c9d347200");
    }

    #[test]
    fn parameters_that_would_stop_the_machine_are_refused() {
        let fresh = || Derivation::fresh().unwrap();
        for greedy in [
            Derivation { log_n: 40, ..fresh() },
            Derivation { log_n: 4, r: 9, ..fresh() },
            // A gibibyte sixteen times: a minute, not some seconds.
            Derivation { log_n: 4, p: 16, ..fresh() },
        ] {
            assert!(matches!(greedy.key(b"correct horse battery"), Err(VaultError::Damaged { .. })));
        }
        assert!(Derivation { log_n: 4, p: 4, ..fresh() }.key(b"correct horse battery").is_ok());
    }
}
