//! PKCS#7 and CMS SignedData as it carries certificates and CRLs (RFC 5652 section 5.1, RFC 2315 section 9.1). What may be
//! signed in it is not looked at.

use crate::der::{self, Element, Fault, Field, Octets, Oid, Reader, Tag, oid};

/// A SignedData taken apart.
#[derive(Clone, Debug)]
pub struct SignedData<'a> {
    /// `version`.
    pub version: Field<i64>,
    /// What is signed: `data` where it only carries certificates.
    pub content_type: Field<Oid<'a>>,
    /// The certificates, in the order of the document, which means nothing (a SET).
    pub certificates: Field<Vec<Element<'a>>>,
    /// Entries among them that are no X.509 certificates.
    pub other_certificates: usize,
    /// The revocation lists.
    pub revocation_lists: Field<Vec<Element<'a>>>,
    /// How many have signed: none where it only carries certificates.
    pub signers: Field<usize>,
}

impl<'a> SignedData<'a> {
    /// Of a ContentInfo, and nothing after it.
    ///
    /// # Errors
    /// When it is no ContentInfo, or one of another kind.
    pub fn read(der: &'a [u8]) -> Field<Self> {
        let mut document = Reader::new(der);
        let element = document.expect(Tag::SEQUENCE, "ContentInfo")?;
        document.finish()?;
        Self::of(element)
    }

    /// Of the SEQUENCE of a ContentInfo.
    ///
    /// # Errors
    /// When it is none, or one of another kind.
    pub fn of(element: Element<'a>) -> Field<Self> {
        let mut info = element.sequence()?;
        let kind = info.expect(Tag::OID, "contentType")?;
        if kind.oid()? != oid::CMS_SIGNED_DATA {
            return Err(kind.fault("a content that is not signedData"));
        }
        let content = info.optional_context(0)?.ok_or(element.fault("a signedData without content"))?;
        Self::of_content(content.inner()?)
    }

    fn of_content(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let version = fields.expect(Tag::INTEGER, "version").and_then(|version| version.small());
        fields.expect(Tag::SET, "digestAlgorithms")?;
        let signed = fields.expect(Tag::SEQUENCE, "encapContentInfo");
        let content_type =
            signed.and_then(|signed| signed.children().expect(Tag::OID, "eContentType")?.oid());
        let certificates = choices(&mut fields, 0);
        let lists = choices(&mut fields, 1);
        let signers = fields.expect(Tag::SET, "signerInfos").and_then(|set| set.children().all());
        let count = |all: &Field<Vec<Element<'a>>>| all.as_ref().map_or(0, Vec::len);
        let all = count(&certificates);
        let certificates = certificates.map(sequences);
        let other_certificates = all - count(&certificates);
        Ok(Self {
            version,
            content_type,
            certificates,
            other_certificates,
            revocation_lists: lists.map(sequences),
            signers: signers.map(|all| all.len()),
        })
    }

    /// The fields that could not be read.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, Fault)> {
        let fields = [
            ("version", self.version.err()),
            ("encapContentInfo", self.content_type.err()),
            ("certificates", self.certificates.as_ref().err().copied()),
            ("crls", self.revocation_lists.as_ref().err().copied()),
            ("signerInfos", self.signers.err()),
        ];
        fields.into_iter().filter_map(|(name, fault)| Some((name, fault?))).collect()
    }
}

/// The members of an optional SET.
fn choices<'a>(fields: &mut Reader<'a>, number: u32) -> Field<Vec<Element<'a>>> {
    fields.optional_context(number)?.map_or(Ok(Vec::new()), |set| set.children().all())
}

/// Certificates and CRLs are SEQUENCEs; what else a SET may hold has tags of its own.
fn sequences(all: Vec<Element<'_>>) -> Vec<Element<'_>> {
    all.into_iter().filter(|one| one.tag == Tag::SEQUENCE).collect()
}

/// A SignedData that nobody signed and that only carries certificates and CRLs (RFC 5652 section 5.1, "degenerate"), DER:
/// what is called `.p7b`. Both are SETs, which DER sorts.
#[must_use]
pub fn write(certificates: &[&[u8]], revocation_lists: &[&[u8]]) -> Vec<u8> {
    let sorted = |members: &[&[u8]]| {
        let mut members = members.to_vec();
        members.sort_unstable();
        members.concat()
    };
    let named = |kind: Oid<'_>| der::write(Tag::OID, &[kind.content()]);
    let explicit = |number, content: &[u8]| der::write(Tag::context_constructed(number), &[content]);
    let nobody = der::write(Tag::SET, &[]);
    let content = der::write(Tag::SEQUENCE, &[&named(oid::CMS_DATA)]);
    let mut fields = [&[2, 1, 1], &nobody[..], &content, &explicit(0, &sorted(certificates))].concat();
    if !revocation_lists.is_empty() {
        fields.extend(explicit(1, &sorted(revocation_lists)));
    }
    let data = der::write(Tag::SEQUENCE, &[&fields, &nobody]);
    der::write(Tag::SEQUENCE, &[&named(oid::CMS_SIGNED_DATA), &explicit(0, &data)])
}

/// A ContentInfo of any kind (RFC 5652 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentInfo<'a> {
    /// Which kind.
    pub kind: Oid<'a>,
    /// The content, where there is one.
    pub content: Option<Element<'a>>,
}

impl<'a> ContentInfo<'a> {
    /// Of a SEQUENCE.
    ///
    /// # Errors
    /// When it does not begin with an OBJECT IDENTIFIER, or anything but a content follows.
    pub fn of(element: Element<'a>) -> Field<Self> {
        let mut fields = element.sequence()?;
        let kind = fields.expect(Tag::OID, "contentType")?.oid()?;
        let content = fields.optional_context(0)?.map(|content| content.inner()).transpose()?;
        fields.finish()?;
        Ok(Self { kind, content })
    }

    /// The octets of a content of kind `data`.
    ///
    /// # Errors
    /// When there is none, or it is no OCTET STRING.
    pub fn data(&self, missing: Fault) -> Field<Octets<'a>> {
        let content = self.content.ok_or(missing)?;
        let tag = Tag { constructed: content.tag.constructed, ..Tag::OCTET_STRING };
        content.must_be(tag).and_then(|content| Octets::of(&content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED_DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    const DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];

    fn bundle(certificates: &[&[u8]]) -> Vec<u8> {
        let content = der::write(
            Tag::SEQUENCE,
            &[
                &[2, 1, 1],
                &der::write(Tag::SET, &[]),
                &der::write(Tag::SEQUENCE, &[&DATA]),
                &der::write(Tag::context_constructed(0), certificates),
                &der::write(Tag::context_constructed(1), &[]),
                &der::write(Tag::SET, &[]),
            ],
        );
        der::write(Tag::SEQUENCE, &[&SIGNED_DATA, &der::write(Tag::context_constructed(0), &[&content])])
    }

    #[test]
    fn certificates_are_found_and_other_choices_counted() {
        let der = bundle(&[&[0x30, 1, 0], &[0xa2, 0], &[0x30, 0]]);
        let data = SignedData::read(&der).unwrap();
        let ats: Vec<usize> = data.certificates.as_ref().unwrap().iter().map(|one| one.at).collect();
        assert_eq!(ats.len(), 2);
        assert_eq!(&der[ats[0]..ats[0] + 3], [0x30, 1, 0]);
        assert_eq!((data.other_certificates, data.signers, data.version), (1, Ok(0), Ok(1)));
        assert_eq!(data.content_type, Ok(oid::CMS_DATA));
        assert!(data.faults().is_empty());
    }

    #[test]
    fn what_is_written_reads_back() {
        let (one, other): (&[u8], &[u8]) = (&[0x30, 2, 5, 0], &[0x30, 0]);
        for lists in [&[][..], &[one]] {
            let der = write(&[one, other], lists);
            assert!(crate::der::audit::audit(&der).is_empty());
            let data = SignedData::read(&der).unwrap();
            let wholes = |all: Field<Vec<Element<'_>>>| {
                all.unwrap().iter().map(|one| one.whole.to_vec()).collect::<Vec<_>>()
            };
            assert_eq!(wholes(data.certificates), [other, one]);
            assert_eq!(wholes(data.revocation_lists), lists);
        }
    }

    #[test]
    fn indefinite_lengths_are_read_and_damage_is_told() {
        let content = [
            &[0x30, 0x80, 2, 1, 1, 0x31, 0, 0x30, 0x80][..],
            &DATA,
            &[0, 0],
            &[0xa0, 0x80, 0x30, 0, 0, 0, 0x31, 0, 0, 0],
        ]
        .concat();
        let der = [&[0x30, 0x80][..], &SIGNED_DATA, &[0xa0, 0x80], &content, &[0, 0, 0, 0]].concat();
        let data = SignedData::read(&der).unwrap();
        assert_eq!(data.certificates.unwrap().len(), 1);
        assert!(SignedData::read(&der[..der.len() - 1]).is_err());
        let kind = der::write(Tag::OID, &[oid::CMS_ENVELOPED_DATA.content()]);
        let enveloped =
            der::write(Tag::SEQUENCE, &[&kind, &der::write(Tag::context_constructed(0), &[&[5, 0]])]);
        assert_eq!(
            SignedData::read(&enveloped).unwrap_err().to_string(),
            "byte 2: a content that is not signedData"
        );
        let broken = bundle(&[&[0x30, 9]]);
        assert_eq!(SignedData::read(&broken).unwrap().faults()[0].0, "certificates");
    }
}
