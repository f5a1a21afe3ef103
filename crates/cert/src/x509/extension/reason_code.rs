//! reasonCode (RFC 5280 section 5.3.1).

use std::fmt;

use serde::Serialize;

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Oid, Tag, oid};

/// Why a certificate was revoked, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonCode {
    /// The number as it stands.
    pub number: i64,
    at: usize,
}

/// `CRLReason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// None is given.
    Unspecified = 0,
    /// Somebody else may have the key.
    KeyCompromise = 1,
    /// Somebody else may have the CA's key.
    #[serde(rename = "cACompromise")]
    CaCompromise = 2,
    /// The subject's name is no longer right.
    AffiliationChanged = 3,
    /// Another certificate has taken its place.
    Superseded = 4,
    /// It is no longer needed.
    CessationOfOperation = 5,
    /// For now only: it may come back.
    CertificateHold = 6,
    /// Of a delta CRL: it has come back, or has ended.
    #[serde(rename = "removeFromCRL")]
    RemoveFromCrl = 8,
    /// What it stood for was taken away.
    PrivilegeWithdrawn = 9,
    /// Somebody else may have the key of an attribute authority.
    #[serde(rename = "aACompromise")]
    AaCompromise = 10,
}

impl Reason {
    /// All of them, in their order.
    pub const ALL: [Self; 10] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::RemoveFromCrl,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// The reason of this number.
    #[must_use]
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as i64 == number)
    }

    /// Its name in RFC 5280.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ReasonCode {
    /// Of an ENUMERATED, as OCSP has it too.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(element: Element<'_>) -> Field<Self> {
        Ok(Self { number: element.must_be(Tag::ENUMERATED)?.small()?, at: element.at })
    }

    /// The reason, where the number has one.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        Reason::of(self.number)
    }
}

impl<'a> ExtensionValue<'a> for ReasonCode {
    const OID: Oid<'static> = oid::REASON_CODE;

    fn read(value: Element<'a>) -> Field<Self> {
        Self::of(value)
    }

    fn check(&self) -> Field<()> {
        self.reason().map(|_| ()).ok_or(Fault::value(self.at, "a number that is no reason"))
    }
}
