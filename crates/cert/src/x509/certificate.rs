//! A certificate taken apart (RFC 5280 section 4.1).

use super::{
    AlgorithmIdentifier, DistinguishedName, Extension, ExtensionValue, Extensions, SubjectPublicKeyInfo,
};
use crate::der::{Bits, Broken, Element, Fault, Field, Integer, Moment, Oid, Reader, Tag};

/// A certificate's fields, each by itself: its value, or what is wrong with it and where.
#[derive(Clone, Debug)]
pub struct Anatomy<'a> {
    /// The octets.
    pub der: &'a [u8],
    /// The part that is signed.
    pub tbs: Field<Element<'a>>,
    /// `version`.
    pub version: Field<Version>,
    /// `serialNumber`.
    pub serial: Field<Integer<'a>>,
    /// `signature`, in the part that is signed.
    pub tbs_signature: Field<AlgorithmIdentifier<'a>>,
    /// `issuer`.
    pub issuer: Field<DistinguishedName<'a>>,
    /// `notBefore`.
    pub not_before: Field<Moment<'a>>,
    /// `notAfter`.
    pub not_after: Field<Moment<'a>>,
    /// `subject`.
    pub subject: Field<DistinguishedName<'a>>,
    /// `subjectPublicKeyInfo`.
    pub key: Field<SubjectPublicKeyInfo<'a>>,
    /// `issuerUniqueID`, where it is there.
    pub issuer_unique_id: Option<Field<Bits<'a>>>,
    /// `subjectUniqueID`, where it is there.
    pub subject_unique_id: Option<Field<Bits<'a>>>,
    /// `extensions`, where they are there.
    pub extensions: Option<Field<Extensions<'a>>>,
    /// `signatureAlgorithm`, outside of what is signed.
    pub signature_algorithm: Field<AlgorithmIdentifier<'a>>,
    /// `signatureValue`.
    pub signature: Field<Bits<'a>>,
    /// What should not be there: something after the last field, or after the certificate.
    pub surplus: Vec<Fault>,
    /// Where the two algorithm identifiers lie, readable or not.
    pub(super) algorithms: [Option<Element<'a>>; 2],
}

/// `version` (RFC 5280 section 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The number as it is written: 0 is version 1.
    pub number: i64,
    /// Whether it is there; version 1 is what its absence means.
    pub is_written: bool,
}

impl Version {
    /// Whether it is version 3.
    #[must_use]
    pub const fn is_3(self) -> bool {
        self.number == 2
    }
}

impl<'a> Anatomy<'a> {
    /// Takes octets apart. Never fails: where there is nothing, each field says so.
    #[must_use]
    pub fn of(der: &'a [u8]) -> Self {
        let mut document = Reader::new(der);
        let certificate = document.expect(Tag::SEQUENCE, "Certificate");
        let mut outer = match certificate {
            Ok(certificate) => certificate.children(),
            // What is left of a certificate that is cut short is still shown.
            Err(fault) => cut_short(der, 0).ok_or(fault).unwrap_or_else(|_| Reader::new(&[])),
        };
        let tbs = outer.expect(Tag::SEQUENCE, "tbsCertificate");
        let mut surplus: Vec<Fault> = certificate.err().into_iter().chain(document.finish().err()).collect();
        let mut fields = match &tbs {
            Ok(tbs) => tbs.children(),
            Err(_) => cut_short(der, 0)
                .and_then(|reader| cut_short(reader.rest(), reader.at()))
                .unwrap_or_else(|| Reader::new(&[])),
        };
        let algorithm = outer.expect(Tag::SEQUENCE, "signatureAlgorithm");
        let signature_algorithm = algorithm.and_then(AlgorithmIdentifier::read);
        let signature = outer.expect(Tag::BIT_STRING, "signatureValue").and_then(|element| element.bits());
        surplus.extend(outer.finish().err());
        let mut anatomy = Self::of_tbs(&mut fields, tbs);
        surplus.extend(fields.finish().err());
        (anatomy.der, anatomy.signature_algorithm, anatomy.signature) = (der, signature_algorithm, signature);
        anatomy.surplus = surplus;
        anatomy.algorithms[1] = algorithm.ok();
        anatomy
    }

    /// The fields of what is signed; the outer ones are filled in by the caller.
    fn of_tbs(fields: &mut Reader<'a>, tbs: Field<Element<'a>>) -> Self {
        let version = version(fields);
        let serial = fields.expect(Tag::INTEGER, "serialNumber").and_then(|element| element.integer());
        let algorithm = fields.expect(Tag::SEQUENCE, "signature");
        let tbs_signature = algorithm.and_then(AlgorithmIdentifier::read);
        let issuer = fields.expect(Tag::SEQUENCE, "issuer").and_then(DistinguishedName::read);
        let validity = fields.expect(Tag::SEQUENCE, "validity");
        let (not_before, not_after, after_validity) = match validity {
            Ok(validity) => {
                let mut both = validity.children();
                let not_before = both.element().and_then(|element| element.moment());
                let not_after = both.element().and_then(|element| element.moment());
                (not_before, not_after, both.finish())
            }
            Err(fault) => (Err(fault), Err(fault), Ok(())),
        };
        let subject = fields.expect(Tag::SEQUENCE, "subject").and_then(DistinguishedName::read);
        let key = fields.expect(Tag::SEQUENCE, "subjectPublicKeyInfo").and_then(SubjectPublicKeyInfo::read);
        let issuer_unique_id = unique_id(fields, 1);
        let subject_unique_id = unique_id(fields, 2);
        let extensions = extensions(fields);
        let missing = Fault::new(0, Broken::Missing("signature"));
        Self {
            der: &[],
            tbs,
            version,
            serial,
            tbs_signature,
            issuer,
            not_before,
            not_after: not_after.and_then(|moment| after_validity.map(|()| moment)),
            subject,
            key,
            issuer_unique_id,
            subject_unique_id,
            extensions,
            signature_algorithm: Err(missing),
            signature: Err(missing),
            surplus: Vec::new(),
            algorithms: [algorithm.ok(), None],
        }
    }

    /// Its extensions that could be told apart; none where it has none.
    pub fn extensions(&self) -> impl Iterator<Item = &Extension<'a>> {
        self.extensions.iter().flatten().flat_map(Extensions::iter)
    }

    /// The first extension of a kind.
    #[must_use]
    pub fn extension(&self, kind: Oid<'static>) -> Option<&Extension<'a>> {
        self.extensions.as_ref()?.as_ref().ok()?.find(kind)
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

    /// Whether subject and issuer are one name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        match (&self.subject, &self.issuer) {
            (Ok(subject), Ok(issuer)) => subject.matches(issuer),
            _ => false,
        }
    }

    /// What could not be read, in the order of the fields; those of extensions by themselves last.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, Fault)> {
        fn of<T>(name: &'static str, field: &Field<T>) -> Option<(&'static str, Fault)> {
            field.as_ref().err().map(|fault| (name, *fault))
        }
        fn maybe<T>(name: &'static str, field: Option<&Field<T>>) -> Option<(&'static str, Fault)> {
            field.and_then(|field| of(name, field))
        }
        let odd_name = |name, field: &Field<DistinguishedName<'_>>| {
            field.as_ref().ok()?.check().err().map(|fault| (name, fault))
        };
        let fields = [
            of("tbsCertificate", &self.tbs),
            of("version", &self.version),
            of("serialNumber", &self.serial),
            of("signature", &self.tbs_signature),
            of("issuer", &self.issuer).or(odd_name("issuer", &self.issuer)),
            of("notBefore", &self.not_before),
            of("notAfter", &self.not_after),
            of("subject", &self.subject).or(odd_name("subject", &self.subject)),
            of("subjectPublicKeyInfo", &self.key),
            maybe("issuerUniqueID", self.issuer_unique_id.as_ref()),
            maybe("subjectUniqueID", self.subject_unique_id.as_ref()),
            maybe("extensions", self.extensions.as_ref()),
            of("signatureAlgorithm", &self.signature_algorithm),
            of("signatureValue", &self.signature),
        ];
        let single =
            self.extensions.iter().flatten().flat_map(Extensions::faults).map(|fault| ("extensions", fault));
        let surplus = self.surplus.iter().map(|fault| ("certificate", *fault));
        fields.into_iter().flatten().chain(single).chain(surplus).collect()
    }
}

/// The content of a SEQUENCE that is cut short, as far as it goes.
fn cut_short(octets: &[u8], at: usize) -> Option<Reader<'_>> {
    let (header, content) = match octets {
        [0x30, 0..=0x7f, content @ ..] => (2, content),
        [0x30, 0x81, _, content @ ..] => (3, content),
        [0x30, 0x82, _, _, content @ ..] => (4, content),
        [0x30, 0x83, _, _, _, content @ ..] => (5, content),
        _ => return None,
    };
    Some(Reader::nested(content, at + header))
}

fn version(fields: &mut Reader<'_>) -> Field<Version> {
    match fields.optional(Tag::context_constructed(0))? {
        None => Ok(Version { number: 0, is_written: false }),
        Some(element) => {
            let number = element.inner()?.must_be(Tag::INTEGER)?.small()?;
            Ok(Version { number, is_written: true })
        }
    }
}

fn unique_id<'a>(fields: &mut Reader<'a>, number: u32) -> Option<Field<Bits<'a>>> {
    let found = fields.optional_context(number).transpose()?;
    Some(found.and_then(|element| element.bits()))
}

fn extensions<'a>(fields: &mut Reader<'a>) -> Option<Field<Extensions<'a>>> {
    let found = fields.optional_context(3).transpose()?;
    Some(found.and_then(|element| Extensions::read(element.inner()?)))
}
