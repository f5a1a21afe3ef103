//! What two ways to write one key have in common.

use super::read;

/// A public key by its numbers: the same for RSA keys that are bound to one padding and for those that are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyIdentity {
    /// Modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
    /// Algorithm, parameters and key, as they are written.
    Other(Vec<u8>),
}

impl KeyIdentity {
    /// Of a SubjectPublicKeyInfo; `None` where it is none.
    pub(super) fn of(spki: &[u8]) -> Option<Self> {
        let info = read(spki).ok()?;
        Some(match info.rsa() {
            Some(Ok((modulus, exponent))) => {
                Self::Rsa(modulus.magnitude().to_vec(), exponent.magnitude().to_vec())
            }
            _ => Self::Other(info.element.whole.to_vec()),
        })
    }
}
