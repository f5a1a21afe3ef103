//! What rustls-webpki says of the same question: for tests, and for whoever wants a second opinion. Its answer is never ours.

use std::time::Duration;

use notafter_cert::path::{Evidence, PeerName, PolicyInput, Purpose, Question};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

/// Whether rustls-webpki accepts it, and if not, why; `None` where it has no answer: for mailboxes, for purposes but server
/// and client, and where policies, CRLs or a limit of intermediates count.
#[must_use]
pub fn webpki(question: &Question) -> Option<Result<(), String>> {
    let usage = match question.purpose {
        Purpose::Server => KeyUsage::server_auth(),
        Purpose::Client => KeyUsage::client_auth(),
        _ => return None,
    };
    let is_beyond = question.policies != PolicyInput::default()
        || question.max_depth.is_some()
        || question.revocation != Evidence::default()
        || matches!(question.name, Some(PeerName::Email(_)));
    (!is_beyond).then(|| accepted(question, usage).map_err(|error| error.to_string()))
}

fn accepted(question: &Question, usage: KeyUsage) -> Result<(), Error> {
    let leaf = CertificateDer::from(question.leaf.der());
    let leaf = EndEntityCert::try_from(&leaf)?;
    let trusted: Vec<CertificateDer<'_>> = question.anchors.ders().map(CertificateDer::from).collect();
    let anchors: Vec<_> =
        trusted.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let between: Vec<CertificateDer<'_>> =
        question.untrusted.iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
    let seconds = u64::try_from(question.at.unix_seconds()).unwrap_or(0);
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, &between, at, usage, None, None)?;
    match &question.name {
        Some(PeerName::Host(host)) => {
            let name = host.to_string();
            let name = ServerName::try_from(name.as_str()).map_err(|_| Error::MalformedDnsIdentifier)?;
            leaf.verify_is_valid_for_subject_name(&name)
        }
        _ => Ok(()),
    }
}
