//! Keys as people have them in files: of any kind, whether notafter issues with them or not.

mod form;
mod public;

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::Ed25519KeyPair;
use notafter_cert::der::oid;
use notafter_cert::x509::PrivateKeyStructure;
use notafter_cert::{Certificate, Fingerprint, KeySpec, base64};
use zeroize::Zeroizing;

use crate::{KeyError, PrivateKey, password};
pub(crate) use form::pem;
use public::PublicHalf;

/// Kinds of keys that are made for files: those that public CAs take, and Ed25519 for everybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooseKind {
    /// A kind that notafter issues with.
    Spec(KeySpec),
    /// EdDSA on Curve25519 (RFC 8410).
    Ed25519,
}

impl Default for LooseKind {
    fn default() -> Self {
        Self::Spec(KeySpec::default())
    }
}

impl LooseKind {
    /// Every kind, the default first.
    pub const ALL: [Self; 6] = [
        Self::Spec(KeySpec::EcdsaP256),
        Self::Spec(KeySpec::EcdsaP384),
        Self::Spec(KeySpec::Rsa2048),
        Self::Spec(KeySpec::Rsa3072),
        Self::Spec(KeySpec::Rsa4096),
        Self::Ed25519,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spec(spec) => spec.name(),
            Self::Ed25519 => "ed25519",
        }
    }
}

impl fmt::Display for LooseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no kind of key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of key ({names}): {0:?}", names = LooseKind::ALL.map(LooseKind::name).join(", "))]
pub struct ParseLooseKindError(String);

impl FromStr for LooseKind {
    type Err = ParseLooseKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|kind| kind.name() == text);
        named.ok_or_else(|| ParseLooseKindError(text.to_owned()))
    }
}

/// A private key from a file, or for one. Zeroized when it is dropped.
pub struct LooseKey {
    pkcs8: Zeroizing<Vec<u8>>,
    kind: String,
    half: Option<PublicHalf>,
    signer: Option<Signer>,
}

/// Those that can sign here.
pub(crate) enum Signer {
    Ours(PrivateKey),
    Ed25519(Box<Ed25519KeyPair>),
}

impl LooseKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn generate(kind: LooseKind) -> Result<Self, KeyError> {
        let refused = |_| KeyError::Refused("make a key");
        match kind {
            LooseKind::Spec(spec) => PrivateKey::generate(spec).map(Self::of),
            LooseKind::Ed25519 => {
                let pair = Ed25519KeyPair::generate().map_err(refused)?;
                // Version 1: OpenSSL before 3.0 and Java read no other (RFC 8410 section 7 allows it).
                let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(refused)?;
                Self::from_der(pkcs8.as_ref())
            }
        }
    }

    /// From unencrypted DER: PKCS#8, SEC1 or PKCS#1. A key of a kind that nobody here can use is kept as it is.
    ///
    /// # Errors
    /// When it is encrypted, its structure is broken, or its halves do not belong together.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        match PrivateKey::from_der(der) {
            Ok(key) => return Ok(Self::of(key)),
            Err(KeyError::Inconsistent) => return Err(KeyError::Inconsistent),
            Err(_) => {}
        }
        if der.starts_with(b"openssh-key-v1\0") {
            return Err(KeyError::Form {
                what: "the private key is in OpenSSH's own form".to_owned(),
                hint: "write a copy of it as PEM first: ssh-keygen -p -m PEM -f COPY",
            });
        }
        let unparsable = |fault: notafter_cert::der::Fault| KeyError::Unparsable(fault.to_string());
        let structure = PrivateKeyStructure::read(der).map_err(unparsable)?;
        let mut kind = structure.kind().map(|kind| kind.to_string()).unwrap_or_default();
        let pkcs8 = form::as_pkcs8(&structure, der)?;
        let PrivateKeyStructure::Pkcs8(info) = PrivateKeyStructure::read(&pkcs8).map_err(unparsable)? else {
            return Err(KeyError::Unparsable("it is no PKCS#8".to_owned()));
        };
        if info.algorithm.oid == oid::RSASSA_PSS {
            kind.push_str(" bound to PSS");
        }
        let ed25519 = public::ed25519(&info, &pkcs8);
        let half = public::half(&info, &pkcs8, ed25519.as_ref())?;
        let signer = ed25519.map(|pair| Signer::Ed25519(Box::new(pair)));
        Ok(Self { kind, half, signer, pkcs8 })
    }

    /// One that notafter uses.
    #[must_use]
    pub fn of(key: PrivateKey) -> Self {
        let kind = PrivateKeyStructure::read(key.pkcs8()).ok().and_then(|structure| structure.kind());
        Self {
            pkcs8: key.pkcs8().clone(),
            kind: kind.map(|kind| kind.to_string()).unwrap_or_default(),
            half: Some(PublicHalf { spki: key.spki_der().to_vec(), is_proven: true }),
            signer: Some(Signer::Ours(key)),
        }
    }

    /// What kind it is: `ECDSA P-256`, `RSA 2048`, `Ed25519`, `ML-DSA-65`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The key, where it is of a kind that notafter issues with.
    #[must_use]
    pub fn usable(&self) -> Option<&PrivateKey> {
        match &self.signer {
            Some(Signer::Ours(key)) => Some(key),
            _ => None,
        }
    }

    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// The public key as a SubjectPublicKeyInfo; `None` where nobody here can tell it.
    #[must_use]
    pub fn spki_der(&self) -> Option<&[u8]> {
        self.half.as_ref().map(|half| half.spki.as_slice())
    }

    /// As [`LooseKey::spki_der`], where it was computed from the private half, or checked against it: of curves and sizes
    /// that nobody here calculates with, the public half is only written beside.
    #[must_use]
    pub fn proven_spki_der(&self) -> Option<&[u8]> {
        self.half.as_ref().filter(|half| half.is_proven).map(|half| half.spki.as_slice())
    }

    /// Whether the certificate is for this key; `None` where nobody here can tell.
    #[must_use]
    pub fn is_of(&self, certificate: &Certificate) -> Option<bool> {
        if let Some(key) = self.usable() {
            return Some(key.is_of(certificate));
        }
        let is_same = self.spki_der()? == certificate.key().spki_der;
        (!is_same || self.proven_spki_der().is_some()).then_some(is_same)
    }

    /// Fails with both fingerprints unless the certificate is for this key.
    ///
    /// # Errors
    /// [`KeyError::Mismatch`], and [`KeyError::Unsupported`] where nobody can tell.
    pub fn matches(&self, certificate: &Certificate) -> Result<(), KeyError> {
        match (self.is_of(certificate), self.spki_der()) {
            (Some(true), _) => Ok(()),
            (Some(false), Some(spki)) => Err(KeyError::Mismatch {
                key: Fingerprint::of(spki).to_string(),
                certificate: Fingerprint::of(&certificate.key().spki_der).to_string(),
            }),
            _ => Err(KeyError::Unsupported(self.kind.clone())),
        }
    }

    /// What HPKP called a pin (RFC 7469 section 2.4): SHA-256 of the SubjectPublicKeyInfo, in base64.
    #[must_use]
    pub fn pin(&self) -> Option<String> {
        Some(base64::encode(Fingerprint::of(self.spki_der()?).as_bytes()))
    }

    /// The key in unencrypted PKCS#8.
    #[must_use]
    pub fn pkcs8(&self) -> &Zeroizing<Vec<u8>> {
        &self.pkcs8
    }

    /// The key in PEM (PKCS#8).
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        form::pem("PRIVATE KEY", &self.pkcs8)
    }

    /// The key under a password, DER (PKCS#8: PBES2 with PBKDF2, HMAC-SHA-256 and AES-256).
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn sealed_der(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        password::seal(&self.pkcs8, password)
    }

    /// As [`LooseKey::sealed_der`], in PEM.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn sealed_pem(&self, password: &str) -> Result<Zeroizing<String>, KeyError> {
        self.sealed_der(password).map(|der| form::pem("ENCRYPTED PRIVATE KEY", &der))
    }

    /// In the structure that programs of old want: PKCS#1 for RSA, SEC1 for elliptic curves, in PEM.
    ///
    /// # Errors
    /// When there is none for its kind.
    pub fn traditional_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        form::traditional(&self.pkcs8).ok_or_else(|| KeyError::Form {
            what: format!("{} has no older form", self.kind),
            hint: "write PKCS#8, which all programs read that know keys of this kind: --to pkcs8",
        })
    }

    /// Signs as requests are signed.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.signer {
            Some(Signer::Ours(key)) => key.sign(message),
            Some(Signer::Ed25519(pair)) => Ok(pair.sign(message).as_ref().to_vec()),
            None => Err(KeyError::Unsupported(self.kind.clone())),
        }
    }
}

/// Only what is public.
impl fmt::Debug for LooseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LooseKey({})", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_made_named_and_read_back() {
        for kind in LooseKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            if matches!(kind, LooseKind::Spec(KeySpec::Rsa3072 | KeySpec::Rsa4096)) {
                continue;
            }
            let key = LooseKey::generate(kind).unwrap();
            let again = LooseKey::from_der(key.pkcs8()).unwrap();
            assert_eq!((again.kind(), again.spki_der()), (key.kind(), key.spki_der()), "{kind}");
            assert!(key.pin().is_some_and(|pin| pin.len() == 44));
            assert_eq!(key.usable().is_none(), kind == LooseKind::Ed25519);
            assert_eq!(key.traditional_pem().is_err(), kind == LooseKind::Ed25519);
        }
        assert!("rsa-1024".parse::<LooseKind>().is_err());
    }

    #[test]
    fn a_traditional_key_is_the_same_key() {
        for kind in [LooseKind::default(), LooseKind::Spec(KeySpec::Rsa2048)] {
            let key = LooseKey::generate(kind).unwrap();
            let pem = key.traditional_pem().unwrap();
            let again = PrivateKey::from_pem(pem.as_bytes()).unwrap();
            assert_eq!(Some(again.spki_der()), key.spki_der());
        }
    }

    #[test]
    fn the_public_half_of_a_key_after_quantum_computers_is_told() {
        use aws_lc_rs::encoding::PublicKeyX509Der;
        use aws_lc_rs::signature::{KeyPair, ML_DSA_65_SIGNING, PqdsaKeyPair};
        let pair = PqdsaKeyPair::generate(&ML_DSA_65_SIGNING).unwrap();
        let key = LooseKey::from_der(pair.to_pkcs8v1().unwrap().as_ref()).unwrap();
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
        assert_eq!((key.kind(), key.spki_der()), ("ML-DSA-65", Some(spki.as_ref())));
    }
}
