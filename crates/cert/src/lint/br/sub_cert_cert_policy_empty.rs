//! The certificate of a subscriber names a policy at least.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-cert-policy-empty",
        title: "The certificate of a subscriber names a policy at least.",
        why: "The policy tells how the subscriber was validated.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.9",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_cert_cert_policy_empty"),
        hint: "order it anew from a profile with the policy of its validation",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| {
        reading::extension(subject, |policies: Option<CertificatePolicies<'_>>| {
            let some = policies.is_some_and(|policies| !policies.policies.is_empty());
            Verdict::holds(some, || "no policy is named".to_owned())
        })
    },
};
