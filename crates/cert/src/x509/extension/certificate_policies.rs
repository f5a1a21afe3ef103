//! certificatePolicies (RFC 5280 section 4.2.1.4).

use std::collections::HashSet;

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Integer, Item, List, Oid, Tag, oid};

/// Under which policies a certificate was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificatePolicies<'a> {
    /// The policies, in the document's order.
    pub policies: List<'a, PolicyInformation<'a>>,
    at: usize,
}

/// One policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyInformation<'a> {
    /// Which.
    pub policy: Oid<'a>,
    /// What is said about it; `None` where the field is left out.
    pub qualifiers: Option<List<'a, PolicyQualifier<'a>>>,
}

/// Something about a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyQualifier<'a> {
    /// What kind: `oid::CPS_QUALIFIER`, `oid::USER_NOTICE_QUALIFIER`.
    pub kind: Oid<'a>,
    /// The value, in the form of its kind.
    pub value: Element<'a>,
}

/// The value of a user notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserNotice<'a> {
    /// `noticeRef`: organisation and numbers.
    pub reference: Option<(Element<'a>, Vec<Integer<'a>>)>,
    /// `explicitText`.
    pub text: Option<Element<'a>>,
}

impl<'a> CertificatePolicies<'a> {
    /// The identifiers of the policies.
    pub fn oids(&self) -> impl Iterator<Item = Oid<'a>> + use<'a> {
        self.policies.iter().map(|policy| policy.policy)
    }

    /// Whether one of them is this.
    #[must_use]
    pub fn has(&self, policy: Oid<'static>) -> bool {
        self.oids().any(|oid| oid == policy)
    }

    /// The qualifiers of all policies.
    pub fn qualifiers(&self) -> impl Iterator<Item = PolicyQualifier<'a>> + use<'a> {
        self.policies.iter().flat_map(|policy| policy.qualifiers())
    }
}

impl<'a> PolicyInformation<'a> {
    /// What is said about it; none where the field is left out.
    #[must_use]
    pub fn qualifiers(&self) -> List<'a, PolicyQualifier<'a>> {
        self.qualifiers.unwrap_or_default()
    }
}

impl<'a> PolicyQualifier<'a> {
    /// The user notice, where it is one.
    #[must_use]
    pub fn user_notice(&self) -> Option<Field<UserNotice<'a>>> {
        (self.kind == oid::USER_NOTICE_QUALIFIER).then(|| {
            let mut fields = self.value.sequence()?;
            let reference = fields.optional(Tag::SEQUENCE)?.map(reference).transpose()?;
            let text = if fields.is_empty() { None } else { Some(fields.element()?) };
            fields.finish()?;
            Ok(UserNotice { reference, text })
        })
    }
}

fn reference(element: Element<'_>) -> Field<(Element<'_>, Vec<Integer<'_>>)> {
    let mut fields = element.children();
    let organization = fields.element()?;
    let numbers = fields.expect(Tag::SEQUENCE, "noticeNumbers")?.children().all()?;
    fields.finish()?;
    Ok((organization, numbers.iter().map(Element::integer).collect::<Field<_>>()?))
}

impl<'a> ExtensionValue<'a> for CertificatePolicies<'a> {
    const OID: Oid<'static> = oid::CERTIFICATE_POLICIES;

    fn read(value: Element<'a>) -> Field<Self> {
        Ok(Self { policies: List::read(value.sequence()?)?, at: value.at })
    }

    fn check(&self) -> Field<()> {
        let fault = |why| Err(Fault::value(self.at, why));
        if self.policies.is_empty() {
            return fault("no policy, where one is the least");
        }
        let mut seen = HashSet::new();
        if !self.oids().all(|policy| seen.insert(policy)) {
            return fault("a policy that is there twice");
        }
        if self
            .policies
            .iter()
            .any(|policy| policy.qualifiers.is_some_and(|qualifiers| qualifiers.is_empty()))
        {
            return fault("no policy qualifier, where one is the least");
        }
        Ok(())
    }
}

impl<'a> Item<'a> for PolicyInformation<'a> {
    fn item(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let policy = fields.expect(Tag::OID, "policyIdentifier")?.oid()?;
        let qualifiers = fields.optional(Tag::SEQUENCE)?;
        fields.finish()?;
        Ok(Self { policy, qualifiers: qualifiers.map(|element| List::read(element.children())).transpose()? })
    }
}

impl<'a> Item<'a> for PolicyQualifier<'a> {
    fn item(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let kind = fields.expect(Tag::OID, "policyQualifierId")?.oid()?;
        let value = fields.element()?;
        fields.finish()?;
        Ok(Self { kind, value })
    }
}
