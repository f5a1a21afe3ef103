//! It is signed with an algorithm that the rules list.

use crate::der::{Oid, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, pss, reading};

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
        Ok(signature) => {
            Verdict::holds(LISTED.contains(&signature.oid) || pss::is_allowed(signature), || {
                format!("it is signed with {}", signature.oid.shown())
            })
        }
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
