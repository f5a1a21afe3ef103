//! issuingDistributionPoint (RFC 5280 section 5.2.5).

use super::{DistributionPointName, ExtensionValue};
use crate::der::{Bits, Element, Fault, Field, Oid, Reader, Tag, oid};

/// Which certificates a CRL tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuingDistributionPoint<'a> {
    /// `distributionPoint`: the point that those certificates name.
    pub name: Option<DistributionPointName<'a>>,
    /// `onlyContainsUserCerts`.
    pub only_user_certificates: bool,
    /// `onlyContainsCACerts`.
    pub only_ca_certificates: bool,
    /// `onlySomeReasons`.
    pub only_some_reasons: Option<Bits<'a>>,
    /// `indirectCRL`: it may tell of certificates of other issuers.
    pub indirect: bool,
    /// `onlyContainsAttributeCerts`.
    pub only_attribute_certificates: bool,
    /// Whether it says nothing at all, which is forbidden.
    pub is_empty: bool,
    at: usize,
}

impl<'a> ExtensionValue<'a> for IssuingDistributionPoint<'a> {
    const OID: Oid<'static> = oid::ISSUING_DISTRIBUTION_POINT;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut fields = value.sequence()?;
        let is_empty = fields.is_empty();
        let name = fields.optional(Tag::context_constructed(0))?;
        let only_user_certificates = flag(&mut fields, 1)?;
        let only_ca_certificates = flag(&mut fields, 2)?;
        let reasons = fields.optional(Tag::context(3))?;
        let indirect = flag(&mut fields, 4)?;
        let only_attribute_certificates = flag(&mut fields, 5)?;
        fields.finish()?;
        Ok(Self {
            name: name.map(|element| DistributionPointName::read(element.inner()?)).transpose()?,
            only_user_certificates,
            only_ca_certificates,
            only_some_reasons: reasons.map(|element| element.bits()).transpose()?,
            indirect,
            only_attribute_certificates,
            is_empty,
            at: value.at,
        })
    }

    fn check(&self) -> Field<()> {
        let kinds =
            [self.only_user_certificates, self.only_ca_certificates, self.only_attribute_certificates];
        if self.is_empty {
            return Err(Fault::value(self.at, "an issuing distribution point that says nothing"));
        }
        if kinds.into_iter().filter(|only| *only).count() > 1 {
            return Err(Fault::value(self.at, "only of one kind of certificates, and only of another"));
        }
        match &self.name {
            Some(DistributionPointName::Full(names)) => names.check(),
            _ => Ok(()),
        }
    }
}

fn flag(fields: &mut Reader<'_>, number: u32) -> Field<bool> {
    fields.optional(Tag::context(number))?.map_or(Ok(false), |element| element.boolean())
}
