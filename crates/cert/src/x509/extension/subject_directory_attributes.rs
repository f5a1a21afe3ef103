//! subjectDirectoryAttributes (RFC 5280 section 4.2.1.8).

use super::ExtensionValue;
use crate::der::{Element, Field, Oid, Tag, oid};

/// Attributes of the subject: kinds and SETs of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectDirectoryAttributes<'a>(pub Vec<(Oid<'a>, Element<'a>)>);

impl<'a> ExtensionValue<'a> for SubjectDirectoryAttributes<'a> {
    const OID: Oid<'static> = oid::SUBJECT_DIRECTORY_ATTRIBUTES;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut list = value.sequence()?;
        let mut attributes = Vec::new();
        while !list.is_empty() {
            let mut fields = list.expect(Tag::SEQUENCE, "Attribute")?.children();
            let kind = fields.expect(Tag::OID, "type")?.oid()?;
            let values = fields.expect(Tag::SET, "values")?;
            fields.finish()?;
            attributes.push((kind, values));
        }
        Ok(Self(attributes))
    }
}
