//! It is signed with an algorithm that the rules list.

use crate::der::{Oid, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::AlgorithmIdentifier;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.signature-algorithm-not-supported",
        title: "It is signed with an algorithm that the rules list.",
        why: "Clients refuse a signature that they do not know or no longer trust.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.3.2",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_signature_algorithm_not_supported"),
        hint: "have it signed with RSA or ECDSA over SHA-256, SHA-384 or SHA-512",
    },
    applies: |_| true,
    judge: |subject| match &subject.anatomy.tbs_signature {
        Ok(signature) => Verdict::holds(LISTED.contains(&signature.oid) || is_listed_pss(signature), || {
            format!("it is signed with {}", signature.oid.shown())
        }),
        Err(fault) => reading::unreadable("the algorithm of the signature", *fault),
    },
};

/// Those of today, and those over SHA-1 and of DSA that once were listed, on which there are lints by their dates.
const LISTED: &[Oid<'static>] = &[
    oid::RSA_SHA256,
    oid::RSA_SHA384,
    oid::RSA_SHA512,
    oid::ECDSA_SHA256,
    oid::ECDSA_SHA384,
    oid::ECDSA_SHA512,
    oid::DSA_SHA256,
    oid::RSA_SHA1,
    oid::RSA_SHA1_OIW,
    oid::DSA_SHA1,
    oid::ECDSA_SHA1,
];

/// Whether it is one of the three encodings of RSASSA-PSS: hash, MGF-1 with the same hash, and a salt as long as it.
fn is_listed_pss(signature: &AlgorithmIdentifier<'_>) -> bool {
    let sha2 = |last: u8| [&b"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"[..], &[last, 5, 0]].concat();
    [(1, 0x20), (2, 0x30), (3, 0x40)].into_iter().any(|(hash, salt)| {
        let encoding = [
            &b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f"[..],
            &sha2(hash),
            b"\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08",
            &sha2(hash),
            &[0xa2, 3, 2, 1, salt],
        ];
        signature.der() == encoding.concat()
    })
}
