//! What a CA tells of its certificates' revocation: OCSP answers and CRLs, right ones and wrong ones, made by hand so that nothing
//! keeps them from being wrong.

mod server;

pub use server::{Manner, StatusServer};

use notafter_cert::der::{Tag, oid, write};
use notafter_cert::revocation::Reason;
use notafter_cert::revocation::ocsp::{CertificateIdentity, IdHash};
use notafter_cert::x509::Anatomy;
use notafter_cert::{Certificate, Span, Time};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, SigningKey};

use crate::authority::{StageError, named};

/// Whoever signs what is told of a CA's certificates.
pub struct Signer {
    /// The CA's certificate, DER.
    certificate: Vec<u8>,
    key: KeyPair,
}

/// A certificate that was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The content of its serial number.
    pub serial: Vec<u8>,
    /// When.
    pub at: Time,
    /// Why.
    pub reason: Option<Reason>,
}

impl Revoked {
    /// This certificate, at an instant.
    #[must_use]
    pub fn of(certificate: &[u8], at: Time, reason: Option<Reason>) -> Self {
        Self { serial: serial(certificate), at, reason }
    }
}

/// From when to when something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// thisUpdate.
    pub from: Time,
    /// nextUpdate.
    pub to: Time,
}

impl Window {
    /// An hour before and after an instant.
    #[must_use]
    pub fn around(at: Time) -> Self {
        Self { from: at - Span::hours(1), to: at + Span::hours(1) }
    }

    /// One that ended a day before an instant.
    #[must_use]
    pub fn before(at: Time) -> Self {
        Self { from: at - Span::days(3), to: at - Span::days(1) }
    }
}

/// The content of a certificate's serial number.
pub(crate) fn serial(certificate: &[u8]) -> Vec<u8> {
    Anatomy::of(certificate).serial.map(|serial| serial.bytes().to_vec()).unwrap_or_default()
}

impl Signer {
    /// The CA with this certificate and key.
    ///
    /// # Errors
    /// The key cannot be read.
    pub fn new(certificate: &[u8], key: &KeyPair) -> Result<Self, StageError> {
        Ok(Self { certificate: certificate.to_vec(), key: KeyPair::try_from(key.serialize_der())? })
    }

    /// One that bears the same name and certificate, and has another key.
    ///
    /// # Errors
    /// No key could be made.
    pub fn impostor(&self) -> Result<Self, StageError> {
        Ok(Self { certificate: self.certificate.clone(), key: KeyPair::generate()? })
    }

    /// The CA's certificate in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        notafter_cert::pem::write("CERTIFICATE", &self.certificate)
    }

    /// The CA's key in PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// `CertID` of a certificate of this CA.
    ///
    /// # Errors
    /// The CA's or the certificate's name or key cannot be read.
    pub fn identity(&self, certificate: &[u8]) -> Result<Vec<u8>, StageError> {
        let issuer = Anatomy::of(&self.certificate);
        let key = issuer.key.as_ref().map_err(|_| StageError::Key)?;
        let subject = Anatomy::of(certificate);
        let identity = CertificateIdentity::of(&subject, key).map_err(|_| StageError::Key)?;
        Ok(identity.der(IdHash::Sha1))
    }

    /// An OCSP answer of the CA itself about what a `CertID` names: good, or revoked.
    ///
    /// # Errors
    /// It could not be signed.
    pub fn answer(
        &self,
        id: &[u8],
        revoked: Option<&Revoked>,
        window: Window,
    ) -> Result<Vec<u8>, StageError> {
        let tbs = answer_tbs(&name(&self.certificate), id, revoked, window);
        Ok(response(&signed(&tbs, &self.key, &[])?))
    }

    /// The same of a responder to whom the CA gave that right.
    ///
    /// # Errors
    /// The responder's certificate could not be made, or the answer not signed.
    pub fn delegated(
        &self,
        id: &[u8],
        revoked: Option<&Revoked>,
        window: Window,
    ) -> Result<Vec<u8>, StageError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "lab responder");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        let (from, to) = (window.from - Span::days(1), window.to + Span::days(1));
        params.not_before = from.calendar().ok_or(StageError::Date(from))?;
        params.not_after = to.calendar().ok_or(StageError::Date(to))?;
        let certificate = params.signed_by(&key, &Issuer::from_params(&self.parameters(), &self.key))?;
        let tbs = answer_tbs(&name(certificate.der()), id, revoked, window);
        let beside = tagged(0, &[&sequence(&[certificate.der()])]);
        Ok(response(&signed(&tbs, &key, &beside)?))
    }

    /// As far as whoever is below needs them.
    fn parameters(&self) -> CertificateParams {
        let certificate = Certificate::parse(&self.certificate).ok();
        let name = certificate.as_ref().and_then(Certificate::common_name).unwrap_or_default();
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params
    }

    /// A complete CRL with these entries, and `more` of strangers behind them.
    ///
    /// # Errors
    /// It could not be signed.
    pub fn list(&self, entries: &[Revoked], more: u32, window: Window) -> Result<Vec<u8>, StageError> {
        let mut octets: Vec<u8> = entries.iter().flat_map(entry).collect();
        for number in 0..more {
            // Two octets in front: none of these is a serial number that rcgen makes.
            let serial = [&[1, 1][..], &number.to_be_bytes()].concat();
            octets.extend(entry(&Revoked { serial, at: window.from, reason: None }));
        }
        let entries = if octets.is_empty() { Vec::new() } else { sequence(&[&octets]) };
        let head = self.list_head(window);
        let number = extension(oid::CRL_NUMBER, &write(Tag::INTEGER, &[&[7]]));
        let extensions = tagged(0, &[&sequence(&[&self.authority_key(), &number])]);
        signed(&sequence(&[&head, &entries, &extensions]), &self.key, &[])
    }

    /// The first octets of a CRL that says it has four thousand million of them.
    pub(crate) fn endless_list(&self, window: Window) -> Vec<u8> {
        const LONGEST: [u8; 6] = [0x30, 0x84, 0xff, 0xff, 0xff, 0xff];
        let shorter = |by: u8| [0x30, 0x84, 0xff, 0xff, 0xff - by, 0xff];
        [&LONGEST[..], &shorter(1), &self.list_head(window), &shorter(2)].concat()
    }

    /// Fields before the entries.
    fn list_head(&self, window: Window) -> Vec<u8> {
        let version = write(Tag::INTEGER, &[&[1]]);
        [&version[..], &algorithm(), &name(&self.certificate), &utc(window.from), &utc(window.to)].concat()
    }

    fn authority_key(&self) -> Vec<u8> {
        let certificate = Certificate::parse(&self.certificate).ok();
        let id = certificate.as_ref().and_then(Certificate::subject_key_id).unwrap_or_default();
        extension(oid::AUTHORITY_KEY_IDENTIFIER, &sequence(&[&write(Tag::context(0), &[id])]))
    }
}

/// An answer that tells nothing, with this status (RFC 6960 section 4.2.1).
#[must_use]
pub fn refusal(status: u8) -> Vec<u8> {
    sequence(&[&write(Tag::ENUMERATED, &[&[status]])])
}

fn name(certificate: &[u8]) -> Vec<u8> {
    Anatomy::of(certificate).subject.map(|name| name.der().to_vec()).unwrap_or_default()
}

fn answer_tbs(responder: &[u8], id: &[u8], revoked: Option<&Revoked>, window: Window) -> Vec<u8> {
    let status = match revoked {
        None => write(Tag::context(0), &[]),
        Some(Revoked { at, reason, .. }) => {
            let reason = reason.map(|reason| tagged(0, &[&write(Tag::ENUMERATED, &[&[code(reason)]])]));
            tagged(1, &[&generalized(*at), &reason.unwrap_or_default()])
        }
    };
    let next = tagged(0, &[&generalized(window.to)]);
    let single = sequence(&[id, &status, &generalized(window.from), &next]);
    sequence(&[&tagged(1, &[responder]), &generalized(window.from), &sequence(&[&single])])
}

/// A response around a signed answer.
fn response(basic: &[u8]) -> Vec<u8> {
    let kind = write(Tag::OID, &[oid::OCSP_BASIC.content()]);
    let bytes = sequence(&[&kind, &write(Tag::OCTET_STRING, &[basic])]);
    sequence(&[&write(Tag::ENUMERATED, &[&[0]]), &tagged(0, &[&bytes])])
}

fn entry(revoked: &Revoked) -> Vec<u8> {
    let reason = revoked.reason.map(|reason| {
        let code = write(Tag::ENUMERATED, &[&[code(reason)]]);
        sequence(&[&extension(oid::REASON_CODE, &code)])
    });
    sequence(&[&write(Tag::INTEGER, &[&revoked.serial]), &utc(revoked.at), &reason.unwrap_or_default()])
}

/// `CRLReason`.
const fn code(reason: Reason) -> u8 {
    match reason {
        Reason::Unspecified => 0,
        Reason::KeyCompromise => 1,
        Reason::CaCompromise => 2,
        Reason::AffiliationChanged => 3,
        Reason::Superseded => 4,
        Reason::CessationOfOperation => 5,
        Reason::CertificateHold => 6,
        Reason::RemoveFromCrl => 8,
        Reason::PrivilegeWithdrawn => 9,
        Reason::AaCompromise => 10,
    }
}

/// A signed structure, with something after the signature.
fn signed(tbs: &[u8], key: &KeyPair, after: &[u8]) -> Result<Vec<u8>, StageError> {
    let signature = key.sign(tbs)?;
    Ok(sequence(&[tbs, &algorithm(), &write(Tag::BIT_STRING, &[&[0], &signature]), after]))
}

/// Keys of the stage are on P-256.
fn algorithm() -> Vec<u8> {
    sequence(&[&write(Tag::OID, &[oid::ECDSA_SHA256.content()])])
}

fn extension(kind: notafter_cert::der::Oid<'static>, value: &[u8]) -> Vec<u8> {
    sequence(&[&write(Tag::OID, &[kind.content()]), &write(Tag::OCTET_STRING, &[value])])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    write(Tag::SEQUENCE, parts)
}

fn tagged(number: u32, parts: &[&[u8]]) -> Vec<u8> {
    write(Tag::context_constructed(number), parts)
}

fn digits(at: Time) -> String {
    let whole = Time::from_unix_seconds(at.unix_seconds()).to_string();
    whole.chars().filter(char::is_ascii_digit).collect()
}

fn generalized(at: Time) -> Vec<u8> {
    write(Tag::GENERALIZED_TIME, &[digits(at).as_bytes(), b"Z"])
}

/// Before 2050 (RFC 5280 section 5.1.2.4).
fn utc(at: Time) -> Vec<u8> {
    write(Tag::UTC_TIME, &[digits(at).get(2..).unwrap_or_default().as_bytes(), b"Z"])
}
