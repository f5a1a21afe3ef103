//! The integrity of a PKCS#12 file (RFC 7292 section 4 and appendix B, RFC 9579).

use aws_lc_rs::{digest, hmac};
use notafter_cert::der::{Oid, oid};
use notafter_cert::x509::Derivation;
use notafter_cert::x509::pkcs12::{Mac, MacScheme};
use zeroize::Zeroizing;

use crate::password::{self, Budget, PasswordError, Purpose};

/// Whether the content is what somebody with this password wrote. An empty password has two forms: a zero at its end, or
/// nothing at all (OpenSSL tries both).
pub(super) fn verify(
    mac: &Mac<'_>,
    content: &[u8],
    password: &str,
    budget: &mut Budget,
) -> Result<(), PasswordError> {
    let scheme = mac.scheme.map_err(PasswordError::Broken)?;
    let forms: &[bool] = if password.is_empty() { &[true, false] } else { &[true] };
    for ends_with_zero in forms {
        let (algorithm, key) = key(&scheme, password, *ends_with_zero, budget)?;
        let key = hmac::Key::new(algorithm, &key);
        if hmac::verify(&key, content, mac.value).is_ok() {
            return Ok(());
        }
    }
    Err(PasswordError::Wrong)
}

fn key(
    scheme: &MacScheme<'_>,
    password: &str,
    ends_with_zero: bool,
    budget: &mut Budget,
) -> Result<(hmac::Algorithm, Zeroizing<Vec<u8>>), PasswordError> {
    let unknown = || PasswordError::Unknown(scheme.to_string());
    match scheme {
        MacScheme::Pkcs12 { hash, salt, iterations } => {
            let (hash, algorithm) = hash_of(*hash).ok_or_else(unknown)?;
            budget.spend(*iterations)?;
            let password = if ends_with_zero { password::bmp(password) } else { Zeroizing::new(Vec::new()) };
            let length = hash.output_len();
            let key = password::pkcs12(hash, Purpose::Mac, &password, salt, *iterations, length);
            Ok((algorithm, key))
        }
        MacScheme::Pbmac1 { derivation: Derivation::Pbkdf2 { prf, salt, iterations, key_length }, hmac } => {
            let algorithm = match *hmac {
                oid::HMAC_SHA256 => hmac::HMAC_SHA256,
                oid::HMAC_SHA384 => hmac::HMAC_SHA384,
                oid::HMAC_SHA512 => hmac::HMAC_SHA512,
                _ => return Err(unknown()),
            };
            // RFC 9579 section 5 wants it written, and as long as the hash; shorter ones are guessed before the password.
            let length = key_length.and_then(|length| usize::try_from(length).ok());
            let length = length.filter(|length| (20..=64).contains(length)).ok_or_else(unknown)?;
            let key = password::pbkdf2(*prf, salt, *iterations, password, length, budget)?;
            Ok((algorithm, key))
        }
        MacScheme::Pbmac1 { .. } => Err(unknown()),
    }
}

fn hash_of(hash: Oid<'_>) -> Option<(&'static digest::Algorithm, hmac::Algorithm)> {
    Some(match hash {
        oid::SHA1 => (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        oid::SHA224 => (&digest::SHA224, hmac::HMAC_SHA224),
        oid::SHA256 => (&digest::SHA256, hmac::HMAC_SHA256),
        oid::SHA384 => (&digest::SHA384, hmac::HMAC_SHA384),
        oid::SHA512 => (&digest::SHA512, hmac::HMAC_SHA512),
        _ => return None,
    })
}
