//! The nonce of OCSP (RFC 6960 section 4.4.1, RFC 9654 section 2.1) and its archive cutoff (RFC 6960 section 4.4.4).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Moment, Oid, Tag, oid};

/// Octets that a request has and its answer repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OcspNonce<'a> {
    /// The octets.
    pub octets: &'a [u8],
    at: usize,
}

/// Since when the responder knows of certificates that have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveCutoff<'a>(pub Moment<'a>);

impl<'a> ExtensionValue<'a> for OcspNonce<'a> {
    const OID: Oid<'static> = oid::OCSP_NONCE;

    fn read(value: Element<'a>) -> Field<Self> {
        let element = value.must_be(Tag::OCTET_STRING)?;
        Ok(Self { octets: element.content, at: value.at })
    }

    fn check(&self) -> Field<()> {
        match self.octets.len() {
            1..=128 => Ok(()),
            _ => Err(Fault::value(self.at, "a nonce that has not 1 to 128 octets")),
        }
    }
}

impl<'a> ExtensionValue<'a> for ArchiveCutoff<'a> {
    const OID: Oid<'static> = oid::OCSP_ARCHIVE_CUTOFF;

    fn read(value: Element<'a>) -> Field<Self> {
        value.moment().map(Self)
    }
}
