//! Who may sign an answer (RFC 6960 section 4.2.2.2).

use super::identity::key_hash;
use crate::der::oid;
use crate::model::signature;
use crate::revocation::Because;
use crate::revocation::verdict::strong;
use crate::x509::extension::{ExtendedKeyUsage, KeyUsage, KeyUsageBit};
use crate::x509::ocsp::{BasicResponse, ResponderId};
use crate::x509::{Anatomy, DistinguishedName, SubjectPublicKeyInfo};
use crate::{PublicKey, Span, Time};

/// The most certificates of an answer whose signatures are checked: an honest one has one or two.
const MOST: usize = 4;

/// Who signed an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The issuer of the certificate.
    Issuer,
    /// Another, to whom the issuer has given that right by a certificate.
    Delegated {
        /// Its certificate, in DER.
        certificate: Vec<u8>,
        /// Whether its issuer wants nobody to ask whether it was itself revoked (`id-pkix-ocsp-nocheck`). Where that is not so,
        /// whoever asks should look at its CRL.
        no_check: bool,
    },
}

/// The issuer of the certificate that is asked about.
pub(super) struct Issuer<'q, 'a> {
    pub(super) name: &'q DistinguishedName<'a>,
    pub(super) key: &'q SubjectPublicKeyInfo<'a>,
}

/// Who signed it, where that may be and the signature holds.
pub(super) fn signer(
    response: &BasicResponse<'_>,
    responder: &ResponderId<'_>,
    issuer: &Issuer<'_, '_>,
    at: Time,
    tolerance: Span,
) -> Result<Signer, Because> {
    strong(&response.signature_algorithm)?;
    let mut because = Because::SignerUnknown;
    if is(responder, issuer.name, issuer.key) {
        match verify(response.der, issuer.key) {
            Ok(()) => return Ok(Signer::Issuer),
            Err(other) => because = because.or(other),
        }
    }
    let certificates = response.certificates.iter().flatten().map(|der| Anatomy::of(der));
    let named = certificates.filter(|certificate| match (&certificate.subject, &certificate.key) {
        (Ok(subject), Ok(key)) => is(responder, subject, key),
        _ => false,
    });
    for certificate in named.take(MOST) {
        let judged = delegated(&certificate, issuer, at, tolerance).and_then(|key| verify(response.der, key));
        match judged {
            Ok(()) => {
                let no_check = certificate.extension(oid::OCSP_NO_CHECK).is_some();
                return Ok(Signer::Delegated { certificate: certificate.der.to_vec(), no_check });
            }
            Err(other) => because = because.or(other),
        }
    }
    Err(because)
}

fn is(responder: &ResponderId<'_>, name: &DistinguishedName<'_>, key: &SubjectPublicKeyInfo<'_>) -> bool {
    match responder {
        ResponderId::Name(responder) => responder.matches(name),
        ResponderId::Key(hash) => *hash == key_hash(key),
    }
}

fn verify(signed: &[u8], key: &SubjectPublicKeyInfo<'_>) -> Result<(), Because> {
    signature::verify(signed, &PublicKey::read(key)).map_err(Because::Signature)
}

/// The key of a certificate that the issuer itself has issued for answers, and that is valid now.
fn delegated<'c, 'a>(
    certificate: &'c Anatomy<'a>,
    issuer: &Issuer<'_, '_>,
    at: Time,
    tolerance: Span,
) -> Result<&'c SubjectPublicKeyInfo<'a>, Because> {
    let unreadable = |fault| Because::Unreadable { what: "the responder's certificate", fault };
    if let Some((_, fault)) = certificate.faults().first() {
        return Err(unreadable(*fault));
    }
    let known = |kind| KNOWN.contains(&kind);
    if let Some(extension) = certificate.extensions().find(|one| one.critical && !known(one.kind)) {
        return Err(Because::CriticalExtension(extension.kind.shown()));
    }
    strong(&certificate.signature_algorithm)?;
    let is_below = certificate.issuer.as_ref().is_ok_and(|name| name.matches(issuer.name));
    if !is_below || !signature::holds(certificate.der, issuer.key) {
        return Err(Because::SignerNotAllowed("its certificate is not of the certificate's issuer"));
    }
    let for_answers = match certificate.value::<ExtendedKeyUsage<'_>>() {
        Some(Ok(usage)) => usage.has(oid::OCSP_SIGNING),
        _ => false,
    };
    if !for_answers {
        return Err(Because::SignerNotAllowed("its certificate is not for OCSPSigning"));
    }
    let may_sign = match certificate.value::<KeyUsage<'_>>() {
        None => true,
        Some(usage) => usage.is_ok_and(|usage| usage.has(KeyUsageBit::DigitalSignature)),
    };
    if !may_sign {
        return Err(Because::SignerNotAllowed("its key usage is not digitalSignature"));
    }
    let begins = certificate.not_before.map_err(unreadable)?.time;
    let ends = certificate.not_after.map_err(unreadable)?.time;
    if at + tolerance < begins || ends + tolerance < at {
        return Err(Because::SignerNotValid);
    }
    certificate.key.as_ref().map_err(|fault| unreadable(*fault))
}

/// Critical extensions that the certificate of a responder may have; those about CAs and names mean nothing for it.
const KNOWN: [crate::der::Oid<'static>; 6] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::CERTIFICATE_POLICIES,
    oid::OCSP_NO_CHECK,
];
