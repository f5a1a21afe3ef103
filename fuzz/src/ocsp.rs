//! Any bytes as a response or request of OCSP: no panic, and nothing is good that nobody has signed.

use notafter_cert::revocation::ocsp::{Asked, Policy, judge};
use notafter_cert::x509::Anatomy;
use notafter_cert::x509::ocsp::{OcspRequestAnatomy, OcspResponseAnatomy};
use notafter_cert::{Time, lint};

/// A certificate to be asked about, and the key of another that has not signed the answer.
const CERTIFICATE: &[u8] = include_bytes!("../seeds/certificate/leaf.der");
const ROOT: &[u8] = include_bytes!("../seeds/certificate/root.der");

pub(super) fn run(bytes: &[u8]) {
    let _ = OcspRequestAnatomy::of(bytes).requests.map(|requests| requests.len());
    let response = OcspResponseAnatomy::of(bytes);
    let _ = response.faults();
    if let Some(basic) = &response.basic {
        for lint in lint::of_ocsp() {
            let _ = lint.run(basic);
        }
    }
    let Ok(issuer) = Anatomy::of(ROOT).key else { return };
    let at = Time::from_unix_seconds(1_795_000_000);
    let asked = Asked { issuer: &issuer, nonce: None };
    let judged = judge(&Anatomy::of(CERTIFICATE), &response, &asked, at, &Policy::default());
    assert!(!judged.verdict.is_good(), "nobody signed it");
}
