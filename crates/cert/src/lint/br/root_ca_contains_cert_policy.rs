//! A root lists no policies.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-contains-cert-policy",
        title: "A root lists no policies.",
        why: "Policies begin below the root; what it lists is not looked at, or breaks paths.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.2",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:w_root_ca_contains_cert_policy"),
        hint: "leave certificatePolicies out of the root",
    },
    applies: |subject| subject.is_root(),
    judge: |subject| {
        let there = subject.anatomy.extension(oid::CERTIFICATE_POLICIES).is_some();
        Verdict::holds(!there, || "it has certificatePolicies".to_owned())
    },
};
