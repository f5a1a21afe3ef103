//! What the bytes say: certificates, requests, keys, and the containers they come in.

pub mod bag;
mod certificate;
pub mod csr;
pub mod pem;
pub(crate) mod prehash;
mod public_key;
pub(crate) mod signature;

pub use certificate::{Certificate, NameParts, ParseError};
pub use public_key::{Curve, KeyAlgorithm, KeyWeakness, PublicKey};
pub use signature::{SignatureAlgorithm, SignatureFault};
