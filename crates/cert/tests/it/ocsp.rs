//! OpenSSL answers our requests, and we judge its answers.

use std::path::{Path, PathBuf};
use std::process::Command;

use notafter_cert::revocation::ocsp::{
    Asked, CertificateIdentity, IdHash, Judgement, NonceRule, Policy, Signer, judge, request,
};
use notafter_cert::revocation::{Because, Reason, Verdict};
use notafter_cert::x509::Anatomy;
use notafter_cert::x509::ocsp::OcspResponseAnatomy;
use notafter_cert::{Span, Time, pem};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, SerialNumber,
};

use crate::left_out::{Need, left_out};

/// What OpenSSL's responder knows: serial numbers 1 (good), 2 (key compromised) and 3 (on hold); 4 is strange to it.
const INDEX: &str = "V\t991231235959Z\t\t01\tunknown\t/CN=one\n\
    R\t991231235959Z\t260102030405Z,keyCompromise\t02\tunknown\t/CN=two\n\
    R\t991231235959Z\t260102030405Z,certificateHold\t03\tunknown\t/CN=three\n";

struct Responder {
    binary: PathBuf,
    folder: PathBuf,
    ca: CertifiedIssuer<'static, KeyPair>,
}

/// Who signs its answers.
enum Signs {
    Ca,
    Delegate { no_check: bool },
    Stranger,
}

fn parameters(name: &str, serial: u8) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.serial_number = Some(SerialNumber::from(vec![serial]));
    parameters.not_before = Time::from_unix_seconds(1_577_836_800).calendar().unwrap();
    parameters.not_after = Time::from_unix_seconds(4_102_444_800).calendar().unwrap();
    parameters
}

fn ca(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = parameters(name, 100);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

impl Responder {
    /// With OpenSSL, or not at all.
    fn new(test: &str) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let binary =
            std::env::split_paths(&path).map(|folder| folder.join("openssl")).find(|file| file.exists());
        let Some(binary) = binary else {
            left_out(test, Need::Package("openssl"));
            return None;
        };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Some(Self { binary, folder, ca: ca("CA") })
    }

    fn certificate(&self, serial: u8) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        parameters("subject", serial).signed_by(&key, &self.ca).unwrap().der().to_vec()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A certificate for answers, of the CA or of a stranger, and its key.
    fn delegate(&self, signs: &Signs) -> (Vec<u8>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut parameters = parameters("Responder", 101);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        if let Signs::Delegate { no_check: true } = signs {
            let no_check = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], vec![5, 0]);
            parameters.custom_extensions.push(no_check);
        }
        let signed = match signs {
            Signs::Stranger => parameters.signed_by(&key, &ca("CA")),
            _ => parameters.signed_by(&key, &self.ca),
        };
        (signed.unwrap().der().to_vec(), key)
    }

    /// Its answer about a certificate, which it takes to be current for a day.
    fn answer(
        &self,
        certificate: &[u8],
        signs: &Signs,
        more: &[&str],
        hash: IdHash,
        nonce: Option<&[u8]>,
    ) -> Vec<u8> {
        let (anatomy, ca) = (Anatomy::of(certificate), Anatomy::of(self.ca.der()));
        let identity = CertificateIdentity::of(&anatomy, ca.key.as_ref().unwrap()).unwrap();
        let (signer, key) = match signs {
            Signs::Ca => (self.ca.der().to_vec(), self.ca.key().serialize_pem()),
            _ => {
                let (der, key) = self.delegate(signs);
                (der, key.serialize_pem())
            }
        };
        let answer = self.folder.join("answer.der");
        let mut command = Command::new(&self.binary);
        command.args(["ocsp", "-ndays", "1", "-rmd", "sha256"]).args(more);
        command.arg("-index").arg(self.write("index.txt", INDEX));
        command.arg("-CA").arg(self.write("ca.pem", pem::write("CERTIFICATE", self.ca.der())));
        command.arg("-rsigner").arg(self.write("signer.pem", pem::write("CERTIFICATE", &signer)));
        command.arg("-rkey").arg(self.write("signer.key", key));
        command.arg("-reqin").arg(self.write("request.der", request(&[identity], hash, nonce)));
        let output = command.arg("-respout").arg(&answer).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(answer).unwrap()
    }

    /// Our judgement of an answer, so long after it was made.
    fn judged(&self, certificate: &[u8], answer: &[u8], nonce: Option<&[u8]>, later: Span) -> Judgement {
        let response = OcspResponseAnatomy::of(answer);
        assert_eq!(response.faults(), []);
        let made = response.basic.as_ref().unwrap().produced_at.unwrap().time;
        let ca = Anatomy::of(self.ca.der());
        let asked = Asked { issuer: ca.key.as_ref().unwrap(), nonce };
        judge(&Anatomy::of(certificate), &response, &asked, made + later, &Policy::default())
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn openssl_answers_what_we_ask_and_we_understand_it() {
    let Some(responder) = Responder::new("openssl_answers_what_we_ask_and_we_understand_it") else { return };
    let revoked = |reason| Verdict::Revoked {
        at: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        reason: Some(reason),
        invalidity: None,
    };
    let table = [
        (1, Verdict::Good),
        (2, revoked(Reason::KeyCompromise)),
        (3, revoked(Reason::CertificateHold)),
        (4, Verdict::Unknown(Because::NotKnownToResponder)),
    ];
    for (serial, expected) in table {
        let certificate = responder.certificate(serial);
        for (hash, more) in [(IdHash::Sha1, &[][..]), (IdHash::Sha256, &["-resp_key_id"])] {
            let answer = responder.answer(&certificate, &Signs::Ca, more, hash, None);
            let judged = responder.judged(&certificate, &answer, None, Span::ZERO);
            assert_eq!((judged.verdict, judged.signer), (expected.clone(), Some(Signer::Issuer)), "{serial}");
            assert_eq!(judged.next_update, judged.this_update.map(|at| at + Span::days(1)));
        }
    }
}

#[test]
fn an_answer_of_openssl_counts_for_its_day() {
    let Some(responder) = Responder::new("an_answer_of_openssl_counts_for_its_day") else { return };
    let certificate = responder.certificate(1);
    let answer = responder.answer(&certificate, &Signs::Ca, &[], IdHash::Sha1, None);
    let judged = |later| responder.judged(&certificate, &answer, None, later).verdict;
    assert_eq!(judged(Span::hours(23)), Verdict::Good);
    assert!(matches!(judged(Span::hours(25)), Verdict::Unknown(Because::Stale(_))));
    assert!(matches!(judged(-Span::hours(1)), Verdict::Unknown(Because::NotYet(_))));
}

#[test]
fn openssl_repeats_our_nonce() {
    let Some(responder) = Responder::new("openssl_repeats_our_nonce") else { return };
    let certificate = responder.certificate(1);
    let answer = |nonce| responder.answer(&certificate, &Signs::Ca, &[], IdHash::Sha1, nonce);
    let judged = |answer: &[u8], nonce: [u8; 32]| {
        responder.judged(&certificate, answer, Some(&nonce), Span::ZERO).verdict
    };
    let with = answer(Some(&[7; 32]));
    assert_eq!(judged(&with, [7; 32]), Verdict::Good);
    assert_eq!(judged(&with, [8; 32]), Verdict::Unknown(Because::NonceDiffers));
    assert_eq!(judged(&answer(None), [7; 32]), Verdict::Unknown(Because::NonceMissing));
    assert_eq!(Policy::default().nonce, NonceRule::MustReturn);
}

#[test]
fn a_delegate_of_the_issuer_answers_and_a_strangers_does_not() {
    let Some(responder) = Responder::new("a_delegate_of_the_issuer_answers_and_a_strangers_does_not") else {
        return;
    };
    let certificate = responder.certificate(2);
    for (asked_not_to, more) in [(false, &[][..]), (true, &["-resp_key_id"])] {
        let signs = Signs::Delegate { no_check: asked_not_to };
        let answer = responder.answer(&certificate, &signs, more, IdHash::Sha1, None);
        let judged = responder.judged(&certificate, &answer, None, Span::ZERO);
        assert!(judged.verdict.is_revoked(), "{judged:?}");
        assert!(
            matches!(judged.signer, Some(Signer::Delegated { no_check, .. }) if no_check == asked_not_to)
        );
    }
    let stranger = responder.answer(&certificate, &Signs::Stranger, &[], IdHash::Sha1, None);
    let judged = responder.judged(&certificate, &stranger, None, Span::ZERO);
    let because = Because::SignerNotAllowed("its certificate is not of the certificate's issuer");
    assert_eq!((judged.verdict, judged.signer), (Verdict::Unknown(because), None));
    let bare = responder.answer(
        &certificate,
        &Signs::Delegate { no_check: false },
        &["-resp_no_certs"],
        IdHash::Sha1,
        None,
    );
    let judged = responder.judged(&certificate, &bare, None, Span::ZERO);
    assert_eq!(judged.verdict, Verdict::Unknown(Because::SignerUnknown));
}

/// Neither a cut nor a flipped octet makes an answer good that was not.
#[test]
fn a_changed_answer_is_never_good() {
    let Some(responder) = Responder::new("a_changed_answer_is_never_good") else { return };
    let certificate = responder.certificate(2);
    let answer = responder.answer(&certificate, &Signs::Ca, &["-resp_no_certs"], IdHash::Sha1, None);
    let made = OcspResponseAnatomy::of(&answer).basic.unwrap().produced_at.unwrap().time;
    let (anatomy, ca) = (Anatomy::of(&certificate), Anatomy::of(responder.ca.der()));
    let asked = Asked { issuer: ca.key.as_ref().unwrap(), nonce: None };
    for place in 0..answer.len() {
        let mut changed = answer.clone();
        changed[place] ^= 1;
        for octets in [&changed[..], &answer[..place]] {
            let response = OcspResponseAnatomy::of(octets);
            let verdict = judge(&anatomy, &response, &asked, made, &Policy::default()).verdict;
            assert!(!verdict.is_good(), "octet {place}");
        }
    }
}
