//! The cRLDistributionPoints of a subordinate CA is not critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-crl-distribution-points-marked-critical",
        title: "The cRLDistributionPoints of a subordinate CA is not critical.",
        why: "A client that does not fetch CRLs would have to refuse every certificate below.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_ca_crl_distribution_points_marked_critical"),
        hint: "issue the CA anew with a non-critical cRLDistributionPoints",
    },
    applies: |subject| {
        subject.is_subordinate_ca() && subject.anatomy.extension(oid::CRL_DISTRIBUTION_POINTS).is_some()
    },
    judge: |subject| reading::must_not_be_critical(subject, oid::CRL_DISTRIBUTION_POINTS),
};
