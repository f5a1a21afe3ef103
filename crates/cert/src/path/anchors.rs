//! The roots that a judgement starts from.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::{CertificateDer, TrustAnchor};

use crate::pem::{self, ChainError};
use crate::{Certificate, Fingerprint};

/// A set of trust anchors; a clone shares it.
#[derive(Clone)]
pub struct Anchors(Arc<Set>);

struct Set {
    name: String,
    identity: Fingerprint,
    certificates: Vec<Certificate>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
}

impl Anchors {
    /// The roots that Mozilla trusts for TLS servers, as compiled into this program.
    #[must_use]
    pub fn mozilla() -> Self {
        static MOZILLA: OnceLock<Anchors> = OnceLock::new();
        MOZILLA
            .get_or_init(|| Self::from_ders("mozilla", webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter()))
            .clone()
    }

    /// The certificates of a PEM file; `name` says where they come from.
    ///
    /// # Errors
    /// When the file holds no certificate, or a damaged one.
    pub fn from_pem(name: &str, text: &[u8]) -> Result<Self, ChainError> {
        let ders = pem::chain_from(text)?;
        let anchors = Self::from_ders(name, ders.iter());
        match anchors.certificates().is_empty() {
            true => Err(ChainError::Empty("none of its blocks is an X.509 certificate")),
            false => Ok(anchors),
        }
    }

    /// Any certificates; what cannot be read is left out, as it could never end a path.
    pub fn from_ders(name: &str, ders: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let certificates: Vec<Certificate> =
            ders.into_iter().filter_map(|der| Certificate::parse(der.as_ref()).ok()).collect();
        let mut by_subject: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        let mut identity = Vec::with_capacity(certificates.len() * 32);
        for (index, certificate) in certificates.iter().enumerate() {
            by_subject.entry(certificate.subject_der().to_vec()).or_default().push(index);
            identity.extend_from_slice(certificate.fingerprint().as_bytes());
        }
        Self(Arc::new(Set {
            name: name.to_owned(),
            identity: Fingerprint::of(&identity),
            certificates,
            by_subject,
        }))
    }

    /// Both sets together: a private CA beside the public ones.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let all = self.certificates().iter().chain(other.certificates()).map(Certificate::der);
        Self::from_ders(&format!("{} and {}", self.name(), other.name()), all)
    }

    /// Where they come from: `mozilla`, `system`, a file's path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// One value for the whole set: two sets with the same identity judge alike.
    #[must_use]
    pub fn identity(&self) -> Fingerprint {
        self.0.identity
    }

    /// The anchors.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.0.certificates
    }

    /// Whether this very certificate is one of them.
    #[must_use]
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.named(certificate.subject_der()).any(|anchor| anchor == certificate)
    }

    /// The anchors with this subject.
    pub(super) fn named(&self, subject_der: &[u8]) -> impl Iterator<Item = &Certificate> {
        let indices = self.0.by_subject.get(subject_der).map(Vec::as_slice).unwrap_or_default();
        indices.iter().map(|index| &self.0.certificates[*index])
    }
}

impl std::fmt::Debug for Anchors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Anchors({}, {})", self.name(), self.certificates().len())
    }
}

/// The same anchor for `webpki`; `None` where `webpki` cannot read it.
pub(super) fn for_webpki(anchor: &Certificate) -> Option<TrustAnchor<'static>> {
    let der = CertificateDer::from(anchor.der());
    webpki::anchor_from_trusted_cert(&der).ok().map(|anchor| anchor.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_of_mozilla_is_read_and_found_by_its_subject() {
        let anchors = Anchors::mozilla();
        assert_eq!(anchors.certificates().len(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        for root in anchors.certificates() {
            assert!(anchors.contains(root));
            assert!(for_webpki(root).is_some(), "{root:?}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_no_set_of_anchors() {
        assert!(Anchors::from_pem("x", b"").is_err());
        assert!(Anchors::from_pem("x", pem::write("CERTIFICATE", &[0x30, 0]).as_bytes()).is_err());
    }
}
