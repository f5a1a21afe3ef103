//! The certificate of a subscriber has certificatePolicies.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-certificate-policies-missing",
        title: "The certificate of a subscriber has certificatePolicies.",
        why: "The policy tells how the subscriber was validated.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_cert_certificate_policies_missing"),
        hint: "order it anew from a profile with the policy of its validation",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| reading::must_be_there(subject, oid::CERTIFICATE_POLICIES),
};
