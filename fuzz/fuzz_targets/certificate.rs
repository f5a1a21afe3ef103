//! Any bytes: no panic, and what is read can be told again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter_cert::Certificate;

fuzz_target!(|bytes: &[u8]| {
    let Ok(certificate) = Certificate::parse(bytes) else { return };
    assert_eq!(certificate.der(), bytes);
    assert!(!certificate.subject().chars().any(char::is_control));
    assert!(!certificate.issuer().chars().any(char::is_control));
    let _ = (
        certificate.ari_id(),
        certificate.shown_name(),
        certificate.lifetime(),
        certificate.key().weakness(),
    );
    let _ = certificate.is_self_signed();
});
