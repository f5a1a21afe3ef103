//! Private keys: made, read, used.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair, RSA_PKCS1_SHA256,
};
use notafter_cert::der::oid;
use notafter_cert::x509::{KeyKind, PrivateKeyInfo, PrivateKeyStructure, RsaPrivateKey};
use notafter_cert::{Certificate, Fingerprint, KeySpec};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use zeroize::{Zeroize, Zeroizing};

use crate::{KeyError, der, loose};

/// A private key with which certificates are requested, served and revoked. Cheap to clone; zeroized with the last one.
///
/// ECDSA on P-256 and P-384, and RSA of 2048 bits and more. Making an RSA key takes from tens of milliseconds to
/// seconds of one core: asynchronous callers move it off their threads.
#[derive(Clone)]
pub struct PrivateKey(Arc<Inner>);

struct Inner {
    signer: Signer,
    pkcs8: Zeroizing<Vec<u8>>,
    spki: Vec<u8>,
}

pub(crate) enum Signer {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

impl PrivateKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn generate(spec: KeySpec) -> Result<Self, KeyError> {
        let refused = |_| KeyError::Refused("make a key");
        Self::of(match spec {
            KeySpec::EcdsaP256 => {
                Signer::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(refused)?)
            }
            KeySpec::EcdsaP384 => {
                Signer::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(refused)?)
            }
            KeySpec::Rsa2048 => Signer::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).map_err(refused)?),
            KeySpec::Rsa3072 => Signer::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa3072).map_err(refused)?),
            KeySpec::Rsa4096 => Signer::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa4096).map_err(refused)?),
        })
    }

    /// The first private key in a PEM text: PKCS#8, SEC1 (RFC 5915) or PKCS#1.
    ///
    /// # Errors
    /// When there is none, or it is encrypted, broken, or of an unsupported kind.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let marks: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
        if marks.iter().any(|mark| pem.windows(mark.len()).any(|window| window == *mark)) {
            return Err(KeyError::Encrypted);
        }
        let mut der = PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
            rustls_pki_types::pem::Error::NoItemsFound => {
                KeyError::Unparsable("there is no PEM block with a private key".to_owned())
            }
            // Its words hold the bytes of the line that it stumbled over: here, of a private key.
            rustls_pki_types::pem::Error::MissingSectionEnd { .. } => {
                KeyError::Unparsable("a PEM block does not end".to_owned())
            }
            rustls_pki_types::pem::Error::IllegalSectionStart { .. } => {
                KeyError::Unparsable("a PEM block does not begin as RFC 7468 says".to_owned())
            }
            rustls_pki_types::pem::Error::Base64Decode(_) => {
                KeyError::Unparsable("the content of a PEM block is not base64".to_owned())
            }
            _ => KeyError::Unparsable("the PEM text cannot be read".to_owned()),
        })?;
        let key = Self::from_der(der.secret_der());
        der.zeroize();
        key
    }

    /// From unencrypted DER: PKCS#8, SEC1 or PKCS#1.
    ///
    /// # Errors
    /// As [`PrivateKey::from_pem`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let ecdsa = |algorithm: &'static EcdsaSigningAlgorithm| {
            EcdsaKeyPair::from_private_key_der(algorithm, der).ok()
        };
        if let Some(pair) = ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING) {
            return Self::of(Signer::P256(pair));
        }
        if let Some(pair) = ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING) {
            return Self::of(Signer::P384(pair));
        }
        let pair = rsa::KeyPair::from_pkcs8(der).or_else(|_| rsa::KeyPair::from_der(der));
        match pair {
            Ok(pair) => Self::of(Signer::Rsa(pair)),
            Err(_) => Err(Self::why_not(der)),
        }
    }

    /// From unencrypted PKCS#8 DER, as [`PrivateKey::pkcs8`] gives it.
    ///
    /// # Errors
    /// As [`PrivateKey::from_pem`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_der(der)
    }

    pub(crate) fn of(signer: Signer) -> Result<Self, KeyError> {
        let refused = |_| KeyError::Refused("encode a key");
        let (pkcs8, spki) = match &signer {
            Signer::P256(pair) | Signer::P384(pair) => (
                Zeroizing::new(pair.to_pkcs8v1().map_err(refused)?.as_ref().to_vec()),
                AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).map_err(refused)?.as_ref().to_vec(),
            ),
            Signer::Rsa(pair) => (
                Zeroizing::new(AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map_err(refused)?.as_ref().to_vec()),
                AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).map_err(refused)?.as_ref().to_vec(),
            ),
        };
        Ok(Self(Arc::new(Inner { signer, pkcs8, spki })))
    }

    /// Names the kind of a well-formed key that could not be used, by the object identifiers in its PKCS#8 header.
    fn why_not(der: &[u8]) -> KeyError {
        if PrivateKeyStructure::read(der).is_ok_and(|structure| is_usable(&structure)) {
            return KeyError::Inconsistent;
        }
        let kinds: [(&[u8], &str); 6] = [
            (&[0x06, 0x03, 0x2b, 0x65, 0x70], "Ed25519"),
            (&[0x06, 0x03, 0x2b, 0x65, 0x71], "Ed448"),
            (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], "ECDSA on P-521"),
            (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a], "ECDSA on secp256k1"),
            (&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], "DSA"),
            (
                &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
                "RSA with fewer than 2048 or more than 8192 bits, with more than two primes, or damaged",
            ),
        ];
        let has = |oid: &[u8]| der.windows(oid.len()).any(|window| window == oid);
        match kinds.iter().find(|(oid, _)| has(oid)) {
            Some((_, name)) => KeyError::Unsupported((*name).to_owned()),
            None => KeyError::Unparsable("neither PKCS#8, SEC1 nor PKCS#1".to_owned()),
        }
    }

    /// Algorithm and size; `None` for an imported RSA key of a size that notafter does not make.
    #[must_use]
    pub fn spec(&self) -> Option<KeySpec> {
        match &self.0.signer {
            Signer::P256(_) => Some(KeySpec::EcdsaP256),
            Signer::P384(_) => Some(KeySpec::EcdsaP384),
            Signer::Rsa(pair) => match pair.public_modulus_len() {
                256 => Some(KeySpec::Rsa2048),
                384 => Some(KeySpec::Rsa3072),
                512 => Some(KeySpec::Rsa4096),
                _ => None,
            },
        }
    }

    /// The public key as a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// SHA-256 of the SubjectPublicKeyInfo: what `blocked_keys` and pins name.
    #[must_use]
    pub fn spki_sha256(&self) -> [u8; 32] {
        *Fingerprint::of(&self.0.spki).as_bytes()
    }

    /// Fails with both fingerprints unless `spki_der`, a certificate's SubjectPublicKeyInfo, holds this key's public
    /// half.
    ///
    /// # Errors
    /// [`KeyError::Mismatch`].
    pub fn check_spki(&self, spki_der: &[u8]) -> Result<(), KeyError> {
        if self.0.spki == spki_der {
            return Ok(());
        }
        Err(KeyError::Mismatch {
            key: Fingerprint::of(&self.0.spki).to_string(),
            certificate: Fingerprint::of(spki_der).to_string(),
        })
    }

    /// Fails with both fingerprints unless the certificate is for this key.
    ///
    /// # Errors
    /// [`KeyError::Mismatch`].
    pub fn matches(&self, certificate: &Certificate) -> Result<(), KeyError> {
        self.check_spki(&certificate.key().spki_der)
    }

    /// Whether the certificate is for this key, however it writes that down: a point may be compressed (RFC 5480
    /// section 2.2), and RSASSA-PSS names the same key by another algorithm (RFC 4055 section 1.2).
    #[must_use]
    pub fn is_of(&self, certificate: &Certificate) -> bool {
        let spki = &certificate.key().spki_der;
        // The key itself comes last (RFC 5280 section 4.1).
        spki.ends_with(self.public_bits())
            || self.compressed_point().is_some_and(|point| spki.ends_with(&point))
    }

    /// SEC 1 section 2.3.3: the parity of y, and x.
    fn compressed_point(&self) -> Option<Vec<u8>> {
        let (&[4, ref point @ ..], Signer::P256(_) | Signer::P384(_)) = (self.public_bits(), &self.0.signer)
        else {
            return None;
        };
        let (x, y) = point.split_at(point.len() / 2);
        let parity = 2 | (y.last()? & 1);
        Some([&[parity], x].concat())
    }

    /// Signs as certificates and requests are signed: ECDSA in DER with the curve's hash, RSA PKCS#1 1.5 with SHA-256.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let raw = self.sign_jws(message)?;
        Ok(match &self.0.signer {
            Signer::Rsa(_) => raw,
            Signer::P256(_) | Signer::P384(_) => {
                let (r, s) = raw.split_at(raw.len() / 2);
                der::unsigned_sequence(&[r, s]).to_vec()
            }
        })
    }

    /// Signs as a JWS is signed (RFC 7518 section 3): ECDSA as r || s, RSA PKCS#1 1.5 with SHA-256.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn sign_jws(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let refused = |_| KeyError::Refused("sign");
        let random = SystemRandom::new();
        match &self.0.signer {
            Signer::P256(pair) | Signer::P384(pair) => {
                Ok(pair.sign(&random, message).map_err(refused)?.as_ref().to_vec())
            }
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(refused)?;
                Ok(signature)
            }
        }
    }

    /// The key in unencrypted PKCS#8: for the vault and for TLS engines inside this process, never for a log or an API.
    #[must_use]
    pub fn pkcs8(&self) -> &Zeroizing<Vec<u8>> {
        &self.0.pkcs8
    }

    /// The key in PEM (PKCS#8): for an explicit, audited export.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        loose::pem("PRIVATE KEY", &self.0.pkcs8)
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.0.signer
    }

    /// The bits inside the SubjectPublicKeyInfo: an uncompressed point, or an RSAPublicKey.
    pub(crate) fn public_bits(&self) -> &[u8] {
        match &self.0.signer {
            Signer::P256(pair) | Signer::P384(pair) => pair.public_key().as_ref(),
            Signer::Rsa(pair) => pair.public_key().as_ref(),
        }
    }
}

/// Whether the library takes keys of this kind and size: then it refuses one only because its numbers do not hold together.
pub(crate) fn is_usable(structure: &PrivateKeyStructure<'_>) -> bool {
    match structure {
        PrivateKeyStructure::Pkcs8(info) if info.algorithm.oid == oid::RSASSA_PSS => false,
        PrivateKeyStructure::Pkcs8(PrivateKeyInfo { rsa: Some(Ok(rsa)), .. })
        | PrivateKeyStructure::Pkcs1(rsa) => is_usable_rsa(rsa),
        structure => matches!(structure.kind(), Some(KeyKind::Ec(Some(oid::P256 | oid::P384)))),
    }
}

/// Two primes, 2048 to 8192 bits, and an exponent of at most 33 bits.
pub(crate) fn is_usable_rsa(rsa: &RsaPrivateKey<'_>) -> bool {
    rsa.version == 0
        && (2048..=8192).contains(&rsa.modulus.bit_length())
        && (2..=33).contains(&rsa.exponent.bit_length())
}

/// Only what is public: algorithm and fingerprint.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.spec().map_or("rsa", KeySpec::name);
        write!(f, "PrivateKey({kind}, spki {})", Fingerprint::of(&self.0.spki))
    }
}
