//! Which kinds of certificate a handshake asks for.

use std::fmt;

use notafter_cert::{Certificate, KeyAlgorithm, KeySpec};
use serde::{Deserialize, Serialize};

/// The kinds of signature that a handshake offers. A server with an RSA and an ECDSA certificate side by side serves the
/// one that fits: to see each slot, each kind must be offered alone (RFC 8446 section 4.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    /// Everything that we can check.
    #[default]
    Any,
    /// RSA signatures only (and in TLS 1.2 only suites that are authenticated with RSA).
    Rsa,
    /// ECDSA signatures only (and in TLS 1.2 only suites that are authenticated with ECDSA).
    Ecdsa,
}

impl Offer {
    /// What only a certificate with this kind of key can answer.
    #[must_use]
    pub const fn only(key: KeySpec) -> Self {
        match key {
            KeySpec::EcdsaP256 | KeySpec::EcdsaP384 => Self::Ecdsa,
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => Self::Rsa,
        }
    }

    /// What only this certificate, or one with the same type of key, can answer.
    #[must_use]
    pub fn answered_by(certificate: &Certificate) -> Self {
        match certificate.key().algorithm {
            KeyAlgorithm::Rsa { .. } => Self::Rsa,
            KeyAlgorithm::Ec(_) => Self::Ecdsa,
            _ => Self::Any,
        }
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any key type",
            Self::Rsa => "RSA only",
            Self::Ecdsa => "ECDSA only",
        })
    }
}
