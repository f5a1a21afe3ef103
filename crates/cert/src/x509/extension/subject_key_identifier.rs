//! subjectKeyIdentifier (RFC 5280 section 4.2.1.2).

use super::ExtensionValue;
use crate::der::{Element, Field, Oid, Tag, oid};

/// A name of the subject's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectKeyIdentifier<'a>(pub &'a [u8]);

impl<'a> ExtensionValue<'a> for SubjectKeyIdentifier<'a> {
    const OID: Oid<'static> = oid::SUBJECT_KEY_IDENTIFIER;

    fn read(value: Element<'a>) -> Field<Self> {
        value.must_be(Tag::OCTET_STRING).map(|element| Self(element.content))
    }
}
