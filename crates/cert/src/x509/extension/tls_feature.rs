//! TLS feature (RFC 7633).

use super::ExtensionValue;
use crate::der::{Element, Field, Oid, Tag, oid};

/// TLS extensions that the server must answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFeature(pub Vec<i64>);

impl TlsFeature {
    /// `status_request` (RFC 6066 section 8): a stapled OCSP answer.
    pub const STATUS_REQUEST: i64 = 5;

    /// Whether the server must staple an OCSP answer.
    #[must_use]
    pub fn must_staple(&self) -> bool {
        self.0.contains(&Self::STATUS_REQUEST)
    }
}

impl<'a> ExtensionValue<'a> for TlsFeature {
    const OID: Oid<'static> = oid::TLS_FEATURE;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut list = value.sequence()?;
        let mut features = Vec::new();
        while !list.is_empty() {
            features.push(list.expect(Tag::INTEGER, "feature")?.small()?);
        }
        Ok(Self(features))
    }
}
