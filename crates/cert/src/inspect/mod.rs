//! What is in a file, in words: every field with its value, or with what is wrong with it and where. Nothing is refused: a
//! broken certificate is shown field by field, and bytes that nobody knows are shown as they are.
//!
//! [`objects`] takes a file apart, [`describe`] tells of each object. Text and JSON are both made from a [`Description`].

mod certificate;
mod container;
mod crl;
mod extension;
mod field;
mod key;
mod line;
mod object;
mod ocsp;
mod odd;
mod request;
mod tree;

use serde::Serialize;

use crate::Time;
use crate::der::dump::Structure;
pub use key::public_half;
pub use line::{Fact, FactValue, Line, Section, Shown};
pub use object::{Object, objects};
pub use odd::{Odd, Oddities};

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A certificate.
    Certificate,
    /// A request for one (PKCS#10).
    Request,
    /// A CRL.
    RevocationList,
    /// A request of OCSP.
    OcspRequest,
    /// A response of OCSP.
    OcspResponse,
    /// A private key.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// PKCS#7, or CMS.
    Pkcs7,
    /// PKCS#12.
    Pkcs12,
    /// A Java keystore.
    JavaKeystore,
    /// DER of another kind.
    Der,
    /// Bytes that are not DER.
    NotDer,
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Request => "certificate request",
            Self::RevocationList => "certificate revocation list",
            Self::OcspRequest => "OCSP request",
            Self::OcspResponse => "OCSP response",
            Self::PrivateKey => "private key",
            Self::PublicKey => "public key",
            Self::Pkcs7 => "PKCS#7 file",
            Self::Pkcs12 => "PKCS#12 file",
            Self::JavaKeystore => "Java keystore",
            Self::Der => "DER of another kind",
            Self::NotDer => "bytes that are not DER",
        }
    }

    /// Whether its members are objects of their own.
    #[must_use]
    pub const fn is_container(self) -> bool {
        matches!(self, Self::Pkcs7 | Self::Pkcs12 | Self::JavaKeystore)
    }

    /// The structure by which its fields are called.
    #[must_use]
    pub const fn structure(self) -> Structure {
        match self {
            Self::Certificate => Structure::Certificate,
            Self::Request => Structure::Request,
            Self::RevocationList => Structure::RevocationList,
            Self::OcspRequest => Structure::OcspRequest,
            Self::OcspResponse => Structure::OcspResponse,
            Self::PrivateKey => Structure::PrivateKey,
            Self::PublicKey => Structure::PublicKey,
            Self::Pkcs7 => Structure::Pkcs7,
            Self::Pkcs12 => Structure::Pkcs12,
            Self::JavaKeystore | Self::Der | Self::NotDer => Structure::Unknown,
        }
    }
}

/// What is told of an object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// What it is.
    pub kind: Kind,
    /// The same and whose: `certificate of shop.example`.
    pub title: String,
    /// What programs want to know first.
    pub facts: Vec<Fact>,
    /// What people want to know first.
    pub glance: Vec<Line>,
    /// Every field.
    pub sections: Vec<Section>,
    /// What is not as it should be.
    pub odd: Oddities,
}

/// What a description depends on, beside the bytes.
pub struct Context<'a> {
    /// The instant: what has ended, and what has not begun.
    pub at: Time,
    /// The name of a CT log of this identity.
    pub log_name: &'a dyn Fn(&[u8]) -> Option<String>,
    /// Whether keys are looked at for weaknesses that take calculating.
    pub calculates: bool,
}

/// What an object is, in words.
#[must_use]
pub fn describe(object: &Object, context: &Context<'_>) -> Description {
    let der = &object.octets[..];
    if object.damage.is_some() {
        return tree::of_damaged(object);
    }
    match object.kind {
        Kind::Certificate => certificate::describe(der, context),
        Kind::Request => request::describe(der, context),
        Kind::RevocationList => crl::describe(der, context),
        Kind::OcspRequest => ocsp::request(der, context),
        Kind::OcspResponse => ocsp::response(der, context),
        Kind::PrivateKey => key::private(object, context),
        Kind::PublicKey => key::public(der, context),
        Kind::Pkcs7 => container::pkcs7(der),
        Kind::Pkcs12 => container::pkcs12(der),
        Kind::JavaKeystore => container::java_keystore(der),
        Kind::Der | Kind::NotDer => tree::of_unknown(object),
    }
}

#[cfg(test)]
mod tests;
