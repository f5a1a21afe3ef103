//! A key and its chain as a TLS server of ours presents them. The server holds a [`Slot`] and never the bytes of a key.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use notafter_cert::{Certificate, Identifier, KeySpec, Time, pem};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::on_disk::{self, UnknownKey};
use crate::{KeyError, PrivateKey, csr};

/// What is served under a key: its chain, leaf first. Cheap to clone.
#[derive(Clone)]
pub struct Pair {
    presented: Arc<CertifiedKey>,
    leaf: Arc<Certificate>,
    is_stand_in: bool,
}

/// Why files hold no pair that could be served.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// The certificate's file cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(#[source] UnknownKey),
    /// There is no certificate in it, or none that can be read.
    #[error("there is no certificate that can be served: {0}")]
    Chain(String),
    /// The key's file cannot be read, or holds no key.
    #[error("the key cannot be read: {0}")]
    Key(#[source] UnknownKey),
    /// They do not belong together, or cannot be used.
    #[error(transparent)]
    Pair(#[from] KeyError),
}

impl Pair {
    /// This key under this chain (DER, leaf first).
    ///
    /// # Errors
    /// The chain's leaf cannot be read, is for another key, or the TLS library refuses the key.
    pub fn new(key: &PrivateKey, chain: &[Vec<u8>]) -> Result<Self, PairError> {
        let leaf = chain.first().ok_or_else(|| PairError::Chain("it is empty".to_owned()))?;
        let leaf = Certificate::parse(leaf).map_err(|error| PairError::Chain(error.to_string()))?;
        if !key.is_of(&leaf) {
            key.matches(&leaf)?;
        }
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.pkcs8().as_slice()));
        let signer = any_supported_type(&der).map_err(|_| KeyError::Refused("sign handshakes"))?;
        let chain = chain.iter().cloned().map(CertificateDer::from).collect();
        let presented = Arc::new(CertifiedKey::new(chain, signer));
        Ok(Self { presented, leaf: Arc::new(leaf), is_stand_in: false })
    }

    /// The chain in one PEM file and the first key in another, which may be the same one.
    ///
    /// # Errors
    /// One of them cannot be read, or they do not belong together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, PairError> {
        let text = on_disk::content(certificate).map_err(PairError::Certificate)?;
        let chain = pem::chain_from(&text).map_err(|error| PairError::Chain(error.to_string()))?;
        Self::new(&on_disk::first_key(key).map_err(PairError::Key)?, &chain)
    }

    /// A self-signed pair for these names, made here and kept nowhere: whoever connects can trust it by its fingerprint alone.
    ///
    /// # Errors
    /// A name cannot stand in a certificate, or the cryptographic library refuses.
    pub fn stand_in(names: &[Identifier], from: Time, to: Time) -> Result<Self, PairError> {
        let key = PrivateKey::generate(KeySpec::EcdsaP256)?;
        let refused = |_| KeyError::Refused("make a self-signed certificate");
        let at = |time: Time| time.calendar().ok_or(KeyError::Refused("write the date"));
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "notafter: stand-in, not to be trusted");
        params.subject_alt_names = names.iter().map(csr::san).collect::<Result<_, _>>()?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = at(from)?;
        params.not_after = at(to)?;
        let certificate = params.self_signed(&csr::Requester(&key)).map_err(refused)?;
        Ok(Self { is_stand_in: true, ..Self::new(&key, &[certificate.der().to_vec()])? })
    }

    /// The certificate itself.
    #[must_use]
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// Whether it only stands in for one that could be trusted.
    #[must_use]
    pub const fn is_stand_in(&self) -> bool {
        self.is_stand_in
    }
}

/// Only what is public.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pair({})", self.leaf.fingerprint())
    }
}

/// What one listener presents now. Clones are the same slot; a handshake that has begun goes on with the pair that it took.
#[derive(Clone, Debug, Default)]
pub struct Slot(Arc<RwLock<Option<Pair>>>);

impl Slot {
    /// Presents this pair from the next handshake on; answers what was presented before.
    pub fn put(&self, pair: Pair) -> Option<Pair> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).replace(pair)
    }

    /// What is presented; nothing where no listener presents anything.
    #[must_use]
    pub fn presented(&self) -> Option<Pair> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Slot {
    /// The same pair whatever name is asked for: there is one.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.presented().map(|pair| pair.presented)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Time = Time::from_unix_seconds(1_796_000_000);
    const TO: Time = Time::from_unix_seconds(1_796_086_400);

    fn names() -> Vec<Identifier> {
        ["localhost", "127.0.0.1"].map(|name| name.parse().unwrap()).into()
    }

    #[test]
    fn a_stand_in_has_the_names_and_dates_and_is_known_as_one() {
        let pair = Pair::stand_in(&names(), FROM, TO).unwrap();
        assert!(pair.is_stand_in() && pair.leaf().is_self_signed());
        assert_eq!(pair.leaf().names(), names());
        assert_eq!((pair.leaf().not_before(), pair.leaf().not_after()), (FROM, TO));
    }

    #[test]
    fn a_key_of_another_certificate_is_no_pair() {
        let folder = tempfile::tempdir().unwrap();
        let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
        let other = Pair::stand_in(&names(), FROM, TO).unwrap();
        let (chain_file, key_file) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        std::fs::write(&chain_file, pem::write("CERTIFICATE", other.leaf().der())).unwrap();
        std::fs::write(&key_file, key.to_pem().as_bytes()).unwrap();
        let error = Pair::from_files(&chain_file, &key_file).unwrap_err();
        assert!(matches!(error, PairError::Pair(KeyError::Mismatch { .. })), "{error}");
        let error = Pair::from_files(&key_file, &key_file).unwrap_err();
        assert!(matches!(error, PairError::Chain(_)), "{error}");
        let error = Pair::from_files(&chain_file, &chain_file).unwrap_err();
        assert!(matches!(error, PairError::Key(_)), "{error}");
        let error = Pair::from_files(&folder.path().join("absent"), &key_file).unwrap_err();
        assert!(matches!(error, PairError::Certificate(UnknownKey::Unreadable(_))), "{error}");
    }

    #[test]
    fn what_was_presented_before_is_given_back() {
        let (one, two) =
            (Pair::stand_in(&names(), FROM, TO).unwrap(), Pair::stand_in(&names(), FROM, TO).unwrap());
        let slot = Slot::default();
        assert!(slot.put(one.clone()).is_none());
        assert_eq!(slot.clone().put(two.clone()).unwrap().leaf(), one.leaf());
        assert_eq!(slot.presented().unwrap().leaf(), two.leaf());
    }
}
