//! The certificatePolicies is not critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-certificate-policies-marked-critical",
        title: "The certificatePolicies is not critical.",
        why: "A client that does not look at policies must refuse the certificate.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:w_sub_cert_certificate_policies_marked_critical"),
        hint: "order it anew from a profile with a non-critical certificatePolicies",
    },
    applies: |subject| subject.anatomy.extension(oid::CERTIFICATE_POLICIES).is_some(),
    judge: |subject| reading::must_not_be_critical(subject, oid::CERTIFICATE_POLICIES),
};
