//! Signatures over certificates and requests.

use std::fmt;

use aws_lc_rs::signature::{self as legacy, UnparsedPublicKey, VerificationAlgorithm};

use super::der;
use super::public_key::{KeyAlgorithm, PublicKey};
use crate::der::Oid;
use crate::x509::SubjectPublicKeyInfo;

/// How a certificate is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// The object identifier, dotted.
    pub oid: String,
    /// The usual name, or the object identifier where there is none.
    pub name: String,
    /// Whether its hash is broken: MD2, MD5 or SHA-1.
    pub weak: bool,
}

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// It was checked, and is wrong.
    Wrong,
    /// The algorithm is not known here, or the key does not fit it: it could not be checked.
    Unsupported,
}

const NAMES: [(&str, &str, bool); 17] = [
    ("1.2.840.113549.1.1.2", "RSA with MD2", true),
    ("1.2.840.113549.1.1.4", "RSA with MD5", true),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1", true),
    ("1.3.14.3.2.29", "RSA with SHA-1", true),
    ("1.2.840.113549.1.1.14", "RSA with SHA-224", false),
    ("1.2.840.113549.1.1.11", "RSA with SHA-256", false),
    ("1.2.840.113549.1.1.12", "RSA with SHA-384", false),
    ("1.2.840.113549.1.1.13", "RSA with SHA-512", false),
    ("1.2.840.113549.1.1.10", "RSA-PSS", false),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1", true),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256", false),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384", false),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512", false),
    ("1.2.840.10040.4.3", "DSA with SHA-1", true),
    ("1.3.101.112", "Ed25519", false),
    ("1.3.101.113", "Ed448", false),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44", false),
];

impl SignatureAlgorithm {
    pub(crate) fn of(oid: Oid<'_>) -> Self {
        let oid = oid.to_string();
        let known = NAMES.iter().find(|(known, ..)| *known == oid);
        let name = known.map_or_else(|| oid.clone(), |(_, name, _)| (*name).to_owned());
        Self { oid, name, weak: known.is_some_and(|(_, _, weak)| *weak) }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Checks the signature of a signed structure with this key. Weak algorithms are checked too, so that a chain that hangs
/// together can be told from one that does not; whether they are acceptable is judged elsewhere.
pub(crate) fn verify(structure: &[u8], key: &PublicKey) -> Result<(), SignatureFault> {
    // No library here looks at RSA keys beyond these sizes, and one that is not looked at is not wrong.
    if matches!(key.algorithm, KeyAlgorithm::Rsa { bits, .. } if !(1024..=8192).contains(&bits)) {
        return Err(SignatureFault::Unsupported);
    }
    let parts = der::signed(structure).ok_or(SignatureFault::Unsupported)?;
    let (key_algorithm, key_bits) = der::public_key(&key.spki_der).ok_or(SignatureFault::Unsupported)?;
    let held = match outdated(parts.algorithm, key) {
        Some(algorithm) => {
            UnparsedPublicKey::new(algorithm, key_bits).verify(parts.signed, parts.signature).is_ok()
        }
        None => {
            let fitting: Vec<_> = webpki::ALL_VERIFICATION_ALGS
                .iter()
                .filter(|algorithm| {
                    algorithm.signature_alg_id().as_ref() == parts.algorithm
                        && algorithm.public_key_alg_id().as_ref() == key_algorithm
                })
                .collect();
            if fitting.is_empty() {
                return Err(SignatureFault::Unsupported);
            }
            fitting
                .iter()
                .any(|algorithm| algorithm.verify_signature(key_bits, parts.signed, parts.signature).is_ok())
        }
    };
    held.then_some(()).ok_or(SignatureFault::Wrong)
}

/// Whether the signature of a signed structure may be one of this key: it is, or nobody here can tell.
pub(crate) fn may_be_of(structure: &[u8], key: &SubjectPublicKeyInfo<'_>) -> bool {
    verify(structure, &PublicKey::read(key)) != Err(SignatureFault::Wrong)
}

/// Algorithms that `webpki` rightly leaves out: SHA-1, and RSA keys below 2048 bits.
fn outdated(algorithm: &[u8], key: &PublicKey) -> Option<&'static dyn VerificationAlgorithm> {
    // The content of the algorithm identifiers sha1WithRSAEncryption, sha256-, sha512-, ecdsa-with-SHA1.
    const RSA_PREFIX: [u8; 10] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA_SHA1: [u8; 9] = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
    let short = matches!(key.algorithm, KeyAlgorithm::Rsa { bits, .. } if bits < 2048);
    match (&key.algorithm, algorithm.strip_prefix(&RSA_PREFIX).and_then(<[u8]>::first)) {
        (KeyAlgorithm::Rsa { .. }, Some(5)) => Some(&legacy::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        (KeyAlgorithm::Rsa { .. }, Some(11)) if short => {
            Some(&legacy::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)
        }
        (KeyAlgorithm::Rsa { .. }, Some(13)) if short => {
            Some(&legacy::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY)
        }
        (KeyAlgorithm::Ec(super::Curve::P256), None) if algorithm.starts_with(&ECDSA_SHA1) => {
            Some(&legacy::ECDSA_P256_SHA1_ASN1)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::Subject;
    use crate::{Certificate, SignatureFault, Time, base64};

    /// Signed by its own key of 512 bits.
    const SHORT: &str = "\
        MIIBbzCCARmgAwIBAgIUZ1Wm7Z92txd69pIt39nQzarl6s8wDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBYTAeFw0yNjExMzAx\
        NzQzMjlaFw0zNjExMjcxNzQzMjlaMAwxCjAIBgNVBAMMAWEwXDANBgkqhkiG9w0BAQEFAANLADBIAkEAuJmA8eU5xWnA9c2uWE5h\
        r84DwOvhqek2CrrEEinHq4u5PGl1OhXxD/a8FQ3pcQ94gFftdu87ePqwmI7XcZzWdwIDAQABo1MwUTAdBgNVHQ4EFgQUB7BhsnO0\
        SLTy7/K6jiAUgjPmhxswHwYDVR0jBBgwFoAUB7BhsnO0SLTy7/K6jiAUgjPmhxswDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0B\
        AQsFAANBAIVtWUrKrmk9G81lNaftm3y5vxES2Zo0S+CjGwuUV+wpYWOkXZ9InVOhgjOxi8WC1e7bG/YolawwInGy8qPq0Fs=";

    #[test]
    fn what_no_library_looks_at_is_not_called_wrong() {
        let der = base64::decode(SHORT).unwrap();
        let certificate = Certificate::parse(&der).unwrap();
        assert_eq!(certificate.is_signed_by(&certificate), Err(SignatureFault::Unsupported));
        assert!(Subject::of(&der, Time::from_unix_seconds(0)).is_root());
    }
}
