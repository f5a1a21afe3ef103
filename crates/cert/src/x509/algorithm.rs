//! AlgorithmIdentifier (RFC 5280 section 4.1.1.2).

use crate::der::{Element, Field, Oid, Tag, oid};

/// An algorithm with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlgorithmIdentifier<'a> {
    /// Which algorithm.
    pub oid: Oid<'a>,
    /// Its parameters, where there are any; NULL counts as some.
    pub parameters: Option<Element<'a>>,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
}

impl<'a> AlgorithmIdentifier<'a> {
    /// Of a SEQUENCE.
    ///
    /// # Errors
    /// When it is none, or begins with no OBJECT IDENTIFIER, or more than one value follows.
    pub fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let oid = fields.expect(Tag::OID, "algorithm")?.oid()?;
        let parameters = if fields.is_empty() { None } else { Some(fields.element()?) };
        fields.finish()?;
        Ok(Self { oid, parameters, element })
    }

    /// Its octets.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.element.whole
    }

    /// Whether it signs over SHA-1.
    #[must_use]
    pub fn is_over_sha1(&self) -> bool {
        matches!(self.oid, oid::RSA_SHA1 | oid::RSA_SHA1_OIW | oid::DSA_SHA1 | oid::ECDSA_SHA1)
    }

    /// Whether its parameters are NULL.
    #[must_use]
    pub fn has_null(&self) -> bool {
        self.parameters.is_some_and(|parameters| parameters.tag == Tag::NULL && parameters.content.is_empty())
    }
}
