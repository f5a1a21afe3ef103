//! The cRLDistributionPoints is not critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-crl-distribution-points-marked-critical",
        title: "The cRLDistributionPoints is not critical.",
        why: "A client that does not fetch CRLs must refuse the certificate.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_cert_crl_distribution_points_marked_critical"),
        hint: "order it anew from a profile with a non-critical cRLDistributionPoints",
    },
    applies: |subject| subject.anatomy.extension(oid::CRL_DISTRIBUTION_POINTS).is_some(),
    judge: |subject| reading::must_not_be_critical(subject, oid::CRL_DISTRIBUTION_POINTS),
};
