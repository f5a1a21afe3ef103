//! Elliptic keys are on P-256, P-384 or P-521.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::SubjectPublicKeyInfo;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ec-improper-curves",
        title: "An elliptic key is on P-256, P-384 or P-521, and says so by name.",
        why: "Clients know no other curves for certificates, and curves that are spelled out have been used to forge them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.5",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_ec_improper_curves"),
        hint: "make a new key on P-256",
    },
    applies: ask::is_elliptic,
    judge: |subject| match subject.anatomy.key.as_ref().ok().and_then(SubjectPublicKeyInfo::curve) {
        Some(Ok(curve)) => {
            let is_proper = matches!(curve, oid::P256 | oid::P384 | oid::P521);
            Verdict::holds(is_proper, || format!("it is on {}", curve.shown()))
        }
        Some(Err(fault)) => Verdict::Violated(format!("its curve is not named: {fault}")),
        None => Verdict::Pass,
    },
};
