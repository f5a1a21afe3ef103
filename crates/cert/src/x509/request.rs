//! A certificate request taken apart (PKCS#10, RFC 2986 section 4).

use super::extension::{ExtensionValue, Extensions};
use super::{AlgorithmIdentifier, DistinguishedName, SubjectPublicKeyInfo};
use crate::der::{Bits, Broken, Element, Fault, Field, Oid, Reader, Tag, oid};

/// A request's fields, each by itself.
#[derive(Clone, Debug)]
pub struct RequestAnatomy<'a> {
    /// The octets.
    pub der: &'a [u8],
    /// The part that is signed.
    pub info: Field<Element<'a>>,
    /// `version`: 0 is version 1, the only one.
    pub version: Field<i64>,
    /// `subject`.
    pub subject: Field<DistinguishedName<'a>>,
    /// `subjectPKInfo`.
    pub key: Field<SubjectPublicKeyInfo<'a>>,
    /// `attributes`: kinds and SETs of values. Some programs leave the field out.
    pub attributes: Field<Vec<(Oid<'a>, Element<'a>)>>,
    /// `signatureAlgorithm`.
    pub signature_algorithm: Field<AlgorithmIdentifier<'a>>,
    /// `signature`.
    pub signature: Field<Bits<'a>>,
    /// What should not be there.
    pub surplus: Vec<Fault>,
}

impl<'a> RequestAnatomy<'a> {
    /// Takes octets apart. Never fails.
    #[must_use]
    pub fn of(der: &'a [u8]) -> Self {
        let mut document = Reader::new(der);
        let request = document.expect(Tag::SEQUENCE, "CertificationRequest");
        let mut outer = request.map_or(Reader::new(&[]), |request| request.children());
        let info = outer.expect(Tag::SEQUENCE, "certificationRequestInfo");
        let algorithm = outer.expect(Tag::SEQUENCE, "signatureAlgorithm");
        let signature = outer.expect(Tag::BIT_STRING, "signature");
        let mut fields = info.map_or(Reader::new(&[]), |info| info.children());
        let version = fields.expect(Tag::INTEGER, "version").and_then(|element| element.small());
        let subject = fields.expect(Tag::SEQUENCE, "subject").and_then(DistinguishedName::read);
        let key = fields.expect(Tag::SEQUENCE, "subjectPKInfo").and_then(SubjectPublicKeyInfo::read);
        let attributes =
            fields.optional_context(0).and_then(|found| found.map_or(Ok(Vec::new()), attributes));
        let ends = [request.map(|_| ()), document.finish(), outer.finish(), fields.finish()];
        Self {
            der,
            info,
            version,
            subject,
            key,
            attributes,
            signature_algorithm: algorithm.and_then(AlgorithmIdentifier::read),
            signature: signature.and_then(|element| element.bits()),
            surplus: ends.into_iter().filter_map(Result::err).collect(),
        }
    }

    /// The extensions that it asks for (RFC 2985 section 5.4.2; Microsoft's identifier for the same).
    #[must_use]
    pub fn extensions(&self) -> Option<Field<Extensions<'a>>> {
        let asked =
            |kind: &Oid<'_>| matches!(*kind, oid::EXTENSION_REQUEST | oid::MICROSOFT_EXTENSION_REQUEST);
        let (_, values) = self.attributes.iter().flatten().find(|(kind, _)| asked(kind))?;
        Some(values.inner().and_then(Extensions::read))
    }

    /// The value of an extension that it asks for, where it can be read.
    #[must_use]
    pub fn readable<T: ExtensionValue<'a>>(&self) -> Option<T> {
        self.extensions()?.ok()?.value()?.ok()
    }

    /// What could not be read, in the order of the fields.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, Fault)> {
        fn of<T>(name: &'static str, field: &Field<T>) -> Option<(&'static str, Fault)> {
            field.as_ref().err().map(|fault| (name, *fault))
        }
        let odd_name = |name, field: &Field<DistinguishedName<'_>>| {
            field.as_ref().ok()?.check().err().map(|fault| (name, fault))
        };
        let whole = self.surplus.first().filter(|fault| !matches!(fault.what, Broken::Trailing(_)));
        let whole = whole.map(|fault| ("the request", *fault));
        let fields = [
            of("certificationRequestInfo", &self.info),
            of("version", &self.version),
            of("subject", &self.subject).or(odd_name("subject", &self.subject)),
            of("subjectPKInfo", &self.key),
            of("attributes", &self.attributes),
            of("signatureAlgorithm", &self.signature_algorithm),
            of("signature", &self.signature),
        ];
        let surplus = self.surplus.iter().map(|fault| ("the request", *fault));
        whole
            .into_iter()
            .chain(fields.into_iter().flatten())
            .chain(surplus.skip(usize::from(whole.is_some())))
            .collect()
    }
}

fn attributes(element: Element<'_>) -> Field<Vec<(Oid<'_>, Element<'_>)>> {
    let mut list = element.children();
    let mut attributes = Vec::new();
    while !list.is_empty() {
        let mut fields = list.expect(Tag::SEQUENCE, "Attribute")?.children();
        let kind = fields.expect(Tag::OID, "type")?.oid()?;
        let values = fields.expect(Tag::SET, "values")?;
        fields.finish()?;
        attributes.push((kind, values));
    }
    Ok(attributes)
}
