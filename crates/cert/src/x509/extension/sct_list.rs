//! Signed certificate timestamps (RFC 6962 section 3.3).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Oid, Tag, oid};

/// Promises of logs, each in the form of RFC 6962 section 3.2; the crate `ct` reads and proves them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SctList<'a>(pub Vec<SerializedSct<'a>>);

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SerializedSct<'a> {
    /// Its octets.
    pub octets: &'a [u8],
    /// Where it lies in the document.
    pub at: usize,
}

impl<'a> SctList<'a> {
    /// Of a `SignedCertificateTimestampList`, as it is in TLS and OCSP too; `at` is its offset in the document.
    ///
    /// # Errors
    /// When a length does not fit.
    pub fn of_octets(octets: &'a [u8], at: usize) -> Field<Self> {
        let wrong = Fault::value(at, "an SCT list whose lengths do not fit");
        let (list, after) = vector(octets).ok_or(wrong)?;
        let (mut rest, mut scts) = (list, Vec::new());
        while !rest.is_empty() {
            let begins = at + 2 + (list.len() - rest.len()) + 2;
            let (sct, after) = vector(rest).ok_or(wrong)?;
            scts.push(SerializedSct { octets: sct, at: begins });
            rest = after;
        }
        if after.is_empty() { Ok(Self(scts)) } else { Err(wrong) }
    }
}

/// What a length of two octets announces, and what follows.
fn vector(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

impl<'a> ExtensionValue<'a> for SctList<'a> {
    const OID: Oid<'static> = oid::SCT_LIST;

    fn read(value: Element<'a>) -> Field<Self> {
        let element = value.must_be(Tag::OCTET_STRING)?;
        Self::of_octets(element.content, element.content_at())
    }
}
