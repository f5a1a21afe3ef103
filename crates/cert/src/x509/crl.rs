//! A CRL taken apart (RFC 5280 section 5.1).

use super::certificate::Version;
use super::extension::{Extension, ExtensionValue, Extensions};
use super::{AlgorithmIdentifier, DistinguishedName};
use crate::der::{Bits, Element, Fault, Field, Integer, Moment, Oid, Reader, Tag};

/// A CRL's fields, each by itself. Its entries are not among them: [`CrlAnatomy::entries`] reads them one by one.
#[derive(Clone, Debug)]
pub struct CrlAnatomy<'a> {
    /// The octets.
    pub der: &'a [u8],
    /// The part that is signed.
    pub tbs: Field<Element<'a>>,
    /// What stands before the entries.
    pub header: CrlHeader<'a>,
    /// `revokedCertificates`, where it is there.
    pub revoked: Option<Field<Element<'a>>>,
    /// What stands after them.
    pub trailer: CrlTrailer<'a>,
    /// What should not be there: something after the last field, or after the CRL.
    pub surplus: Vec<Fault>,
}

/// The fields before the entries.
#[derive(Clone, Debug)]
pub struct CrlHeader<'a> {
    /// `version`.
    pub version: Field<Version>,
    /// `signature`, in the part that is signed.
    pub tbs_signature: Field<AlgorithmIdentifier<'a>>,
    /// `issuer`.
    pub issuer: Field<DistinguishedName<'a>>,
    /// `thisUpdate`.
    pub this_update: Field<Moment<'a>>,
    /// `nextUpdate`, where it is there.
    pub next_update: Option<Field<Moment<'a>>>,
}

/// The fields after the entries.
#[derive(Clone, Debug)]
pub struct CrlTrailer<'a> {
    /// `crlExtensions`, where they are there.
    pub extensions: Option<Field<Extensions<'a>>>,
    /// `signatureAlgorithm`, outside of what is signed.
    pub signature_algorithm: Field<AlgorithmIdentifier<'a>>,
    /// `signatureValue`.
    pub signature: Field<Bits<'a>>,
}

/// A certificate on a CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlEntry<'a> {
    /// `userCertificate`: its serial number.
    pub serial: Integer<'a>,
    /// `revocationDate`.
    pub date: Moment<'a>,
    /// `crlEntryExtensions`, where they are there, not yet taken apart.
    pub extensions: Option<Element<'a>>,
    /// Where the entry lies in the document.
    pub at: usize,
}

/// The entries of a CRL, read one by one and none of them kept.
#[derive(Clone, Debug)]
pub struct CrlEntries<'a>(Reader<'a>);

impl<'a> CrlAnatomy<'a> {
    /// Takes octets apart. Never fails: where there is nothing, each field says so.
    #[must_use]
    pub fn of(der: &'a [u8]) -> Self {
        let mut document = Reader::new(der);
        let list = document.expect(Tag::SEQUENCE, "CertificateList");
        let mut outer = list.map_or(Reader::new(&[]), |list| list.children());
        let tbs = outer.expect(Tag::SEQUENCE, "tbsCertList");
        let mut fields = tbs.map_or(Reader::new(&[]), |tbs| tbs.children());
        let header = CrlHeader::read(&mut fields);
        let revoked = fields.optional(Tag::SEQUENCE).transpose();
        let trailer = CrlTrailer::read(&mut fields, &mut outer);
        let ends = [list.map(|_| ()), document.finish(), outer.finish(), fields.finish()];
        let surplus = ends.into_iter().filter_map(Result::err).collect();
        Self { der, tbs, header, revoked, trailer, surplus }
    }

    /// Its entries, each its value or its fault; what follows one that does not end cannot be read.
    #[must_use]
    pub fn entries(&self) -> CrlEntries<'a> {
        let list = self.revoked.and_then(Result::ok);
        CrlEntries(list.map_or(Reader::new(&[]), |list| list.children()))
    }

    /// Whether it has a list of entries with nothing on it, which RFC 5280 section 5.1.2.6 forbids.
    #[must_use]
    pub fn lists_nothing(&self) -> bool {
        self.revoked.and_then(Result::ok).is_some_and(|list| list.content.is_empty())
    }

    /// What could not be read, in the order of the fields; those of entries and of extensions' values are not among them.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, Fault)> {
        let list = of("tbsCertList", &self.tbs).into_iter().chain(self.header.faults());
        let revoked = self.revoked.as_ref().and_then(|list| of("revokedCertificates", list));
        let surplus = self.surplus.iter().map(|fault| ("the CRL", *fault));
        list.chain(revoked).chain(self.trailer.faults()).chain(surplus).collect()
    }
}

impl<'a> CrlHeader<'a> {
    /// The next fields of `TBSCertList`, up to its entries.
    #[must_use]
    pub(super) fn read(fields: &mut Reader<'a>) -> Self {
        let version = version(fields);
        let tbs_signature = fields.expect(Tag::SEQUENCE, "signature").and_then(AlgorithmIdentifier::read);
        let issuer = fields.expect(Tag::SEQUENCE, "issuer").and_then(DistinguishedName::read);
        let this_update = fields.element().and_then(|element| element.moment());
        let has_next = matches!(fields.peek(), Some(Tag::UTC_TIME | Tag::GENERALIZED_TIME));
        let next_update = has_next.then(|| fields.element().and_then(|element| element.moment()));
        Self { version, tbs_signature, issuer, this_update, next_update }
    }

    /// Whether it is version 2, the only one that may have extensions.
    #[must_use]
    pub fn is_version_2(&self) -> bool {
        self.version.is_ok_and(|version| version.number == 1)
    }

    fn faults(&self) -> impl Iterator<Item = (&'static str, Fault)> {
        let next = self.next_update.as_ref().and_then(|next| of("nextUpdate", next));
        let fields = [
            of("version", &self.version),
            of("signature", &self.tbs_signature),
            of("issuer", &self.issuer),
            of("thisUpdate", &self.this_update),
            next,
        ];
        fields.into_iter().flatten()
    }
}

impl<'a> CrlTrailer<'a> {
    /// What follows the entries in `TBSCertList`, and then what follows that.
    #[must_use]
    pub(super) fn read(fields: &mut Reader<'a>, outer: &mut Reader<'a>) -> Self {
        let extensions = fields.optional_context(0).transpose();
        let algorithm = outer.expect(Tag::SEQUENCE, "signatureAlgorithm");
        let signature = outer.expect(Tag::BIT_STRING, "signatureValue");
        Self {
            extensions: extensions.map(|found| Extensions::read(found?.inner()?)),
            signature_algorithm: algorithm.and_then(AlgorithmIdentifier::read),
            signature: signature.and_then(|element| element.bits()),
        }
    }

    /// Its extensions that could be told apart; none where it has none.
    pub fn extensions(&self) -> impl Iterator<Item = &Extension<'a>> {
        self.extensions.iter().flatten().flat_map(Extensions::iter)
    }

    /// The first extension of a kind.
    #[must_use]
    pub fn extension(&self, kind: Oid<'static>) -> Option<&Extension<'a>> {
        self.extensions().find(|extension| extension.kind == kind)
    }

    /// The value of the first extension of a kind, where it is there.
    #[must_use]
    pub fn value<T: ExtensionValue<'a>>(&self) -> Option<Field<T>> {
        self.extension(T::OID).map(Extension::value)
    }

    /// The same, where it can be read: what cannot is as if it were not there.
    #[must_use]
    pub fn readable<T: ExtensionValue<'a>>(&self) -> Option<T> {
        self.value().and_then(Result::ok)
    }

    fn faults(&self) -> impl Iterator<Item = (&'static str, Fault)> {
        let fields = [
            self.extensions.as_ref().and_then(|extensions| of("crlExtensions", extensions)),
            of("signatureAlgorithm", &self.signature_algorithm),
            of("signatureValue", &self.signature),
        ];
        let single = self.extensions.iter().flatten().flat_map(Extensions::faults);
        fields.into_iter().flatten().chain(single.map(|fault| ("crlExtensions", fault)))
    }
}

impl<'a> CrlEntry<'a> {
    /// Of a SEQUENCE.
    ///
    /// # Errors
    /// When it is not a serial number, a date, and perhaps extensions.
    pub fn read(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let serial = fields.expect(Tag::INTEGER, "userCertificate")?.integer()?;
        let date = fields.element()?.moment()?;
        let is_last = fields.is_empty();
        let extensions =
            (!is_last).then(|| fields.expect(Tag::SEQUENCE, "crlEntryExtensions")).transpose()?;
        fields.finish()?;
        Ok(Self { serial, date, extensions, at: element.at })
    }

    /// Its extensions, taken apart.
    #[must_use]
    pub fn extensions(&self) -> Option<Field<Extensions<'a>>> {
        self.extensions.map(Extensions::read)
    }

    /// The value of the first extension of a kind, where it is there.
    #[must_use]
    pub fn value<T: ExtensionValue<'a>>(&self) -> Option<Field<T>> {
        self.extensions()?.ok()?.value()
    }
}

impl<'a> Iterator for CrlEntries<'a> {
    type Item = Field<CrlEntry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.0.is_empty()).then(|| self.0.element().and_then(CrlEntry::read))
    }
}

fn of<T>(name: &'static str, field: &Field<T>) -> Option<(&'static str, Fault)> {
    field.as_ref().err().map(|fault| (name, *fault))
}

/// Without a tag around it, other than in certificates.
fn version(fields: &mut Reader<'_>) -> Field<Version> {
    match fields.optional(Tag::INTEGER)? {
        None => Ok(Version { number: 0, is_written: false }),
        Some(element) => Ok(Version { number: element.small()?, is_written: true }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_field_by_field() {
        let nothing = CrlAnatomy::of(&[]);
        let names: Vec<&str> = nothing.faults().iter().map(|(name, _)| *name).collect();
        let expected = [
            "tbsCertList",
            "signature",
            "issuer",
            "thisUpdate",
            "signatureAlgorithm",
            "signatureValue",
            "the CRL",
        ];
        assert_eq!(names, expected);
        assert_eq!(nothing.entries().count(), 0);
        assert!(!nothing.lists_nothing() && !nothing.header.is_version_2());
    }

    #[test]
    fn an_entry_is_read_after_one_that_is_wrong() {
        let good = [&[0x30, 18, 2, 1, 5, 23, 13][..], b"260101000000Z"].concat();
        let wrong = [0x30, 3, 2, 1, 6];
        let list = [&[0x30, 45][..], &good, &wrong, &good].concat();
        let list = Reader::new(&list).element().unwrap();
        let entries: Vec<_> = CrlEntries(list.children()).collect();
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0].unwrap().serial.to_i64(), Some(5));
        assert_eq!(entries[1].unwrap_err().at, 27);
        assert_eq!(entries[2].unwrap().at, 27);
    }
}
