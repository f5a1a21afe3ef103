//! The algorithms of aws-lc-rs, by what certificates call them.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P256K1_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1,
    ECDSA_P521_SHA1_ASN1, ECDSA_P521_SHA224_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, VerificationAlgorithm,
};

use super::{SignatureFault, pss};
use crate::der::{Oid, oid};
use crate::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

pub(in crate::model) type Algorithm = &'static dyn VerificationAlgorithm;

/// The longest RSA keys that aws-lc-rs looks at, in bits.
const LONGEST_RSA: u32 = 8192;

/// RSA with PKCS#1 padding, and the shortest keys that are looked at: how short is too short is judged elsewhere.
const RSA: [(Oid<'static>, u32, Algorithm); 5] = [
    (oid::RSA_SHA1, 1024, &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
    (oid::RSA_SHA1_OIW, 1024, &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
    (oid::RSA_SHA256, 1024, &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
    (oid::RSA_SHA384, 2048, &RSA_PKCS1_2048_8192_SHA384),
    (oid::RSA_SHA512, 1024, &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
];

const PSS: [(Oid<'static>, u32, Algorithm); 3] = [
    (oid::SHA256, 2048, &RSA_PSS_2048_8192_SHA256),
    (oid::SHA384, 2048, &RSA_PSS_2048_8192_SHA384),
    (oid::SHA512, 2048, &RSA_PSS_2048_8192_SHA512),
];

/// ECDSA by hash and curve.
const ECDSA: [(Oid<'static>, Oid<'static>, Algorithm); 13] = [
    (oid::ECDSA_SHA1, oid::P256, &ECDSA_P256_SHA1_ASN1),
    (oid::ECDSA_SHA256, oid::P256, &ECDSA_P256_SHA256_ASN1),
    (oid::ECDSA_SHA384, oid::P256, &ECDSA_P256_SHA384_ASN1),
    (oid::ECDSA_SHA512, oid::P256, &ECDSA_P256_SHA512_ASN1),
    (oid::ECDSA_SHA256, oid::P384, &ECDSA_P384_SHA256_ASN1),
    (oid::ECDSA_SHA384, oid::P384, &ECDSA_P384_SHA384_ASN1),
    (oid::ECDSA_SHA512, oid::P384, &ECDSA_P384_SHA512_ASN1),
    (oid::ECDSA_SHA1, oid::P521, &ECDSA_P521_SHA1_ASN1),
    (oid::ECDSA_SHA224, oid::P521, &ECDSA_P521_SHA224_ASN1),
    (oid::ECDSA_SHA256, oid::P521, &ECDSA_P521_SHA256_ASN1),
    (oid::ECDSA_SHA384, oid::P521, &ECDSA_P521_SHA384_ASN1),
    (oid::ECDSA_SHA512, oid::P521, &ECDSA_P521_SHA512_ASN1),
    (oid::ECDSA_SHA256, oid::SECP256K1, &ECDSA_P256K1_SHA256_ASN1),
];

/// Those whose key has the same name.
const OTHERS: [(Oid<'static>, Algorithm); 4] = [
    (oid::ED25519, &ED25519),
    (oid::ML_DSA_44, &ML_DSA_44),
    (oid::ML_DSA_65, &ML_DSA_65),
    (oid::ML_DSA_87, &ML_DSA_87),
];

/// Kinds of keys that make no signatures but those of their own name.
const ONLY_THEIR_OWN: [Oid<'static>; 19] = [
    oid::ED25519,
    oid::ED448,
    oid::X25519,
    oid::X448,
    oid::ML_DSA_44,
    oid::ML_DSA_65,
    oid::ML_DSA_87,
    oid::SLH_DSA_SHA2_128S,
    oid::SLH_DSA_SHA2_128F,
    oid::SLH_DSA_SHA2_192S,
    oid::SLH_DSA_SHA2_192F,
    oid::SLH_DSA_SHA2_256S,
    oid::SLH_DSA_SHA2_256F,
    oid::SLH_DSA_SHAKE_128S,
    oid::SLH_DSA_SHAKE_128F,
    oid::SLH_DSA_SHAKE_192S,
    oid::SLH_DSA_SHAKE_192F,
    oid::SLH_DSA_SHAKE_256S,
    oid::SLH_DSA_SHAKE_256F,
];

/// The algorithm with which this key makes such a signature: it never does, or nobody here knows.
pub(in crate::model) fn fitting(
    algorithm: &AlgorithmIdentifier<'_>,
    key: &SubjectPublicKeyInfo<'_>,
) -> Result<Algorithm, SignatureFault> {
    if never_made_by(algorithm, key) {
        return Err(SignatureFault::Wrong);
    }
    known(algorithm, key).ok_or(SignatureFault::Unsupported)
}

fn known(algorithm: &AlgorithmIdentifier<'_>, key: &SubjectPublicKeyInfo<'_>) -> Option<Algorithm> {
    match (key.algorithm.oid, algorithm.oid) {
        (oid::RSA_ENCRYPTION | oid::RSASSA_PSS, oid::RSASSA_PSS) => {
            rsa(&PSS, pss::hash(algorithm).ok()?, key)
        }
        (oid::RSA_ENCRYPTION, other) => rsa(&RSA, other, key),
        (oid::EC_PUBLIC_KEY, hash) => {
            // The library reads points of the hybrid form, too, which RFC 5480 section 2.2 forbids.
            if matches!(key.key.bytes.first(), Some(6 | 7)) {
                return None;
            }
            let curve = key.curve()?.ok()?;
            let row = ECDSA.iter().find(|(of, on, _)| *of == hash && *on == curve)?;
            Some(row.2)
        }
        (kind, other) if kind == other => {
            OTHERS.iter().find(|(oid, _)| *oid == kind).map(|(_, algorithm)| *algorithm)
        }
        _ => None,
    }
}

/// A signature of a key whose size is not looked at is not wrong.
fn rsa(
    table: &[(Oid<'static>, u32, Algorithm)],
    wanted: Oid<'_>,
    key: &SubjectPublicKeyInfo<'_>,
) -> Option<Algorithm> {
    let (_, shortest, algorithm) = table.iter().find(|(oid, ..)| *oid == wanted)?;
    let (modulus, _) = key.rsa()?.ok()?;
    (*shortest..=LONGEST_RSA).contains(&modulus.bit_length()).then_some(*algorithm)
}

/// Whether keys of this kind never make such signatures, as far as both are known here: RSA is not ECDSA.
fn never_made_by(algorithm: &AlgorithmIdentifier<'_>, key: &SubjectPublicKeyInfo<'_>) -> bool {
    let made_by = match algorithm.oid {
        oid::RSASSA_PSS
        | oid::RSA_MD2
        | oid::RSA_MD4
        | oid::RSA_MD5
        | oid::RSA_SHA1
        | oid::RSA_SHA1_OIW
        | oid::RSA_SHA224
        | oid::RSA_SHA256
        | oid::RSA_SHA384
        | oid::RSA_SHA512 => Some(oid::RSA_ENCRYPTION),
        oid::ECDSA_SHA1 | oid::ECDSA_SHA224 | oid::ECDSA_SHA256 | oid::ECDSA_SHA384 | oid::ECDSA_SHA512 => {
            Some(oid::EC_PUBLIC_KEY)
        }
        oid::DSA | oid::DSA_SHA1 | oid::DSA_SHA224 | oid::DSA_SHA256 => Some(oid::DSA),
        other => ONLY_THEIR_OWN.into_iter().find(|own| *own == other),
    };
    let kind = match key.algorithm.oid {
        oid::RSA_ENCRYPTION | oid::RSASSA_PSS => Some(oid::RSA_ENCRYPTION),
        oid::EC_PUBLIC_KEY => Some(oid::EC_PUBLIC_KEY),
        oid::DSA => Some(oid::DSA),
        other => ONLY_THEIR_OWN.into_iter().find(|own| *own == other),
    };
    made_by.zip(kind).is_some_and(|(made_by, kind)| made_by != kind)
}

/// The hash that an algorithm signs; `None` where it signs the octets themselves, or is not known here.
pub(crate) fn digest_of(algorithm: &AlgorithmIdentifier<'_>) -> Option<&'static digest::Algorithm> {
    let hash = match algorithm.oid {
        oid::RSASSA_PSS => pss::hash(algorithm).ok()?,
        oid::RSA_SHA1 | oid::RSA_SHA1_OIW | oid::ECDSA_SHA1 => oid::SHA1,
        oid::ECDSA_SHA224 => oid::SHA224,
        oid::RSA_SHA256 | oid::ECDSA_SHA256 => oid::SHA256,
        oid::RSA_SHA384 | oid::ECDSA_SHA384 => oid::SHA384,
        oid::RSA_SHA512 | oid::ECDSA_SHA512 => oid::SHA512,
        _ => return None,
    };
    Some(match hash {
        oid::SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        oid::SHA224 => &digest::SHA224,
        oid::SHA256 => &digest::SHA256,
        oid::SHA384 => &digest::SHA384,
        oid::SHA512 => &digest::SHA512,
        _ => return None,
    })
}
