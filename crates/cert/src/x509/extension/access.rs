//! authorityInfoAccess and subjectInfoAccess (RFC 5280 section 4.2.2).

use super::ExtensionValue;
use crate::der::{Element, Field, Item, List, Oid, Tag, oid};
use crate::x509::GeneralName;

/// Where something about the issuer or the subject is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessDescription<'a> {
    /// What is found there: `oid::AD_OCSP`, `oid::AD_CA_ISSUERS`.
    pub method: Oid<'a>,
    /// The place.
    pub location: Field<GeneralName<'a>>,
}

/// authorityInfoAccess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorityInfoAccess<'a>(pub List<'a, AccessDescription<'a>>);

/// subjectInfoAccess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectInfoAccess<'a>(pub List<'a, AccessDescription<'a>>);

impl<'a> AuthorityInfoAccess<'a> {
    /// The letters of the URIs of one method.
    pub fn uris(&self, method: Oid<'static>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.iter().filter(move |access| access.method == method).filter_map(|access| {
            match access.location {
                Ok(GeneralName::Uri(letters)) => Some(letters),
                _ => None,
            }
        })
    }
}

impl<'a> ExtensionValue<'a> for AuthorityInfoAccess<'a> {
    const OID: Oid<'static> = oid::AUTHORITY_INFO_ACCESS;

    fn read(value: Element<'a>) -> Field<Self> {
        descriptions(value).map(Self)
    }

    fn check(&self) -> Field<()> {
        check(self.0)
    }
}

impl<'a> ExtensionValue<'a> for SubjectInfoAccess<'a> {
    const OID: Oid<'static> = oid::SUBJECT_INFO_ACCESS;

    fn read(value: Element<'a>) -> Field<Self> {
        descriptions(value).map(Self)
    }

    fn check(&self) -> Field<()> {
        check(self.0)
    }
}

impl<'a> Item<'a> for AccessDescription<'a> {
    fn item(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let method = fields.expect(Tag::OID, "accessMethod")?.oid()?;
        let location = GeneralName::read(fields.element()?);
        fields.finish()?;
        Ok(Self { method, location })
    }
}

fn descriptions(value: Element<'_>) -> Field<List<'_, AccessDescription<'_>>> {
    let all = List::read(value.sequence()?)?;
    if all.is_empty() {
        return Err(value.fault("no access description, where one is the least"));
    }
    Ok(all)
}

fn check(all: List<'_, AccessDescription<'_>>) -> Field<()> {
    all.iter().try_for_each(|access| access.location.map(|_| ()))
}
