//! X.509 structures taken apart, field by field (RFC 5280): each field is its value, or its fault with the place.
//!
//! Nothing here judges: what is odd is kept as it stands, for `path`, `lint` and people to look at.

mod algorithm;
mod certificate;
pub mod extension;
mod general_name;
mod key;
mod name;
mod request;

pub use algorithm::AlgorithmIdentifier;
pub use certificate::{Anatomy, Version};
pub use extension::{Extension, ExtensionValue, Extensions};
pub use general_name::{GeneralName, GeneralNames};
pub use key::{DsaDomain, DsaKey, SubjectPublicKeyInfo};
pub use name::{Attribute, DistinguishedName, Rdn};
pub use request::RequestAnatomy;
