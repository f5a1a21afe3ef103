//! Public keys: what they are, and whether they are too weak to be trusted.

use std::fmt;

use crate::KeySpec;
use crate::der::oid;
use crate::x509::SubjectPublicKeyInfo;

/// A public key as a certificate or a request carries it.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// What kind of key it is.
    pub algorithm: KeyAlgorithm,
    /// The SubjectPublicKeyInfo as sent.
    pub spki_der: Vec<u8>,
    /// SHA-256 over the SubjectPublicKeyInfo: the key's identity.
    pub spki_sha256: [u8; 32],
    even_modulus: bool,
}

/// Kinds of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa {
        /// Length of the modulus.
        bits: u32,
        /// The public exponent; `None` when it is longer than 64 bits or not a number.
        exponent: Option<u64>,
    },
    /// ECDSA on a named curve.
    Ec(Curve),
    /// EdDSA on Curve25519.
    Ed25519,
    /// EdDSA on Curve448.
    Ed448,
    /// Anything else, by its object identifier.
    Other(String),
}

/// Named curves (RFC 5480 section 2.1.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
    /// Another one, by its object identifier.
    Other(String),
}

/// Why a key is too weak, or of a form that clients refuse (Baseline Requirements sections 6.1.5 and 6.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyWeakness {
    /// An RSA modulus shorter than 2048 bits.
    ShortModulus(u32),
    /// An RSA modulus whose length is not a multiple of 8.
    OddLength(u32),
    /// An RSA modulus that is divisible by two: everybody can factor it.
    EvenModulus,
    /// An RSA exponent that is even or below 3.
    Exponent(u64),
    /// A curve other than P-256, P-384 and P-521, by its object identifier.
    Curve(String),
    /// An algorithm that no browser accepts, by its object identifier.
    Algorithm(String),
}

impl PublicKey {
    pub(crate) fn read(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let (algorithm, even_modulus) = match info.algorithm.oid {
            oid::RSA_ENCRYPTION => match info.rsa() {
                Some(Ok((modulus, exponent))) => {
                    let exponent = exponent.to_i64().and_then(|number| u64::try_from(number).ok());
                    let even = modulus.bytes().last().is_none_or(|last| last % 2 == 0);
                    (KeyAlgorithm::Rsa { bits: modulus.bit_length(), exponent }, even)
                }
                _ => (KeyAlgorithm::Other(info.algorithm.oid.to_string()), false),
            },
            oid::EC_PUBLIC_KEY => (KeyAlgorithm::Ec(curve(info)), false),
            oid::ED25519 => (KeyAlgorithm::Ed25519, false),
            oid::ED448 => (KeyAlgorithm::Ed448, false),
            other => (KeyAlgorithm::Other(other.to_string()), false),
        };
        let der = info.element.whole;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
        let mut spki_sha256 = [0; 32];
        spki_sha256.copy_from_slice(digest.as_ref());
        Self { algorithm, spki_der: der.to_vec(), spki_sha256, even_modulus }
    }

    /// The kind among those that notafter makes.
    #[must_use]
    pub fn spec(&self) -> Option<KeySpec> {
        match &self.algorithm {
            KeyAlgorithm::Ec(Curve::P256) => Some(KeySpec::EcdsaP256),
            KeyAlgorithm::Ec(Curve::P384) => Some(KeySpec::EcdsaP384),
            KeyAlgorithm::Rsa { bits: 2048, .. } => Some(KeySpec::Rsa2048),
            KeyAlgorithm::Rsa { bits: 3072, .. } => Some(KeySpec::Rsa3072),
            KeyAlgorithm::Rsa { bits: 4096, .. } => Some(KeySpec::Rsa4096),
            _ => None,
        }
    }

    /// The worst reason not to trust the key, if there is one.
    #[must_use]
    pub fn weakness(&self) -> Option<KeyWeakness> {
        match &self.algorithm {
            KeyAlgorithm::Rsa { bits, .. } if *bits < 2048 => Some(KeyWeakness::ShortModulus(*bits)),
            KeyAlgorithm::Rsa { .. } if self.even_modulus => Some(KeyWeakness::EvenModulus),
            KeyAlgorithm::Rsa { exponent: Some(exponent), .. } if *exponent < 3 || exponent % 2 == 0 => {
                Some(KeyWeakness::Exponent(*exponent))
            }
            KeyAlgorithm::Rsa { bits, .. } if bits % 8 != 0 => Some(KeyWeakness::OddLength(*bits)),
            KeyAlgorithm::Ec(Curve::Other(oid)) => Some(KeyWeakness::Curve(oid.clone())),
            KeyAlgorithm::Other(oid) => Some(KeyWeakness::Algorithm(oid.clone())),
            _ => None,
        }
    }
}

fn curve(info: &SubjectPublicKeyInfo<'_>) -> Curve {
    match info.curve() {
        Some(Ok(oid::P256)) => Curve::P256,
        Some(Ok(oid::P384)) => Curve::P384,
        Some(Ok(oid::P521)) => Curve::P521,
        Some(Ok(other)) => Curve::Other(other.to_string()),
        _ => Curve::Other("unnamed".to_owned()),
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.algorithm)
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits, .. } => write!(f, "RSA {bits}"),
            Self::Ec(Curve::P256) => f.write_str("ECDSA P-256"),
            Self::Ec(Curve::P384) => f.write_str("ECDSA P-384"),
            Self::Ec(Curve::P521) => f.write_str("ECDSA P-521"),
            Self::Ec(Curve::Other(oid)) => write!(f, "ECDSA on curve {}", oid::named(oid).unwrap_or(oid)),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Other(oid) => match oid::named(oid) {
                Some(name) => f.write_str(name),
                None => write!(f, "algorithm {oid}"),
            },
        }
    }
}

impl fmt::Display for KeyWeakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortModulus(bits) => write!(f, "RSA with {bits} bits; 2048 is the least"),
            Self::OddLength(bits) => write!(f, "RSA with {bits} bits, which is not a multiple of 8"),
            Self::EvenModulus => f.write_str("an RSA modulus that is even"),
            Self::Exponent(exponent) => write!(f, "RSA with the public exponent {exponent}"),
            Self::Curve(oid) => write!(f, "ECDSA on a curve that browsers refuse ({oid})"),
            Self::Algorithm(oid) => write!(f, "a key algorithm that browsers refuse ({oid})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa(bits: u32, exponent: Option<u64>, even_modulus: bool) -> PublicKey {
        PublicKey {
            algorithm: KeyAlgorithm::Rsa { bits, exponent },
            spki_der: Vec::new(),
            spki_sha256: [0; 32],
            even_modulus,
        }
    }

    /// "algorithm 2.16.840.1.101.3.4.3.18" stood where people look for a name.
    #[test]
    fn algorithms_that_are_not_checked_are_named_all_the_same() {
        let shown = |oid: &str| KeyAlgorithm::Other(oid.to_owned()).to_string();
        assert_eq!(shown("2.16.840.1.101.3.4.3.18"), "ML-DSA-65");
        assert_eq!(shown("2.16.840.1.101.3.4.3.20"), "SLH-DSA-SHA2-128s");
        assert_eq!(shown("1.2.3"), "algorithm 1.2.3");
        assert_eq!(
            KeyAlgorithm::Ec(Curve::Other("1.3.132.0.10".to_owned())).to_string(),
            "ECDSA on curve secp256k1"
        );
    }

    #[test]
    fn weak_rsa_keys_are_told_by_their_worst_fault() {
        let table = [
            (rsa(1024, Some(65_537), false), Some(KeyWeakness::ShortModulus(1024))),
            (rsa(2047, Some(65_537), false), Some(KeyWeakness::ShortModulus(2047))),
            (rsa(2049, Some(65_537), false), Some(KeyWeakness::OddLength(2049))),
            (rsa(2048, Some(1), false), Some(KeyWeakness::Exponent(1))),
            (rsa(2048, Some(4), false), Some(KeyWeakness::Exponent(4))),
            (rsa(2048, Some(3), true), Some(KeyWeakness::EvenModulus)),
            (rsa(2048, Some(3), false), None),
            (rsa(4096, None, false), None),
        ];
        for (key, weakness) in table {
            assert_eq!(key.weakness(), weakness, "{key:?}");
        }
    }
}
