//! cRLDistributionPoints and freshestCRL (RFC 5280 sections 4.2.1.13 and 4.2.1.15).

use super::ExtensionValue;
use crate::der::{Bits, Broken, Element, Fault, Field, Item, List, Oid, Tag, oid};
use crate::x509::GeneralNames;

/// Where the CRLs are that this certificate may be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlDistributionPoints<'a>(pub List<'a, DistributionPoint<'a>>);

/// Where their deltas are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshestCrl<'a>(pub List<'a, DistributionPoint<'a>>);

/// One point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistributionPoint<'a> {
    /// `distributionPoint`.
    pub name: Option<DistributionPointName<'a>>,
    /// `reasons`.
    pub reasons: Option<Bits<'a>>,
    /// `cRLIssuer`.
    pub crl_issuer: Option<GeneralNames<'a>>,
    /// Where it lies in the document.
    pub at: usize,
}

/// The name of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistributionPointName<'a> {
    /// Names of the same CRL.
    Full(GeneralNames<'a>),
    /// Below the name of the issuer: the SET of attributes.
    Relative(Element<'a>),
}

impl<'a> DistributionPointName<'a> {
    /// Of the CHOICE inside of an explicit tag.
    ///
    /// # Errors
    /// When it is neither of the two.
    pub fn read(choice: Element<'a>) -> Field<Self> {
        match choice.tag {
            tag if tag == Tag::context_constructed(0) => {
                GeneralNames::read(choice.children()).map(Self::Full)
            }
            tag if tag == Tag::context_constructed(1) => Ok(Self::Relative(choice)),
            found => {
                let expected = Tag::context_constructed(0);
                Err(Fault::new(choice.at, Broken::Tag { expected, found }))
            }
        }
    }
}

impl<'a> Item<'a> for DistributionPoint<'a> {
    fn item(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let name = fields.optional(Tag::context_constructed(0))?;
        let reasons = fields.optional(Tag::context(1))?;
        let crl_issuer = fields.optional(Tag::context_constructed(2))?;
        fields.finish()?;
        Ok(Self {
            name: name.map(|element| DistributionPointName::read(element.inner()?)).transpose()?,
            reasons: reasons.map(|element| element.bits()).transpose()?,
            crl_issuer: crl_issuer.map(|element| GeneralNames::read(element.children())).transpose()?,
            at: element.at,
        })
    }
}

impl<'a> DistributionPoint<'a> {
    /// The names of a full name.
    #[must_use]
    pub const fn full_name(&self) -> Option<&GeneralNames<'a>> {
        match &self.name {
            Some(DistributionPointName::Full(names)) => Some(names),
            _ => None,
        }
    }

    /// The letters of its URIs.
    pub fn uris(self) -> impl Iterator<Item = &'a [u8]> {
        self.full_name().copied().into_iter().flat_map(|names| names.uris())
    }

    fn check(&self) -> Field<()> {
        if self.name.is_none() && self.crl_issuer.is_none() {
            return Err(Fault::value(self.at, "a distribution point with neither name nor issuer"));
        }
        let names = self.full_name().into_iter().chain(&self.crl_issuer);
        names.into_iter().try_for_each(ExtensionValue::check)
    }
}

impl<'a> ExtensionValue<'a> for CrlDistributionPoints<'a> {
    const OID: Oid<'static> = oid::CRL_DISTRIBUTION_POINTS;

    fn read(value: Element<'a>) -> Field<Self> {
        points(value).map(Self)
    }

    fn check(&self) -> Field<()> {
        self.0.iter().try_for_each(|point| point.check())
    }
}

impl<'a> ExtensionValue<'a> for FreshestCrl<'a> {
    const OID: Oid<'static> = oid::FRESHEST_CRL;

    fn read(value: Element<'a>) -> Field<Self> {
        points(value).map(Self)
    }

    fn check(&self) -> Field<()> {
        self.0.iter().try_for_each(|point| point.check())
    }
}

fn points(value: Element<'_>) -> Field<List<'_, DistributionPoint<'_>>> {
    let points = List::read(value.sequence()?)?;
    if points.is_empty() {
        return Err(value.fault("no distribution point, where one is the least"));
    }
    Ok(points)
}
