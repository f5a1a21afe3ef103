//! What a certificate is and whether it is good.
//!
//! Pure (law 1): bytes, instants and limits come in as arguments, values come out.

pub mod base64;
pub mod der;
mod fingerprint;
mod hex;
pub mod inspect;
mod key;
pub mod lint;
mod model;
mod name;
pub mod path;
pub mod pile;
pub mod revocation;
#[cfg(test)]
mod staged;
mod subtree;
mod time;
mod trouble;
pub mod weak_key;
pub mod x509;

pub use fingerprint::{Fingerprint, ParseFingerprintError};
pub use hex::hex;
pub use key::{KeySpec, ParseKeySpecError};
pub use model::{
    Certificate, Curve, KeyAlgorithm, KeyWeakness, NameParts, ParseError, PublicKey, SignatureAlgorithm,
    SignatureFault, bag, csr, pem,
};
pub use name::{Identifier, ParseIdentifierError};
pub use subtree::{ParseSubtreeError, Subtree};
pub use time::{ParseSpanError, ParseTimeError, Span, Time, Validity};
pub use trouble::{Retry, Trouble};
