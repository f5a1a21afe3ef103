//! extKeyUsage (RFC 5280 section 4.2.1.12).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Oid, Tag, oid};

/// What the key may be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage<'a> {
    /// The purposes, in the document's order.
    pub purposes: Vec<Oid<'a>>,
    at: usize,
}

impl ExtendedKeyUsage<'_> {
    /// Whether this purpose is listed.
    #[must_use]
    pub fn has(&self, purpose: Oid<'static>) -> bool {
        self.purposes.contains(&purpose)
    }

    /// Whether this purpose is listed, or any is allowed.
    #[must_use]
    pub fn allows(&self, purpose: Oid<'static>) -> bool {
        self.has(purpose) || self.has(oid::ANY_EXTENDED_KEY_USAGE)
    }
}

impl<'a> ExtensionValue<'a> for ExtendedKeyUsage<'a> {
    const OID: Oid<'static> = oid::EXTENDED_KEY_USAGE;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut list = value.sequence()?;
        let mut purposes = Vec::new();
        while !list.is_empty() {
            purposes.push(list.expect(Tag::OID, "KeyPurposeId")?.oid()?);
        }
        Ok(Self { purposes, at: value.at })
    }

    fn check(&self) -> Field<()> {
        if self.purposes.is_empty() {
            return Err(Fault::value(self.at, "no purpose, where one is the least"));
        }
        Ok(())
    }
}
