//! What we say when we speak TLS.

use std::sync::Arc;

use notafter_tls::Offer;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SignatureScheme, SupportedCipherSuite};

use crate::observe::Recorder;
use crate::trust::Trust;

/// X25519 first, because nearly every peer takes it and its share is small; the post-quantum hybrid is offered next. Of the
/// suites those with SHA-256 first, as browsers offer them: most peers take the first they know, and SHA-384 costs both
/// sides more of a handshake.
fn provider(offer: Offer) -> Arc<CryptoProvider> {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    let kx_groups = vec![X25519, X25519MLKEM768, SECP256R1, SECP384R1];
    let mut provider = CryptoProvider { kx_groups, ..aws_lc_rs::default_provider() };
    provider.cipher_suites.retain(|suite| fits(*suite, offer));
    provider.cipher_suites.sort_by_key(|suite| (suite.tls13().is_none(), hash_length(*suite)));
    Arc::new(provider)
}

/// Of the hash that the key schedule runs on (RFC 8446 section 7.1, RFC 5246 section 5), in bytes.
fn hash_length(suite: SupportedCipherSuite) -> usize {
    let hash = match suite {
        SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider,
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider,
    };
    hash.output_len()
}

/// Suites of TLS 1.3 fit every key; those of TLS 1.2 name the kind of key (RFC 8422 section 2).
fn fits(suite: SupportedCipherSuite, offer: Offer) -> bool {
    let SupportedCipherSuite::Tls12(suite) = suite else { return true };
    suite.sign.iter().any(|scheme| offers(offer, *scheme))
}

/// Whether a signature of this scheme is among those offered.
pub(crate) const fn offers(offer: Offer, scheme: SignatureScheme) -> bool {
    use SignatureScheme as Scheme;
    match offer {
        Offer::Any => true,
        Offer::Rsa => matches!(
            scheme,
            Scheme::RSA_PSS_SHA256
                | Scheme::RSA_PSS_SHA384
                | Scheme::RSA_PSS_SHA512
                | Scheme::RSA_PKCS1_SHA256
                | Scheme::RSA_PKCS1_SHA384
                | Scheme::RSA_PKCS1_SHA512
        ),
        Offer::Ecdsa => matches!(
            scheme,
            Scheme::ECDSA_NISTP256_SHA256 | Scheme::ECDSA_NISTP384_SHA384 | Scheme::ECDSA_NISTP521_SHA512
        ),
    }
}

#[expect(
    clippy::expect_used,
    reason = "the provider's suites are constants; a test makes every configuration"
)]
fn base(provider: Arc<CryptoProvider>, roots: Arc<RootCertStore>) -> ClientConfig {
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .expect("aws-lc-rs has suites for both versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// For looking: no resumption ever, because a resumed handshake shows no certificate; no ALPN, because an answer to it
/// may depend on more than the certificate. Each look puts its own recorder in.
pub(crate) fn looking(offer: Offer) -> ClientConfig {
    let mut config = base(provider(offer), Arc::new(RootCertStore::empty()));
    config.resumption = Resumption::disabled();
    record_with(&mut config, Arc::default());
    config
}

/// Makes this recorder see what the handshake shows.
pub(crate) fn record_with(config: &mut ClientConfig, recorder: Arc<Recorder>) {
    config.client_auth_cert_resolver = recorder.clone() as Arc<dyn ResolvesClientCert>;
    config.dangerous().set_certificate_verifier(recorder);
}

/// For asking over HTTPS: the peer must chain to these anchors, or to none at all where nobody is believed.
pub(crate) fn asking(trust: Option<&Trust>) -> ClientConfig {
    let roots = trust.map_or_else(|| Arc::new(RootCertStore::empty()), Trust::roots);
    let mut config = base(provider(Offer::Any), roots);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if trust.is_none() {
        record_with(&mut config, Arc::default());
    }
    config
}
