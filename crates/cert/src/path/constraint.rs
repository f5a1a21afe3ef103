//! The rules of RFC 5280 section 6, as whoever looks after a server wants to hear of them.

use std::fmt;

/// A broken rule of path validation (RFC 5280 section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// A CA certificate is used as a server's.
    CaAsLeaf,
    /// A certificate that is no CA's issued another.
    NotCa,
    /// More certificates follow than a CA allows.
    PathLength,
    /// A name that a CA may not certify.
    Name,
    /// Not issued for TLS servers.
    Purpose,
    /// A critical extension that is not known here.
    CriticalExtension,
    /// A signature of a kind that is not accepted.
    Signature,
    /// More certificates than an honest path has.
    TooDeep,
    /// Something else, in words.
    Other(String),
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CaAsLeaf => "a CA certificate is used as a server's",
            Self::NotCa => "a certificate that may not issue others has issued one",
            Self::PathLength => "more certificates follow than a CA in the path allows",
            Self::Name => "a CA in the path may not certify one of the names",
            Self::Purpose => "the certificate was not issued for TLS servers",
            Self::CriticalExtension => "it carries a critical extension that is not known",
            Self::Signature => "its signature is of a kind that clients do not accept",
            Self::TooDeep => "the chain is longer or more tangled than clients follow",
            Self::Other(text) => text,
        })
    }
}
