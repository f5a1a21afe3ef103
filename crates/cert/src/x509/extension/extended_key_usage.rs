//! extKeyUsage (RFC 5280 section 4.2.1.12).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, List, Oid, oid};

/// What the key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage<'a> {
    /// The purposes, in the document's order.
    pub purposes: List<'a, Oid<'a>>,
    at: usize,
}

impl ExtendedKeyUsage<'_> {
    /// Whether this purpose is listed.
    #[must_use]
    pub fn has(&self, purpose: Oid<'static>) -> bool {
        self.purposes.iter().any(|one| one == purpose)
    }

    /// Whether this purpose is listed, and no other.
    #[must_use]
    pub fn is_only(&self, purpose: Oid<'static>) -> bool {
        !self.purposes.is_empty() && self.purposes.iter().all(|one| one == purpose)
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
        Ok(Self { purposes: List::read(value.sequence()?)?, at: value.at })
    }

    fn check(&self) -> Field<()> {
        if self.purposes.is_empty() {
            return Err(Fault::value(self.at, "no purpose, where one is the least"));
        }
        Ok(())
    }
}
