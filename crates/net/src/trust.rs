//! Trust anchors from where they are kept.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use notafter_cert::pem::{self, ChainError};
use notafter_cert::{Retry, Trouble, path::Anchors};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;

/// Where bundles of anchors are on the systems we know, the commonest first.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Which anchors somebody chose: `mozilla`, `system`, or a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Mozilla's programme, as built in.
    #[default]
    Mozilla,
    /// This system's store.
    System,
    /// The PEM certificates in this file.
    File(PathBuf),
}

impl FromStr for Choice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "mozilla" => Self::Mozilla,
            "system" => Self::System,
            path => Self::File(path.into()),
        })
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mozilla => f.write_str("mozilla"),
            Self::System => f.write_str("system"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A set of trust anchors, for judging (`anchors`) and for asking over HTTPS (`roots`). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Trust {
    anchors: Anchors,
    roots: Arc<OnceLock<Arc<RootCertStore>>>,
}

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
    /// The file holds no certificate, or a damaged one.
    #[error("{} is no set of trust anchors", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ChainError,
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
                "install ca-certificates, set SSL_CERT_FILE, or use mozilla (--trust mozilla, or the setting `trust`)"
                    .to_owned()
            }
            Self::Unreadable { .. } | Self::Unusable { .. } => {
                "name a readable file of PEM certificates, or use --trust mozilla or --trust system (setting: `trust`)"
                    .to_owned()
            }
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

impl Trust {
    /// What was chosen.
    ///
    /// # Errors
    /// When a file or the system's store cannot be used.
    pub fn load(choice: &Choice) -> Result<Self, TrustError> {
        match choice {
            Choice::Mozilla => Ok(Self::mozilla()),
            Choice::System => Self::system(),
            Choice::File(path) => Self::file(path),
        }
    }

    /// Mozilla's programme, as built in.
    #[must_use]
    pub fn mozilla() -> Self {
        Self::of(Anchors::mozilla())
    }

    /// This system's store: `SSL_CERT_FILE` when it is set, else the distribution's bundle.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn system() -> Result<Self, TrustError> {
        let path = std::env::var_os("SSL_CERT_FILE")
            .map(PathBuf::from)
            .or_else(|| SYSTEM_BUNDLES.iter().map(PathBuf::from).find(|path| path.exists()))
            .ok_or(TrustError::NoSystemStore)?;
        let (bytes, unusable) = (read(&path)?, |source| TrustError::Unusable { path: path.clone(), source });
        // Nobody here chose each of its certificates: one that cannot be read could never end a path.
        let ders = pem::chain_from(&bytes).map_err(unusable)?;
        Ok(Self::of(Anchors::from_ders("system", ders)))
    }

    /// The PEM certificates in this file.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no certificate, or a damaged one.
    pub fn file(path: &Path) -> Result<Self, TrustError> {
        let anchors = Anchors::from_pem(&path.display().to_string(), &read(path)?);
        anchors.map(Self::of).map_err(|source| TrustError::Unusable { path: path.to_owned(), source })
    }

    /// These anchors.
    #[must_use]
    pub fn of(anchors: Anchors) -> Self {
        Self { anchors, roots: Arc::default() }
    }

    /// The union of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self::of(self.anchors.and(&other.anchors))
    }

    /// For judging chains.
    #[must_use]
    pub const fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// As rustls takes them; what it cannot use as an anchor is left out.
    #[must_use]
    pub fn roots(&self) -> Arc<RootCertStore> {
        let make = || {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(self.anchors.ders().map(CertificateDer::from));
            Arc::new(roots)
        };
        self.roots.get_or_init(make).clone()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    std::fs::read(path).map_err(|source| TrustError::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mozillas_anchors_all_serve_rustls_too() {
        let trust = Trust::load(&Choice::default()).unwrap();
        assert_eq!(trust.roots().len(), trust.anchors().len());
        assert!(trust.roots().len() > 100);
    }

    #[test]
    fn a_file_is_read_whole_or_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anchors.pem");
        let choice: Choice = path.to_str().unwrap().parse().unwrap();
        assert!(matches!(Trust::load(&choice), Err(TrustError::Unreadable { .. })));
        std::fs::write(&path, "nothing here").unwrap();
        let empty = Trust::load(&choice).unwrap_err();
        assert!(matches!(empty, TrustError::Unusable { .. }), "{empty}");
        assert!(empty.hint().contains("--trust mozilla"));
        let key = rcgen::KeyPair::generate().unwrap();
        let root =
            rcgen::CertificateParams::new(["root.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        std::fs::write(&path, root.pem()).unwrap();
        assert_eq!(
            Trust::load(&choice).unwrap().and(&Trust::mozilla()).anchors().len(),
            1 + Trust::mozilla().anchors().len()
        );
    }
}
