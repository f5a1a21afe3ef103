//! authorityKeyIdentifier (RFC 5280 section 4.2.1.1).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Integer, Oid, Tag, oid};
use crate::x509::GeneralNames;

/// Which key of the issuer signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityKeyIdentifier<'a> {
    /// `keyIdentifier`.
    pub key_id: Option<&'a [u8]>,
    /// `authorityCertIssuer`.
    pub issuer: Option<GeneralNames<'a>>,
    /// `authorityCertSerialNumber`.
    pub serial: Option<Integer<'a>>,
    at: usize,
}

impl<'a> ExtensionValue<'a> for AuthorityKeyIdentifier<'a> {
    const OID: Oid<'static> = oid::AUTHORITY_KEY_IDENTIFIER;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut fields = value.sequence()?;
        let key_id = fields.optional(Tag::context(0))?.map(|element| element.content);
        let issuer = fields.optional(Tag::context_constructed(1))?;
        let serial = fields.optional(Tag::context(2))?;
        fields.finish()?;
        Ok(Self {
            key_id,
            issuer: issuer.map(|element| GeneralNames::read(element.children())).transpose()?,
            serial: serial.map(|element| element.integer()).transpose()?,
            at: value.at,
        })
    }

    fn check(&self) -> Field<()> {
        if self.issuer.is_some() != self.serial.is_some() {
            return Err(Fault::value(
                self.at,
                "authorityCertIssuer and authorityCertSerialNumber go together",
            ));
        }
        self.issuer.as_ref().map_or(Ok(()), ExtensionValue::check)
    }
}
