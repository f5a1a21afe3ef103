//! privateKeyUsagePeriod (RFC 3280 section 4.2.1.4; gone since).

use super::ExtensionValue;
use crate::der::{Element, Field, Oid, Tag, oid};

/// When the private key may be used: letters of GeneralizedTime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateKeyUsagePeriod<'a> {
    /// `notBefore`.
    pub not_before: Option<&'a [u8]>,
    /// `notAfter`.
    pub not_after: Option<&'a [u8]>,
}

impl<'a> ExtensionValue<'a> for PrivateKeyUsagePeriod<'a> {
    const OID: Oid<'static> = oid::PRIVATE_KEY_USAGE_PERIOD;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut fields = value.sequence()?;
        let not_before = fields.optional(Tag::context(0))?.map(|element| element.content);
        let not_after = fields.optional(Tag::context(1))?.map(|element| element.content);
        fields.finish()?;
        Ok(Self { not_before, not_after })
    }
}
