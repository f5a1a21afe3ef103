//! Any bytes as a certificate: no panic, and what is read can be told again.

use notafter_cert::Certificate;

pub(super) fn run(bytes: &[u8]) {
    let Ok(certificate) = Certificate::parse(bytes) else { return };
    assert_eq!(certificate.der(), bytes);
    assert!(!certificate.subject().chars().any(char::is_control));
    assert!(!certificate.issuer().chars().any(char::is_control));
    assert!(!certificate.shown_name().chars().any(char::is_control));
    for name in certificate.names() {
        assert_eq!(name.to_string().parse().as_ref(), Ok(name));
    }
    let _ = (certificate.ari_id(), certificate.lifetime(), certificate.key().weakness());
    let _ = certificate.is_self_signed();
}
