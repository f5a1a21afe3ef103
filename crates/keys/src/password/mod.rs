//! What a password opens and seals: keys by themselves (PKCS#8, and OpenSSL's older PEM blocks), and parts of containers.
//!
//! Structures are read in `cert`; here keys are derived and ciphertexts opened. A file says how much work that is, and is
//! not believed: [`Budget`] bounds it.

mod cipher;
mod derive;
mod jks;

use notafter_cert::der::Fault;
use notafter_cert::x509::{Derivation, LegacyEncryption, PasswordEncryption};
use notafter_cert::{Retry, Trouble};
use zeroize::Zeroizing;

use crate::KeyError;
use crate::der;
pub(crate) use derive::{Purpose, bmp, pbkdf2, pkcs12, sha1, utf_16};

/// The work that deriving keys from one password may be, in iterations of all derivations of a file. PKCS#12 has three (the
/// MAC, the certificates, the key), and OWASP's Password Storage Cheat Sheet asks for up to 1,300,000 each (PBKDF2 with
/// HMAC-SHA1); OpenSSL writes 2,048, Java 10,000. For scrypt N, r and p are multiplied: so much is half a gibibyte.
pub(crate) const MOST_ITERATIONS: u64 = 4_000_000;

/// What files of ours ask for: OWASP's figure for PBKDF2 with HMAC-SHA256.
pub(crate) const ITERATIONS: u32 = 600_000;

/// Why something under a password was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The password is another, or the content is damaged: most formats cannot tell which.
    #[error("the password does not open it, or it is damaged")]
    Wrong,
    /// It would keep the processor busy for minutes.
    #[error("opening it asks for {0} iterations of key derivation")]
    TooSlow(u64),
    /// By a scheme or cipher that nobody here knows.
    #[error("it is encrypted in a way that is not known here: {0}")]
    Unknown(String),
    /// How it is encrypted cannot be read.
    #[error("how it is encrypted cannot be read: {0}")]
    Broken(Fault),
}

impl Trouble for PasswordError {
    fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "password.wrong",
            Self::TooSlow(_) => "password.too-slow",
            Self::Unknown(_) => "password.unknown-encryption",
            Self::Broken(_) => "password.broken",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Wrong => "give its password".to_owned(),
            Self::TooSlow(_) => {
                format!("write it anew where it came from with fewer, at most {MOST_ITERATIONS} in all")
            }
            Self::Unknown(_) => {
                "write it anew where it came from, with AES-256 and HMAC-SHA-256 (for a key: openssl pkcs8 -topk8 -v2 aes256)"
                    .to_owned()
            }
            Self::Broken(_) => "get the file anew from where it was made".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// The work that is left for deriving keys, in iterations.
#[derive(Debug)]
pub struct Budget(u64);

impl Budget {
    /// For one password.
    pub(crate) const fn new() -> Self {
        Self(MOST_ITERATIONS)
    }

    /// For a file that is tried with so many passwords.
    #[must_use]
    pub const fn for_each_of(passwords: usize) -> Self {
        Self(MOST_ITERATIONS.saturating_mul(passwords as u64))
    }

    /// For so many such files.
    #[must_use]
    pub const fn times(self, files: u64) -> Self {
        Self(self.0.saturating_mul(files))
    }

    /// Whether a file that is tried with so many passwords has not all the work that it may ask for.
    #[must_use]
    pub const fn is_short_for(&self, passwords: usize) -> bool {
        self.0 < Self::for_each_of(passwords).0
    }

    /// What one file may take of it.
    pub(crate) fn share(&self, passwords: usize) -> Self {
        Self(self.0.min(Self::for_each_of(passwords).0))
    }

    /// The rest, after a file that had this share of it and has left so much.
    pub(crate) const fn less(&mut self, share: u64, left: &Self) {
        self.0 = self.0.saturating_sub(share.saturating_sub(left.0));
    }

    pub(crate) const fn left(&self) -> u64 {
        self.0
    }

    /// Asks for work before it is done.
    pub(crate) fn spend(&mut self, work: u64) -> Result<(), PasswordError> {
        self.0 = self.0.checked_sub(work).ok_or(PasswordError::TooSlow(work))?;
        Ok(())
    }
}

/// Opens a ciphertext. That the password is another shows in the padding, else in what comes out: callers look at both.
pub(crate) fn open(
    encryption: &PasswordEncryption<'_>,
    ciphertext: &[u8],
    password: &str,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    let cipher = encryption.cipher.map_err(PasswordError::Broken)?;
    let derivation = encryption.derivation.map_err(PasswordError::Broken)?;
    if derivation == Derivation::Jks {
        return jks::open(ciphertext, password);
    }
    let Some(length) = cipher::key_length(&cipher) else {
        return Err(PasswordError::Unknown(encryption.to_string()));
    };
    let derived = derive::key_and_iv(&derivation, password, length, budget)?;
    let iv = encryption.iv.or(derived.iv.as_ref().map(|iv| iv.as_slice()));
    let iv = iv.ok_or_else(|| PasswordError::Unknown(encryption.to_string()))?;
    cipher::decrypt(&cipher, &derived.key, iv, ciphertext)
}

/// Opens the content of one of OpenSSL's older PEM blocks: the key is one round of MD5, so there is no work to bound.
pub(crate) fn open_legacy(
    encryption: &LegacyEncryption,
    ciphertext: &[u8],
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    let unknown = || PasswordError::Unknown(encryption.to_string());
    let length = cipher::key_length(&encryption.cipher).ok_or_else(unknown)?;
    let salt = encryption.iv.get(..8).ok_or_else(unknown)?;
    let key = derive::of_openssl(password.as_bytes(), salt, length);
    cipher::decrypt(&encryption.cipher, &key, &encryption.iv, ciphertext)
}

const OID: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const NULL: [u8; 2] = [0x05, 0];

/// An EncryptedPrivateKeyInfo (RFC 5958 section 3): PBES2 with PBKDF2, HMAC-SHA-256 and AES-256.
pub(crate) fn seal(pkcs8: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    use notafter_cert::der::oid;
    let sequence = |parts: &[&[u8]]| der::tlv(der::SEQUENCE, &parts.concat());
    let named = |oid: notafter_cert::der::Oid<'_>| der::tlv(OID, oid.content());
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    for bytes in [&mut salt, &mut iv] {
        aws_lc_rs::rand::fill(bytes).map_err(|_| KeyError::Refused("make a salt"))?;
    }
    let derivation = Derivation::Pbkdf2 {
        prf: oid::HMAC_SHA256,
        salt: &salt,
        iterations: ITERATIONS.into(),
        key_length: None,
    };
    let derived = derive::key_and_iv(&derivation, password, 32, &mut Budget::new())
        .map_err(|_| KeyError::Refused("derive a key"))?;
    let ciphertext = cipher::encrypt(&derived.key, iv, pkcs8).ok_or(KeyError::Refused("encrypt a key"))?;
    let iterations = der::unsigned(&ITERATIONS.to_be_bytes());
    let prf = sequence(&[&named(oid::HMAC_SHA256), &NULL]);
    let parameters = sequence(&[&der::tlv(OCTET_STRING, &salt), &iterations, &prf]);
    let parameters = sequence(&[
        &sequence(&[&named(oid::PBKDF2), &parameters]),
        &sequence(&[&named(oid::AES_256_CBC), &der::tlv(OCTET_STRING, &iv)]),
    ]);
    let algorithm = sequence(&[&named(oid::PBES2), &parameters]);
    Ok(sequence(&[&algorithm, &der::tlv(OCTET_STRING, &ciphertext)]))
}

#[cfg(test)]
mod tests {
    use notafter_cert::der::oid;
    use notafter_cert::x509::PrivateKeyStructure;

    use super::*;

    fn open_key(sealed: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
        let PrivateKeyStructure::Encrypted(key) = PrivateKeyStructure::read(sealed).unwrap() else {
            panic!()
        };
        open(&key.encryption, &key.ciphertext.bytes, password, &mut Budget::new())
    }

    #[test]
    fn what_is_sealed_opens_with_its_password_and_with_no_other() {
        let sealed = seal(b"a key", "swordfish").unwrap();
        assert_eq!(&open_key(&sealed, "swordfish").unwrap()[..], b"a key");
        assert_ne!(open_key(&sealed, "swordfisH").ok().as_deref().map(Vec::as_slice), Some(&b"a key"[..]));
        assert_ne!(seal(b"a key", "swordfish").unwrap(), sealed, "each has a salt of its own");
    }

    #[test]
    fn work_is_refused_before_it_is_done() {
        let costly = [
            Derivation::Pbkdf2 {
                prf: oid::HMAC_SHA256,
                salt: &[1; 8],
                iterations: u64::MAX,
                key_length: None,
            },
            Derivation::Pkcs12 { salt: &[1; 8], iterations: MOST_ITERATIONS + 1 },
            Derivation::Pbkdf1 { hash: oid::MD5, salt: &[1; 8], iterations: MOST_ITERATIONS + 1 },
            Derivation::Jceks { salt: &[1; 8], iterations: MOST_ITERATIONS + 1 },
            Derivation::Scrypt { salt: &[1; 8], cost: 1 << 40, block_size: 8, parallelization: 1 },
            Derivation::Scrypt { salt: &[1; 8], cost: 2, block_size: u64::MAX, parallelization: u64::MAX },
        ];
        for derivation in costly {
            let refused = derive::key_and_iv(&derivation, "x", 16, &mut Budget::new()).err();
            assert!(matches!(refused, Some(PasswordError::TooSlow(_))), "{derivation:?}");
        }
        let mut budget = Budget::new();
        let honest = Derivation::Pbkdf2 {
            prf: oid::HMAC_SHA256,
            salt: &[1; 8],
            iterations: MOST_ITERATIONS / 2 + 1,
            key_length: None,
        };
        budget.spend(MOST_ITERATIONS / 2).unwrap();
        assert!(derive::key_and_iv(&honest, "x", 16, &mut budget).is_err(), "what was spent is gone");
    }
}
