//! acmeIdentifier (RFC 8737 section 3).

use super::ExtensionValue;
use crate::der::{Element, Field, Oid, Tag, oid};

/// SHA-256 over a key authorization: a certificate of a tls-alpn-01 challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcmeIdentifier<'a>(pub &'a [u8]);

impl<'a> ExtensionValue<'a> for AcmeIdentifier<'a> {
    const OID: Oid<'static> = oid::ACME_IDENTIFIER;

    fn read(value: Element<'a>) -> Field<Self> {
        value.must_be(Tag::OCTET_STRING).map(|element| Self(element.content))
    }
}
