//! X.509 structures taken apart, field by field (RFC 5280): each field is its value, or its fault with the place.
//!
//! Nothing here judges: what is odd is kept as it stands, for `path`, `lint` and people to look at.

mod algorithm;
mod certificate;
mod crl;
mod crl_stream;
mod encryption;
pub mod extension;
mod general_name;
pub mod java_keystore;
mod key;
mod name;
pub mod ocsp;
pub mod pkcs12;
pub mod pkcs7;
mod private_key;
mod request;
mod strict;

pub use algorithm::AlgorithmIdentifier;
pub use certificate::{Anatomy, Version};
pub use crl::{CrlAnatomy, CrlEntries, CrlEntry, CrlHeader, CrlTrailer};
pub use crl_stream::{CrlPiece, CrlStream, ReadCrl};
pub use encryption::{Cipher, Derivation, LegacyEncryption, PasswordEncryption, UnknownLegacyEncryption};
pub use extension::{Extension, ExtensionValue, Extensions};
pub use general_name::{GeneralName, GeneralNames};
pub use key::{DsaDomain, DsaKey, SubjectPublicKeyInfo};
pub use name::{Attribute, DistinguishedName, Rdn};
pub use private_key::{
    EcPrivateKey, EncryptedPrivateKeyInfo, KeyKind, PrivateKeyInfo, PrivateKeyStructure, RsaPrivateKey,
};
pub use request::RequestAnatomy;
