//! The algorithms of aws-lc-rs, by what certificates call them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P256K1_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1,
    ECDSA_P521_SHA1_ASN1, ECDSA_P521_SHA224_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, VerificationAlgorithm,
};

use super::pss;
use crate::der::{Oid, oid};
use crate::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

type Algorithm = &'static dyn VerificationAlgorithm;

/// RSA with PKCS#1 padding, for keys of 1024 bits and more: how short is too short is judged elsewhere.
const RSA: [(Oid<'static>, Algorithm); 5] = [
    (oid::RSA_SHA1, &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
    (oid::RSA_SHA1_OIW, &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
    (oid::RSA_SHA256, &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
    (oid::RSA_SHA384, &RSA_PKCS1_2048_8192_SHA384),
    (oid::RSA_SHA512, &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
];

const PSS: [(Oid<'static>, Algorithm); 3] = [
    (oid::SHA256, &RSA_PSS_2048_8192_SHA256),
    (oid::SHA384, &RSA_PSS_2048_8192_SHA384),
    (oid::SHA512, &RSA_PSS_2048_8192_SHA512),
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

/// The algorithm with which this key makes such a signature; `None` where there is none here.
pub(super) fn fitting(
    algorithm: &AlgorithmIdentifier<'_>,
    key: &SubjectPublicKeyInfo<'_>,
) -> Option<Algorithm> {
    fn of(table: &[(Oid<'static>, Algorithm)], wanted: Oid<'_>) -> Option<Algorithm> {
        table.iter().find(|(oid, _)| *oid == wanted).map(|(_, algorithm)| *algorithm)
    }
    match key.algorithm.oid {
        oid::RSA_ENCRYPTION if algorithm.oid == oid::RSASSA_PSS => of(&PSS, pss::hash(algorithm).ok()?),
        oid::RSASSA_PSS if algorithm.oid == oid::RSASSA_PSS => of(&PSS, pss::hash(algorithm).ok()?),
        oid::RSA_ENCRYPTION => of(&RSA, algorithm.oid),
        oid::EC_PUBLIC_KEY => {
            let curve = key.curve()?.ok()?;
            ECDSA
                .iter()
                .find(|(hash, on, _)| *hash == algorithm.oid && *on == curve)
                .map(|(_, _, algorithm)| *algorithm)
        }
        other => of(&OTHERS, other).filter(|_| algorithm.oid == other),
    }
}

/// Whether keys of this kind never make such signatures, as far as both are known here: RSA is not ECDSA.
pub(super) fn never_made_by(algorithm: &AlgorithmIdentifier<'_>, key: &SubjectPublicKeyInfo<'_>) -> bool {
    let made_by = match algorithm.oid {
        oid::RSASSA_PSS => Some(oid::RSA_ENCRYPTION),
        other if RSA.iter().any(|(known, _)| *known == other) => Some(oid::RSA_ENCRYPTION),
        other if ECDSA.iter().any(|(known, ..)| *known == other) => Some(oid::EC_PUBLIC_KEY),
        other => OTHERS.iter().map(|(known, _)| *known).find(|known| *known == other),
    };
    let kind = match key.algorithm.oid {
        oid::RSASSA_PSS => oid::RSA_ENCRYPTION,
        other => other,
    };
    let is_known = [oid::RSA_ENCRYPTION, oid::EC_PUBLIC_KEY].contains(&kind)
        || OTHERS.iter().any(|(known, _)| *known == kind);
    is_known && made_by.is_some_and(|made_by| made_by != kind)
}
