//! Signatures over what was hashed while it came in.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self as algorithms, UnparsedPublicKey, VerificationAlgorithm};

use super::signature::{self, SignatureFault};
use crate::der::{Bits, oid};
use crate::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// The hash that an algorithm signs; `None` where it signs the octets themselves, or is not known here.
pub(crate) fn digest_of(algorithm: &AlgorithmIdentifier<'_>) -> Option<&'static digest::Algorithm> {
    Some(match algorithm.oid {
        oid::RSA_SHA1 | oid::RSA_SHA1_OIW | oid::ECDSA_SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        oid::RSA_SHA256 | oid::ECDSA_SHA256 => &digest::SHA256,
        oid::RSA_SHA384 | oid::ECDSA_SHA384 => &digest::SHA384,
        oid::RSA_SHA512 | oid::ECDSA_SHA512 => &digest::SHA512,
        oid::RSASSA_PSS => match signature::pss_hash(algorithm)? {
            oid::SHA256 => &digest::SHA256,
            oid::SHA384 => &digest::SHA384,
            oid::SHA512 => &digest::SHA512,
            _ => return None,
        },
        _ => return None,
    })
}

/// Checks a signature over what has this hash. Weak algorithms are checked too: whether they are acceptable is judged elsewhere.
pub(crate) fn verify(
    digest: &Digest,
    algorithm: &AlgorithmIdentifier<'_>,
    signature: &Bits<'_>,
    key: &SubjectPublicKeyInfo<'_>,
) -> Result<(), SignatureFault> {
    let fitting = fitting(algorithm, key).ok_or(SignatureFault::Unsupported)?;
    if signature.unused != 0 {
        return Err(SignatureFault::Wrong);
    }
    let held = UnparsedPublicKey::new(fitting, key.key.bytes).verify_digest(digest, signature.bytes);
    held.map_err(|_| SignatureFault::Wrong)
}

fn fitting(
    algorithm: &AlgorithmIdentifier<'_>,
    key: &SubjectPublicKeyInfo<'_>,
) -> Option<&'static dyn VerificationAlgorithm> {
    let curve = key.curve().and_then(Result::ok);
    let is_rsa = key.algorithm.oid == oid::RSA_ENCRYPTION;
    let is_pss = matches!(key.algorithm.oid, oid::RSA_ENCRYPTION | oid::RSASSA_PSS);
    let hash = digest_of(algorithm)?;
    Some(match (algorithm.oid, curve) {
        (oid::RSA_SHA1 | oid::RSA_SHA1_OIW, _) if is_rsa => {
            &algorithms::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
        }
        (oid::RSA_SHA256, _) if is_rsa => &algorithms::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (oid::RSA_SHA384, _) if is_rsa => &algorithms::RSA_PKCS1_2048_8192_SHA384,
        (oid::RSA_SHA512, _) if is_rsa => &algorithms::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (oid::RSASSA_PSS, _) if is_pss && *hash == digest::SHA256 => &algorithms::RSA_PSS_2048_8192_SHA256,
        (oid::RSASSA_PSS, _) if is_pss && *hash == digest::SHA384 => &algorithms::RSA_PSS_2048_8192_SHA384,
        (oid::RSASSA_PSS, _) if is_pss => &algorithms::RSA_PSS_2048_8192_SHA512,
        (oid::ECDSA_SHA1, Some(oid::P256)) => &algorithms::ECDSA_P256_SHA1_ASN1,
        (oid::ECDSA_SHA256, Some(oid::P256)) => &algorithms::ECDSA_P256_SHA256_ASN1,
        (oid::ECDSA_SHA384, Some(oid::P256)) => &algorithms::ECDSA_P256_SHA384_ASN1,
        (oid::ECDSA_SHA512, Some(oid::P256)) => &algorithms::ECDSA_P256_SHA512_ASN1,
        (oid::ECDSA_SHA256, Some(oid::P384)) => &algorithms::ECDSA_P384_SHA256_ASN1,
        (oid::ECDSA_SHA384, Some(oid::P384)) => &algorithms::ECDSA_P384_SHA384_ASN1,
        (oid::ECDSA_SHA512, Some(oid::P384)) => &algorithms::ECDSA_P384_SHA512_ASN1,
        (oid::ECDSA_SHA256, Some(oid::P521)) => &algorithms::ECDSA_P521_SHA256_ASN1,
        (oid::ECDSA_SHA384, Some(oid::P521)) => &algorithms::ECDSA_P521_SHA384_ASN1,
        (oid::ECDSA_SHA512, Some(oid::P521)) => &algorithms::ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::Anatomy;

    #[test]
    fn a_hash_that_came_first_is_enough_where_the_algorithm_signs_one() {
        let table = [
            (&rcgen::PKCS_ECDSA_P256_SHA256, true),
            (&rcgen::PKCS_ECDSA_P384_SHA384, true),
            (&rcgen::PKCS_ECDSA_P521_SHA512, true),
            (&rcgen::PKCS_RSA_SHA256, true),
            (&rcgen::PKCS_RSA_SHA384, true),
            (&rcgen::PKCS_RSA_SHA512, true),
            (&rcgen::PKCS_ED25519, false),
        ];
        for (kind, signs_hash) in table {
            let key = rcgen::KeyPair::generate_for(kind).unwrap();
            let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
            let anatomy = Anatomy::of(certificate.der());
            let (algorithm, signature) = (anatomy.signature_algorithm.unwrap(), anatomy.signature.unwrap());
            let Some(hash) = digest_of(&algorithm) else {
                assert!(!signs_hash, "{kind:?}");
                continue;
            };
            let key = anatomy.key.unwrap();
            let checked = |octets| verify(&digest::digest(hash, octets), &algorithm, &signature, &key);
            assert_eq!(checked(anatomy.tbs.unwrap().whole), Ok(()), "{kind:?}");
            assert_eq!(checked(anatomy.der), Err(SignatureFault::Wrong), "{kind:?}");
        }
    }
}
