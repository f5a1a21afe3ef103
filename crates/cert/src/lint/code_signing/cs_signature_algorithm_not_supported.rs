//! A certificate for code is signed with SHA-256, SHA-384 or SHA-512.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, pss, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-signature-algorithm-not-supported",
        title: "A certificate for code is signed with SHA-256, SHA-384 or SHA-512.",
        why: "With a weaker digest two certificates can be made that have one signature.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.3.2",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_signature_algorithm_not_supported"),
        hint: "have the CA sign with SHA-256 or better",
    },
    applies: |_| true,
    judge: |subject| match &subject.anatomy.tbs_signature {
        Ok(algorithm) => {
            let known = [
                oid::RSA_SHA256,
                oid::RSA_SHA384,
                oid::RSA_SHA512,
                oid::ECDSA_SHA256,
                oid::ECDSA_SHA384,
                oid::ECDSA_SHA512,
                oid::DSA_SHA256,
            ];
            let is_pss = algorithm.oid == oid::RSASSA_PSS && pss::is_allowed(algorithm);
            Verdict::holds(is_pss || known.contains(&algorithm.oid), || algorithm.oid.shown())
        }
        Err(fault) => reading::unreadable("the signature algorithm", *fault),
    },
};
