//! A subordinate CA lists policies.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-certificate-policies-missing",
        title: "A subordinate CA lists policies.",
        why: "They tell what the CA may issue; without them no policy holds for what it has issued.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_ca_certificate_policies_missing"),
        hint: "issue the CA anew with certificatePolicies",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| reading::must_be_there(subject, oid::CERTIFICATE_POLICIES),
};
