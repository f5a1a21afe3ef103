//! Signatures over what was hashed while it came in.

use aws_lc_rs::digest::Digest;
use aws_lc_rs::signature::UnparsedPublicKey;

pub(crate) use super::signature::digest_of;
use super::signature::{self, SignatureFault};
use crate::der::Bits;
use crate::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// Checks a signature over what has this hash. Weak algorithms are checked too: whether they are acceptable is judged elsewhere.
pub(crate) fn verify(
    digest: &Digest,
    algorithm: &AlgorithmIdentifier<'_>,
    octets: &Bits<'_>,
    key: &SubjectPublicKeyInfo<'_>,
) -> Result<(), SignatureFault> {
    let fitting = signature::fitting(algorithm, key)?;
    if octets.unused != 0 || digest_of(algorithm).is_none() {
        return Err(SignatureFault::Unsupported);
    }
    let held = UnparsedPublicKey::new(fitting, key.key.bytes).verify_digest(digest, octets.bytes);
    held.map_err(|_| SignatureFault::Wrong)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest;

    use super::*;
    use crate::der::{Reader, Tag, write};
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

    /// There were two tables, and they had come to differ.
    #[test]
    fn what_was_hashed_before_is_judged_as_the_whole() {
        let kinds = [
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ECDSA_P521_SHA512,
            &rcgen::PKCS_RSA_SHA256,
            &rcgen::PKCS_ED25519,
        ];
        let keys: Vec<Vec<u8>> = kinds
            .iter()
            .map(|kind| {
                let key = rcgen::KeyPair::generate_for(kind).unwrap();
                rcgen::CertificateParams::default().self_signed(&key).unwrap().der().to_vec()
            })
            .collect();
        let (mut compared, mut wrong) = (0, 0);
        for (kind, _) in crate::der::oid::KNOWN {
            let encoded = write(Tag::SEQUENCE, &[&write(Tag::OID, &[kind.content()])]);
            let algorithm = AlgorithmIdentifier::read(Reader::new(&encoded).element().unwrap()).unwrap();
            let Some(hash) = digest_of(&algorithm) else { continue };
            for key in &keys {
                let key = Anatomy::of(key).key.unwrap();
                let whole = signature::Signed { content: b"x", algorithm, signature: &[1; 64] };
                let octets = Bits { bytes: &[1; 64], unused: 0 };
                let before = verify(&digest::digest(hash, b"x"), &algorithm, &octets, &key);
                assert_eq!(before, signature::check(&whole, &key), "{}", kind.shown());
                compared += 1;
                wrong += usize::from(before == Err(SignatureFault::Wrong));
            }
        }
        assert!(compared > 40 && wrong > 30, "{compared} {wrong}");
    }
}
