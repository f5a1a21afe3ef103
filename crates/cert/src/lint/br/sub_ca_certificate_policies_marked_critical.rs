//! The certificatePolicies of a subordinate CA is not critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-certificate-policies-marked-critical",
        title: "The certificatePolicies of a subordinate CA is not critical.",
        why: "A client that does not look at policies would have to refuse every certificate below.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:w_sub_ca_certificate_policies_marked_critical"),
        hint: "issue the CA anew with a non-critical certificatePolicies",
    },
    applies: |subject| {
        subject.is_subordinate_ca() && subject.anatomy.extension(oid::CERTIFICATE_POLICIES).is_some()
    },
    judge: |subject| reading::must_not_be_critical(subject, oid::CERTIFICATE_POLICIES),
};
