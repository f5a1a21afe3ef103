//! An elliptic key for code is on P-256, P-384 or P-521.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::SubjectPublicKeyInfo;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-ecdsa-prohibited-curve",
        title: "An elliptic key for code is on P-256, P-384 or P-521.",
        why: "Operating systems know these curves, and refuse programs signed on another.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 6.1.5.2",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_ecdsa_prohibited_curve"),
        hint: "make a key on P-256 or P-384",
    },
    applies: |subject| subject.anatomy.key.as_ref().is_ok_and(|key| key.algorithm.oid == oid::EC_PUBLIC_KEY),
    judge: |subject| match subject.anatomy.key.as_ref().ok().and_then(SubjectPublicKeyInfo::curve) {
        Some(Ok(curve)) => {
            let allowed = [oid::P256, oid::P384, oid::P521];
            Verdict::holds(allowed.contains(&curve), || format!("it is on {}", curve.shown()))
        }
        Some(Err(fault)) => Verdict::Violated(fault.to_string()),
        None => Verdict::Unknown("not an elliptic key".to_owned()),
    },
};
