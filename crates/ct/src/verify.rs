//! Whether a log signed what it is said to have promised (RFC 6962 sections 2.1.4 and 3.2).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use notafter_cert::der::{Fault, Reader, Tag, oid};
use notafter_cert::x509::SubjectPublicKeyInfo;

use crate::{Algorithm, Entry, LogId, Sct};

/// The public key of a log.
#[derive(Clone, PartialEq, Eq)]
pub struct LogKey {
    spki: Vec<u8>,
    key: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    EcdsaP256,
    Rsa,
}

/// Why a key is none of a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not a SubjectPublicKeyInfo.
    #[error("not a public key: {0}")]
    Unreadable(#[from] Fault),
    /// Logs sign by ECDSA on P-256, or by RSA with 2048 bits or more (RFC 6962 section 2.1.4).
    #[error("a key of a kind that no log may have ({0})")]
    Kind(String),
}

/// Why a signature does not prove the promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// It was checked, and is wrong.
    Wrong,
    /// It is said to be of a kind that the log's key cannot make, or with another hash than SHA-256.
    Algorithm(Algorithm),
    /// The promise cannot be read.
    Unreadable(Fault),
    /// The certificate is longer than what a log can sign.
    TooLong,
}

impl From<Fault> for SignatureFault {
    fn from(fault: Fault) -> Self {
        Self::Unreadable(fault)
    }
}

impl LogKey {
    /// Of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// When it is none, or of a kind that no log has.
    pub fn read(spki: &[u8]) -> Result<Self, KeyFault> {
        let mut document = Reader::new(spki);
        let info = SubjectPublicKeyInfo::read(document.expect(Tag::SEQUENCE, "SubjectPublicKeyInfo")?)?;
        document.finish()?;
        let kind = match (info.algorithm.oid, info.curve(), info.rsa()) {
            (_, Some(Ok(oid::P256)), _) => Kind::EcdsaP256,
            (oid::RSA_ENCRYPTION, _, Some(Ok((modulus, _)))) if modulus.bit_length() >= 2048 => Kind::Rsa,
            (other, ..) => return Err(KeyFault::Kind(other.shown())),
        };
        Ok(Self { spki: spki.to_vec(), key: info.key.bytes.to_vec(), kind })
    }

    /// The SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The identity of the log that has this key.
    #[must_use]
    pub fn id(&self) -> LogId {
        LogId::of_key(&self.spki)
    }

    /// Whether the owner of this key promised this of that certificate.
    ///
    /// # Errors
    /// Why that is not proved.
    pub fn verify(&self, sct: &Sct<'_>, entry: &Entry<'_>) -> Result<(), SignatureFault> {
        let algorithm = sct.algorithm?;
        let (expected, verification): (_, &dyn VerificationAlgorithm) = match self.kind {
            Kind::EcdsaP256 => (Algorithm::ECDSA_SHA256, &ECDSA_P256_SHA256_ASN1),
            Kind::Rsa => (Algorithm::RSA_SHA256, &RSA_PKCS1_2048_8192_SHA256),
        };
        if algorithm != expected {
            return Err(SignatureFault::Algorithm(algorithm));
        }
        let signed = signed(sct, entry)?;
        let key = UnparsedPublicKey::new(verification, &self.key);
        key.verify(&signed, sct.signature?).map_err(|_| SignatureFault::Wrong)
    }
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogKey({:?}, {})", self.kind, self.id())
    }
}

/// The octets that are signed: `digitally-signed struct` in RFC 6962 section 3.2.
fn signed(sct: &Sct<'_>, entry: &Entry<'_>) -> Result<Vec<u8>, SignatureFault> {
    const CERTIFICATE_TIMESTAMP: u8 = 0;
    const X509_ENTRY: [u8; 2] = [0, 0];
    const PRECERT_ENTRY: [u8; 2] = [0, 1];
    let timestamp = sct.timestamp?.to_be_bytes();
    let extensions = sct.extensions?;
    let extensions_length = u16::try_from(extensions.len()).unwrap_or(u16::MAX).to_be_bytes();
    let (kind, issuer, document): (_, &[u8], &[u8]) = match entry {
        Entry::Certificate(der) => (X509_ENTRY, &[], der),
        Entry::Precertificate { issuer_key_hash, tbs } => (PRECERT_ENTRY, issuer_key_hash, tbs),
    };
    let length = u32::try_from(document.len()).unwrap_or(u32::MAX).to_be_bytes();
    let [0, length @ ..] = length else { return Err(SignatureFault::TooLong) };
    let head = [sct.version?, CERTIFICATE_TIMESTAMP];
    Ok([&head[..], &timestamp, &kind, issuer, &length, document, &extensions_length, extensions].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_no_log_may_have_are_refused() {
        let rsa_1024 = [
            &[0x30, 0x81, 0x9d, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0][..],
            &[3, 0x81, 0x8b, 0, 0x30, 0x81, 0x87, 2, 0x81, 0x81, 0],
            &[0xff; 128],
            &[2, 1, 3],
        ]
        .concat();
        let ed25519 = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &[7; 32]].concat();
        let more = [&ed25519[..], &[0]].concat();
        let table = [
            (&rsa_1024[..], "a key of a kind that no log may have (rsaEncryption)"),
            (&ed25519, "a key of a kind that no log may have (Ed25519)"),
            (&more, "not a public key: byte 44: 1 bytes too many"),
            (&[0x30, 0], "not a public key: byte 2: algorithm is missing"),
            (&[], "not a public key: byte 0: SubjectPublicKeyInfo is missing"),
        ];
        for (spki, why) in table {
            assert_eq!(LogKey::read(spki).unwrap_err().to_string(), why);
        }
    }
}
