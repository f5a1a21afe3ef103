//! Answers that are staged; those of OpenSSL are judged in `tests/it`.

use rcgen::KeyPair;

use super::{
    Asked, CertificateIdentity, IdHash, Judgement, NonceRule, Policy, Signer, is_about, judge, request,
};
use crate::der::{Reader, Tag, oid, write};
use crate::revocation::{Because, Reason, Verdict};
use crate::staged::{Authority, extension, generalized, integer, now, sequence, sign, tagged};
use crate::x509::extension::OcspNonce;
use crate::x509::ocsp::{OcspRequestAnatomy, OcspResponseAnatomy, OcspStatus};
use crate::x509::{Anatomy, SubjectPublicKeyInfo};
use crate::{SignatureFault, Span, Time};

/// An answer that is still to be signed.
struct Answer<'a> {
    id: Vec<u8>,
    status: Vec<u8>,
    this_update: Time,
    next_update: Option<Time>,
    produced_at: Time,
    extensions: Vec<Vec<u8>>,
    responder: &'a [u8],
}

fn good() -> Vec<u8> {
    write(Tag::context(0), &[])
}

fn revoked(reason: u8) -> Vec<u8> {
    let reason = tagged(0, &[&write(Tag::ENUMERATED, &[&[reason]])]);
    tagged(1, &[&generalized(now() - Span::days(3)), &reason])
}

impl<'a> Answer<'a> {
    fn new(id: Vec<u8>, status: Vec<u8>, responder: &'a [u8]) -> Self {
        let (this_update, next_update) = (now() - Span::hours(2), Some(now() + Span::hours(2)));
        Self {
            id,
            status,
            this_update,
            next_update,
            produced_at: this_update,
            extensions: Vec::new(),
            responder,
        }
    }

    fn tbs(&self) -> Vec<u8> {
        let next = self.next_update.map(|next| tagged(0, &[&generalized(next)])).unwrap_or_default();
        let single = sequence(&[&self.id, &self.status, &generalized(self.this_update), &next]);
        let extensions = match &self.extensions[..] {
            [] => Vec::new(),
            all => tagged(1, &[&sequence(&[&all.concat()])]),
        };
        let responder = tagged(1, &[self.responder]);
        sequence(&[&responder, &generalized(self.produced_at), &sequence(&[&single]), &extensions])
    }
}

/// A response around a signed answer.
fn response(basic: &[u8]) -> Vec<u8> {
    let kind = write(Tag::OID, &[oid::OCSP_BASIC.content()]);
    let bytes = sequence(&[&kind, &write(Tag::OCTET_STRING, &[basic])]);
    sequence(&[&write(Tag::ENUMERATED, &[&[0]]), &tagged(0, &[&bytes])])
}

/// `certs`.
fn certificates(all: &[&[u8]]) -> Vec<u8> {
    tagged(0, &[&sequence(all)])
}

struct Stage {
    ca: Authority,
    certificate: Vec<u8>,
    name: Vec<u8>,
}

impl Stage {
    fn new() -> Self {
        let ca = Authority::new("CA");
        let (certificate, name) = (ca.certificate(7, &[]), ca.name());
        Self { ca, certificate, name }
    }

    fn key(&self) -> SubjectPublicKeyInfo<'_> {
        Anatomy::of(self.ca.der()).key.unwrap()
    }

    fn id(&self, hash: IdHash) -> Vec<u8> {
        CertificateIdentity::of(&Anatomy::of(&self.certificate), &self.key()).unwrap().der(hash)
    }

    fn answer(&self, status: Vec<u8>) -> Answer<'_> {
        Answer::new(self.id(IdHash::Sha1), status, &self.name)
    }

    fn judged(&self, response: &[u8], nonce: Option<&[u8]>, policy: &Policy) -> Judgement {
        let (certificate, key) = (Anatomy::of(&self.certificate), self.key());
        let response = OcspResponseAnatomy::of(response);
        judge(&certificate, &response, &Asked { issuer: &key, nonce }, now(), policy)
    }

    /// Of an answer that the CA itself signs.
    fn verdict(&self, answer: &Answer<'_>) -> Verdict {
        self.judged(&response(&self.ca.sign(&answer.tbs(), &[])), None, &Policy::default()).verdict
    }

    /// A responder of this CA with these extensions.
    fn responder(&self, kinds: &[(crate::der::Oid<'static>, Vec<u8>)]) -> (Vec<u8>, KeyPair, Vec<u8>) {
        let (der, key) = self.ca.issue("Responder", 9, kinds);
        let name = Anatomy::of(&der).subject.unwrap().der().to_vec();
        (der, key, name)
    }
}

fn purpose(purpose: crate::der::Oid<'static>) -> (crate::der::Oid<'static>, Vec<u8>) {
    (oid::EXTENDED_KEY_USAGE, sequence(&[&write(Tag::OID, &[purpose.content()])]))
}

#[test]
fn a_request_names_the_certificate_and_carries_the_nonce() {
    let stage = Stage::new();
    let (certificate, key) = (Anatomy::of(&stage.certificate), stage.key());
    let identity = CertificateIdentity::of(&certificate, &key).unwrap();
    for (hash, length) in [(IdHash::Sha1, 20), (IdHash::Sha256, 32)] {
        let der = request(&[identity, identity], hash, Some(&[5; 32]));
        assert!(crate::der::audit::audit(&der).is_empty());
        let read = OcspRequestAnatomy::of(&der);
        assert_eq!((read.surplus.len(), read.version), (0, Ok(0)));
        let nonce = read.value::<OcspNonce<'_>>().unwrap().unwrap();
        assert_eq!(nonce.octets, [5; 32]);
        let singles = read.requests.unwrap();
        assert_eq!(singles.len(), 2);
        let id = singles[0].as_ref().unwrap().certificate;
        assert_eq!((id.name_hash.len(), id.key_hash.len(), id.serial.to_i64()), (length, length, Some(7)));
        assert!(identity.is(&id));
    }
    assert!(OcspRequestAnatomy::of(&request(&[identity], IdHash::Sha1, None)).extensions.is_none());
}

#[test]
fn what_the_issuer_itself_answers_counts() {
    let stage = Stage::new();
    assert_eq!(stage.verdict(&stage.answer(good())), Verdict::Good);
    let by_sha256 = Answer { id: stage.id(IdHash::Sha256), ..stage.answer(good()) };
    assert_eq!(stage.verdict(&by_sha256), Verdict::Good);
    let expected = Verdict::Revoked {
        at: Some(now() - Span::days(3)),
        reason: Some(Reason::CessationOfOperation),
        invalidity: None,
    };
    assert_eq!(stage.verdict(&stage.answer(revoked(5))), expected);
    let unknown = write(Tag::context(2), &[]);
    assert_eq!(stage.verdict(&stage.answer(unknown)), Verdict::Unknown(Because::NotKnownToResponder));
    let signed = response(&stage.ca.sign(&stage.answer(good()).tbs(), &[]));
    let judged = stage.judged(&signed, None, &Policy::default());
    assert_eq!(judged.signer, Some(Signer::Issuer));
    assert_eq!(judged.this_update, Some(now() - Span::hours(2)));
    assert_eq!(judged.next_update, Some(now() + Span::hours(2)));
    assert_eq!(judged.produced_at, judged.this_update);
}

#[test]
fn only_current_answers_about_this_certificate_count() {
    let stage = Stage::new();
    let other = CertificateIdentity::of(&Anatomy::of(&stage.ca.certificate(8, &[])), &stage.key())
        .unwrap()
        .der(IdHash::Sha1);
    let answer = || stage.answer(good());
    let strange = extension(oid::SUBJECT_ALT_NAME, true, &integer(0));
    let (early, late, old) = (now() + Span::minutes(6), now() - Span::minutes(6), now() - Span::days(200));
    let table = [
        (Answer { id: other, ..answer() }, Because::OtherCertificate),
        (Answer { this_update: early, ..answer() }, Because::NotYet(early)),
        (Answer { produced_at: early, ..answer() }, Because::NotYet(early)),
        (Answer { next_update: Some(late), ..answer() }, Because::Stale(late)),
        (Answer { produced_at: old, ..answer() }, Because::BeforeCertificate(old)),
        (
            Answer { extensions: vec![strange], ..answer() },
            Because::CriticalExtension("subjectAltName".to_owned()),
        ),
    ];
    for (answer, because) in table {
        assert_eq!(stage.verdict(&answer), Verdict::Unknown(because));
    }
    // Five minutes are what clocks may be apart.
    assert!(stage.verdict(&Answer { next_update: Some(now() - Span::minutes(4)), ..answer() }).is_good());
    // Without nextUpdate an answer was good for ever, once.
    let endless = |age: Span| {
        let begins = now() - age;
        let answer = Answer { this_update: begins, next_update: None, produced_at: begins, ..answer() };
        stage.verdict(&answer)
    };
    assert!(endless(Span::hours(23)).is_good());
    assert_eq!(endless(Span::hours(25)), Verdict::Unknown(Because::Undated(now() - Span::hours(25))));
    let policy = Policy { max_age: Some(Span::hours(1)), ..Policy::default() };
    let signed = response(&stage.ca.sign(&answer().tbs(), &[]));
    let verdict = stage.judged(&signed, None, &policy).verdict;
    assert_eq!(verdict, Verdict::Unknown(Because::TooOld(now() - Span::hours(2))));
}

#[test]
fn a_nonce_that_was_sent_must_come_back() {
    let stage = Stage::new();
    let nonce = |octets: &[u8]| extension(oid::OCSP_NONCE, false, &write(Tag::OCTET_STRING, &[octets]));
    let with =
        |extensions| response(&stage.ca.sign(&Answer { extensions, ..stage.answer(good()) }.tbs(), &[]));
    let strict = Policy::default();
    let lenient = Policy { nonce: NonceRule::MayBeLeftOut, ..strict };
    let verdict = |answer: &[u8], policy| stage.judged(answer, Some(&[1; 16]), policy).verdict;
    assert!(verdict(&with(vec![nonce(&[1; 16])]), &strict).is_good());
    assert_eq!(verdict(&with(vec![]), &strict), Verdict::Unknown(Because::NonceMissing));
    assert!(verdict(&with(vec![]), &lenient).is_good());
    assert_eq!(verdict(&with(vec![nonce(&[2; 16])]), &lenient), Verdict::Unknown(Because::NonceDiffers));
}

#[test]
fn a_responder_needs_the_right_to_answer_from_the_issuer_itself() {
    let stage = Stage::new();
    let null = (oid::OCSP_NO_CHECK, write(Tag::NULL, &[]));
    let no_signing = (oid::KEY_USAGE, write(Tag::BIT_STRING, &[&[2, 4]]));
    let not_allowed = |why| Err(Because::SignerNotAllowed(why));
    let table = [
        (vec![purpose(oid::OCSP_SIGNING)], Ok(false)),
        (vec![purpose(oid::OCSP_SIGNING), null], Ok(true)),
        (vec![], not_allowed("its certificate is not for OCSPSigning")),
        (vec![purpose(oid::ANY_EXTENDED_KEY_USAGE)], not_allowed("its certificate is not for OCSPSigning")),
        (vec![purpose(oid::OCSP_SIGNING), no_signing], not_allowed("its key usage is not digitalSignature")),
    ];
    for (extensions, expected) in table {
        let (der, key, name) = stage.responder(&extensions);
        let answer = Answer { responder: &name, ..stage.answer(good()) };
        let judged = stage.judged(
            &response(&sign(&answer.tbs(), &key, &certificates(&[&der]))),
            None,
            &Policy::default(),
        );
        match expected {
            Ok(no_check) => {
                assert_eq!(judged.verdict, Verdict::Good);
                assert_eq!(judged.signer, Some(Signer::Delegated { certificate: der, no_check }));
            }
            Err(because) => assert_eq!((judged.verdict, judged.signer), (Verdict::Unknown(because), None)),
        }
    }
}

#[test]
fn a_responder_whose_certificate_has_ended_answers_nothing() {
    let stage = Stage::new();
    for (ends, expected) in [
        (now() - Span::minutes(4), Verdict::Good),
        (now() - Span::minutes(6), Verdict::Unknown(Because::SignerNotValid)),
    ] {
        let (der, key) = stage.ca.issue_until(ends, "Responder", 9, &[purpose(oid::OCSP_SIGNING)]);
        let name = Anatomy::of(&der).subject.unwrap().der().to_vec();
        let answer = Answer { responder: &name, ..stage.answer(good()) };
        let signed = response(&sign(&answer.tbs(), &key, &certificates(&[&der])));
        assert_eq!(stage.judged(&signed, None, &Policy::default()).verdict, expected);
    }
}

/// Of several answers, the one about the certificate was looked for by its place alone.
#[test]
fn an_answer_is_about_the_certificates_that_it_names() {
    let stage = Stage::new();
    let (mine, other) = (Anatomy::of(&stage.certificate), stage.ca.certificate(8, &[]));
    let signed = response(&stage.ca.sign(&stage.answer(good()).tbs(), &[]));
    let answer = OcspResponseAnatomy::of(&signed);
    assert!(is_about(&answer, &mine, &stage.key()));
    assert!(!is_about(&answer, &Anatomy::of(&other), &stage.key()));
    let stranger = Authority::new("CA");
    assert!(!is_about(&answer, &mine, &Anatomy::of(stranger.der()).key.unwrap()));
}

/// Whoever finds a collision has a certificate for answers signed.
#[test]
fn a_responder_whose_certificate_is_signed_by_a_broken_hash_answers_nothing() {
    let stage = Stage::new();
    let (der, key, name) = stage.responder(&[purpose(oid::OCSP_SIGNING)]);
    let as_sha1 = |from: &[u8]| {
        let (sha256, sha1) = (oid::ECDSA_SHA256.content(), oid::ECDSA_SHA1.content());
        assert!(from.windows(sha256.len()).any(|part| part == sha256));
        let algorithm = |oid: &[u8]| sequence(&[&write(Tag::OID, &[oid])]);
        let tbs = Anatomy::of(from).tbs.unwrap().whole.to_vec();
        sequence(&[&tbs, &algorithm(sha1), &write(Tag::BIT_STRING, &[&[0; 9]])])
    };
    let weak = as_sha1(&der);
    let answer = Answer { responder: &name, ..stage.answer(good()) };
    let signed = response(&sign(&answer.tbs(), &key, &certificates(&[&weak])));
    let verdict = stage.judged(&signed, None, &Policy::default()).verdict;
    assert_eq!(verdict, Verdict::Unknown(Because::WeakSignature("ECDSA with SHA-1".to_owned())));
}

#[test]
fn strangers_answer_nothing() {
    let stage = Stage::new();
    let stranger = Authority::new("Stranger");
    let (der, key) = stranger.issue("Responder", 1, &[purpose(oid::OCSP_SIGNING)]);
    let name = Anatomy::of(&der).subject.unwrap().der().to_vec();
    let answer = Answer { responder: &name, ..stage.answer(good()) };
    let verdict = |basic: &[u8]| stage.judged(&response(basic), None, &Policy::default()).verdict;
    let not_of_issuer = Because::SignerNotAllowed("its certificate is not of the certificate's issuer");
    assert_eq!(verdict(&sign(&answer.tbs(), &key, &certificates(&[&der]))), Verdict::Unknown(not_of_issuer));
    assert_eq!(verdict(&sign(&answer.tbs(), &key, &[])), Verdict::Unknown(Because::SignerUnknown));
    // Under the name of the issuer, by another key.
    let forged = sign(&stage.answer(good()).tbs(), &key, &[]);
    assert_eq!(verdict(&forged), Verdict::Unknown(Because::Signature(SignatureFault::Wrong)));
}

#[test]
fn no_answer_is_told_as_such() {
    let stage = Stage::new();
    let verdict = |response: &[u8]| stage.judged(response, None, &Policy::default()).verdict;
    let refused = sequence(&[&write(Tag::ENUMERATED, &[&[3]])]);
    assert_eq!(verdict(&refused), Verdict::Unknown(Because::Responder(OcspStatus::TryLater)));
    let empty = sequence(&[&write(Tag::ENUMERATED, &[&[0]])]);
    assert_eq!(verdict(&empty), Verdict::Unknown(Because::OtherKind("nothing".to_owned())));
    assert!(matches!(verdict(b"<html>"), Verdict::Unknown(Because::Unreadable { .. })));
    let basic = stage.ca.sign(&stage.answer(good()).tbs(), &[]);
    let cut = response(&basic[..basic.len() - 1]);
    assert!(matches!(verdict(&cut), Verdict::Unknown(Because::Unreadable { .. })));
    assert!(Reader::new(&cut).element().is_ok(), "only the inner part is cut");
}
