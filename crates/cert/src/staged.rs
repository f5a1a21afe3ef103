//! CAs, certificates, CRLs and OCSP answers that are made for tests.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair,
    SerialNumber, SigningKey,
};

use crate::der::{Oid, Reader, Tag, oid, write};
use crate::x509::Anatomy;
use crate::{Span, Time};

/// The instant at which staged things are judged.
pub(crate) fn now() -> Time {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A CRL that is still to be signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) version: Vec<u8>,
    pub(crate) this_update: Time,
    pub(crate) next_update: Option<Time>,
    pub(crate) entries: Option<Vec<Vec<u8>>>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.not_before = (now() - Span::days(100)).calendar().unwrap();
    parameters.not_after = (now() + Span::days(100)).calendar().unwrap();
    parameters
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut parameters = parameters(name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap() }
    }

    pub(crate) fn der(&self) -> &[u8] {
        self.issuer.der()
    }

    pub(crate) fn name(&self) -> Vec<u8> {
        Anatomy::of(self.der()).subject.unwrap().der().to_vec()
    }

    /// A certificate of this serial number with these extensions, and the key of the same.
    pub(crate) fn issue(
        &self,
        name: &str,
        serial: u8,
        extensions: &[(Oid<'static>, Vec<u8>)],
    ) -> (Vec<u8>, KeyPair) {
        self.issue_until(now() + Span::days(100), name, serial, extensions)
    }

    /// The same, until this instant.
    pub(crate) fn issue_until(
        &self,
        ends: Time,
        name: &str,
        serial: u8,
        extensions: &[(Oid<'static>, Vec<u8>)],
    ) -> (Vec<u8>, KeyPair) {
        let mut parameters = parameters(name);
        parameters.not_after = ends.calendar().unwrap();
        parameters.serial_number = Some(SerialNumber::from(vec![serial]));
        let custom = |(kind, value): &(Oid<'static>, Vec<u8>)| {
            let arcs: Vec<u64> = kind.to_string().split('.').map(|arc| arc.parse().unwrap()).collect();
            CustomExtension::from_oid_content(&arcs, value.clone())
        };
        parameters.custom_extensions = extensions.iter().map(custom).collect();
        let key = KeyPair::generate().unwrap();
        (parameters.signed_by(&key, &self.issuer).unwrap().der().to_vec(), key)
    }

    /// One with these extensions, whose name does not matter.
    pub(crate) fn certificate(&self, serial: u8, extensions: &[(Oid<'static>, Vec<u8>)]) -> Vec<u8> {
        self.issue("subject", serial, extensions).0
    }

    pub(crate) fn crl(&self, draft: &Draft) -> Vec<u8> {
        sign(&draft.tbs(&self.name()), self.issuer.key(), &[])
    }

    pub(crate) fn sign(&self, tbs: &[u8], after: &[u8]) -> Vec<u8> {
        sign(tbs, self.issuer.key(), after)
    }
}

/// A signed structure, with something after the signature.
pub(crate) fn sign(tbs: &[u8], key: &KeyPair, after: &[u8]) -> Vec<u8> {
    let signature = key.sign(tbs).unwrap();
    sequence(&[tbs, &algorithm(), &write(Tag::BIT_STRING, &[&[0], &signature]), after])
}

fn algorithm() -> Vec<u8> {
    sequence(&[&write(Tag::OID, &[oid::ECDSA_SHA256.content()])])
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    write(Tag::SEQUENCE, parts)
}

pub(crate) fn generalized(at: Time) -> Vec<u8> {
    let letters: String = at.to_string().chars().filter(char::is_ascii_digit).collect();
    write(Tag::GENERALIZED_TIME, &[letters.as_bytes(), b"Z"])
}

pub(crate) fn integer(number: u8) -> Vec<u8> {
    write(Tag::INTEGER, &[&[number]])
}

/// An extension: its kind, whether it is critical, and its value.
pub(crate) fn extension(kind: Oid<'static>, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { write(Tag::BOOLEAN, &[&[0xff]]) } else { Vec::new() };
    sequence(&[&write(Tag::OID, &[kind.content()]), &critical, &write(Tag::OCTET_STRING, &[value])])
}

/// An entry, revoked ten days ago.
pub(crate) fn entry(serial: u8, extensions: &[Vec<u8>]) -> Vec<u8> {
    let all = if extensions.is_empty() { Vec::new() } else { sequence(&[&extensions.concat()]) };
    sequence(&[&integer(serial), &generalized(now() - Span::days(10)), &all])
}

pub(crate) fn reason(number: u8) -> Vec<u8> {
    extension(oid::REASON_CODE, false, &write(Tag::ENUMERATED, &[&[number]]))
}

/// `[number]` around these parts.
pub(crate) fn tagged(number: u32, parts: &[&[u8]]) -> Vec<u8> {
    write(Tag::context_constructed(number), parts)
}

/// A directoryName.
pub(crate) fn directory(name: &[u8]) -> Vec<u8> {
    tagged(4, &[name])
}

pub(crate) fn uri(letters: &str) -> Vec<u8> {
    write(Tag::context(6), &[letters.as_bytes()])
}

/// A distribution point's name: its full names.
pub(crate) fn full_name(names: &[Vec<u8>]) -> Vec<u8> {
    tagged(0, &[&tagged(0, &[&names.concat()])])
}

/// A number of a CRL.
pub(crate) fn number(number: u8) -> Vec<u8> {
    extension(oid::CRL_NUMBER, false, &integer(number))
}

impl Draft {
    /// Made yesterday, until tomorrow, without extensions.
    pub(crate) fn new(entries: &[Vec<u8>]) -> Self {
        Self {
            version: integer(1),
            this_update: now() - Span::days(1),
            next_update: Some(now() + Span::days(1)),
            entries: (!entries.is_empty()).then(|| entries.to_vec()),
            extensions: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// With an issuing distribution point of these fields.
    pub(crate) fn at(self, fields: &[&[u8]]) -> Self {
        self.with(extension(oid::ISSUING_DISTRIBUTION_POINT, true, &sequence(fields)))
    }

    fn tbs(&self, issuer: &[u8]) -> Vec<u8> {
        let next = self.next_update.map(generalized).unwrap_or_default();
        let entries = self.entries.as_ref().map(|entries| sequence(&[&entries.concat()])).unwrap_or_default();
        let extensions = match &self.extensions[..] {
            [] => Vec::new(),
            all => tagged(0, &[&sequence(&[&all.concat()])]),
        };
        let before = [&self.version[..], &algorithm(), issuer, &generalized(self.this_update), &next];
        sequence(&[&before.concat(), &entries, &extensions])
    }
}

#[test]
fn what_is_staged_can_be_read() {
    let ca = Authority::new("CA");
    let crl = ca.crl(&Draft::new(&[entry(1, &[reason(1)])]).with(number(1)));
    assert!(crate::der::audit::audit(&crl).is_empty());
    let mut whole = Reader::new(&crl);
    assert!(whole.element().is_ok() && whole.is_empty());
    assert!(Anatomy::of(&ca.certificate(7, &[])).faults().is_empty());
}
