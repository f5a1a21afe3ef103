//! Accepts every certificate, keeps what was sent, and checks the one thing that no later judgement can: whether the
//! peer holds the key (law 5).

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use notafter_cert::{Certificate, PublicKey};
use notafter_tls::Offer;
use notafter_tls::observation::{Possession, Staple};
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};

use crate::config;

/// What one handshake showed.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    offer: Offer,
    seen: Mutex<Seen>,
}

/// Everything that was shown, as far as the handshake came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The chain as sent, leaf first.
    pub(super) chain: Vec<Vec<u8>>,
    /// What became of the handshake's own signature.
    pub(super) possession: Possession,
    /// Whether the peer asked for a client certificate.
    pub(super) asks_for_certificate: bool,
    /// The OCSP answer that came with the leaf.
    pub(super) staple: Staple,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            chain: Vec::new(),
            possession: Possession::Unchecked,
            asks_for_certificate: false,
            staple: Staple::Unknown,
        }
    }
}

impl Recorder {
    /// For a handshake in which only these kinds of signature are offered.
    pub(super) fn new(offer: Offer) -> Self {
        Self { offer, seen: Mutex::default() }
    }

    /// Takes out what was seen.
    pub(super) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the check with webpki's reading of the leaf means; where webpki cannot read the leaf, `with_key` checks with
/// ours, which forgives more.
fn possession(
    checked: &Result<HandshakeSignatureValid, Error>,
    leaf: &CertificateDer<'_>,
    with_key: impl Fn(&PublicKey) -> Possession,
) -> Possession {
    let wrong = match checked {
        Ok(_) => return Possession::Proven,
        Err(Error::InvalidCertificate(CertificateError::BadSignature)) => true,
        // The peer signed in a way that we did not offer: no way of checking makes that right.
        Err(Error::PeerMisbehaved(_)) => return Possession::Unchecked,
        Err(_) => false,
    };
    let Ok(leaf) = Certificate::parse(leaf) else { return Possession::Unchecked };
    let key = leaf.key();
    match (wrong, key.weakness()) {
        // aws-lc refuses such keys whatever they signed: that is not the peer's signature being wrong.
        (_, Some(_)) => Possession::Unchecked,
        (true, None) => Possession::Wrong,
        (false, None) => with_key(key),
    }
}

/// Checks with a key alone. TLS 1.3 binds the scheme to one algorithm, the first; TLS 1.2 leaves the curve open.
fn verify_with(key: &PublicKey, only_first: bool, message: &[u8], dss: &DigitallySignedStruct) -> Possession {
    let spki = SubjectPublicKeyInfoDer::from(key.spki_der.as_slice());
    let Ok(entity) = webpki::RawPublicKeyEntity::try_from(&spki) else { return Possession::Unchecked };
    let algorithms = algorithms();
    let fitting = algorithms.mapping.iter().filter(|(scheme, _)| *scheme == dss.scheme);
    for algorithm in fitting.flat_map(|(_, all)| if only_first { &all[..1] } else { all }) {
        match entity.verify_signature(*algorithm, message, dss.signature()) {
            Ok(()) => return Possession::Proven,
            Err(webpki::Error::InvalidSignatureForPublicKey) => return Possession::Wrong,
            Err(_) => {}
        }
    }
    Possession::Unchecked
}

/// A provider brings its suites with it every time it is asked for.
fn algorithms() -> WebPkiSupportedAlgorithms {
    static ALGORITHMS: LazyLock<WebPkiSupportedAlgorithms> =
        LazyLock::new(|| aws_lc_rs::default_provider().signature_verification_algorithms);
    *ALGORITHMS
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        let mut seen = self.seen();
        seen.chain = chain.map(|der| der.as_ref().to_vec()).collect();
        // rustls asks for one in every ClientHello, and gives nothing where none came. What logs promise in TLS's own extension it
        // does not ask for.
        seen.staple = match ocsp_response {
            [] => Staple::Missing,
            answer => Staple::Sent(answer.into()),
        };
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let checked = rustls::crypto::verify_tls12_signature(message, cert, dss, &algorithms());
        self.seen().possession = possession(&checked, cert, |key| verify_with(key, false, message, dss));
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let checked = rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms());
        self.seen().possession = possession(&checked, cert, |key| verify_with(key, true, message, dss));
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        algorithms()
            .supported_schemes()
            .into_iter()
            .filter(|scheme| config::offers(self.offer, *scheme))
            .collect()
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.seen().asks_for_certificate = true;
        None
    }

    fn has_certs(&self) -> bool {
        // Only then does rustls ask us, and we learn that the peer asked.
        true
    }
}
