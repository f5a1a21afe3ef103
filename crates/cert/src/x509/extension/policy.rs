//! policyMappings, policyConstraints and inhibitAnyPolicy (RFC 5280 sections 4.2.1.5, 4.2.1.11 and 4.2.1.14).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Integer, Oid, Tag, oid};

/// Which policies of the issuer and of the subject are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyMappings<'a> {
    /// Pairs of issuerDomainPolicy and subjectDomainPolicy.
    pub pairs: Vec<(Oid<'a>, Oid<'a>)>,
    at: usize,
}

/// What policies must be there below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyConstraints<'a> {
    /// `requireExplicitPolicy`: after so many certificates a policy is needed.
    pub require_explicit: Option<Integer<'a>>,
    /// `inhibitPolicyMapping`: after so many certificates nothing is mapped.
    pub inhibit_mapping: Option<Integer<'a>>,
    at: usize,
}

/// After so many certificates anyPolicy stands for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InhibitAnyPolicy<'a>(pub Integer<'a>);

impl<'a> ExtensionValue<'a> for PolicyMappings<'a> {
    const OID: Oid<'static> = oid::POLICY_MAPPINGS;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut list = value.sequence()?;
        let mut pairs = Vec::new();
        while !list.is_empty() {
            let mut pair = list.expect(Tag::SEQUENCE, "policy mapping")?.children();
            let issuer = pair.expect(Tag::OID, "issuerDomainPolicy")?.oid()?;
            let subject = pair.expect(Tag::OID, "subjectDomainPolicy")?.oid()?;
            pair.finish()?;
            pairs.push((issuer, subject));
        }
        Ok(Self { pairs, at: value.at })
    }

    fn check(&self) -> Field<()> {
        if self.pairs.is_empty() {
            return Err(Fault::value(self.at, "no mapping, where one is the least"));
        }
        Ok(())
    }
}

impl<'a> ExtensionValue<'a> for PolicyConstraints<'a> {
    const OID: Oid<'static> = oid::POLICY_CONSTRAINTS;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut fields = value.sequence()?;
        let require_explicit =
            fields.optional(Tag::context(0))?.map(|element| element.integer()).transpose()?;
        let inhibit_mapping =
            fields.optional(Tag::context(1))?.map(|element| element.integer()).transpose()?;
        fields.finish()?;
        Ok(Self { require_explicit, inhibit_mapping, at: value.at })
    }

    fn check(&self) -> Field<()> {
        let numbers = [self.require_explicit, self.inhibit_mapping];
        if numbers == [None, None] {
            return Err(Fault::value(self.at, "neither constraint, where one is the least"));
        }
        if numbers.into_iter().flatten().any(|number| number.is_negative()) {
            return Err(Fault::value(self.at, "a count below zero"));
        }
        Ok(())
    }
}

impl<'a> ExtensionValue<'a> for InhibitAnyPolicy<'a> {
    const OID: Oid<'static> = oid::INHIBIT_ANY_POLICY;

    fn read(value: Element<'a>) -> Field<Self> {
        let number = value.must_be(Tag::INTEGER)?.integer()?;
        if number.is_negative() {
            return Err(value.fault("a count below zero"));
        }
        Ok(Self(number))
    }
}
