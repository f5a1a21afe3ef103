//! Trust anchors from where they are kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use notafter_cert::{Retry, Trouble};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// Where bundles of anchors are on the systems we know, the commonest first.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A set of trust anchors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Trust(Arc<RootCertStore>);

/// Anchors that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read.
    #[error("the trust anchors in {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file holds no certificate.
    #[error("{} holds no PEM certificate", .0.display())]
    Empty(PathBuf),
    /// A certificate that cannot serve as an anchor.
    #[error("certificate {number} in {} cannot be a trust anchor", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Which one, counted from 1.
        number: usize,
        /// Why.
        source: rustls::Error,
    },
    /// None of the known bundles exists.
    #[error("this system has no trust store in a known place")]
    NoSystemStore,
}

impl Trouble for TrustError {
    fn code(&self) -> &'static str {
        "trust.unusable"
    }

    fn hint(&self) -> String {
        match self {
            Self::NoSystemStore => {
                "install ca-certificates, set SSL_CERT_FILE, or use --trust mozilla".to_owned()
            }
            Self::Unreadable { .. } | Self::Empty(_) | Self::Unusable { .. } => {
                "name a readable file of PEM certificates, or use --trust mozilla or --trust system"
                    .to_owned()
            }
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

impl Trust {
    /// Mozilla's programme, as built in.
    #[must_use]
    pub fn mozilla() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        Self(Arc::new(roots))
    }

    /// This system's store: `SSL_CERT_FILE` when it is set, else the distribution's bundle. An anchor that we cannot
    /// use is left out, as everywhere on such systems.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn system() -> Result<Self, TrustError> {
        let path = std::env::var_os("SSL_CERT_FILE")
            .map(PathBuf::from)
            .or_else(|| SYSTEM_BUNDLES.iter().map(PathBuf::from).find(|path| path.exists()))
            .ok_or(TrustError::NoSystemStore)?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(&path)?);
        Ok(Self(Arc::new(roots)))
    }

    /// The PEM certificates in this file, each of which must be usable.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, or holds something that cannot be an anchor.
    pub fn file(path: &Path) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        for (index, der) in certificates(path)?.into_iter().enumerate() {
            roots.add(der).map_err(|source| TrustError::Unusable {
                path: path.to_owned(),
                number: index + 1,
                source,
            })?;
        }
        Ok(Self(Arc::new(roots)))
    }

    /// These DER certificates; what cannot be an anchor is left out.
    #[must_use]
    pub fn from_ders(ders: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(ders.into_iter().map(CertificateDer::from));
        Self(Arc::new(roots))
    }

    /// The union of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut roots = (*self.0).clone();
        roots.roots.extend(other.0.roots.iter().cloned());
        Self(Arc::new(roots))
    }

    /// How many anchors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing at all is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As rustls takes them.
    #[must_use]
    pub fn roots(&self) -> Arc<RootCertStore> {
        self.0.clone()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let unreadable = |source| TrustError::Unreadable { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&bytes).flatten().collect();
    if found.is_empty() {
        return Err(TrustError::Empty(path.to_owned()));
    }
    Ok(found)
}
