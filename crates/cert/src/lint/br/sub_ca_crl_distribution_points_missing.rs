//! A subordinate CA has cRLDistributionPoints.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-crl-distribution-points-missing",
        title: "A subordinate CA has cRLDistributionPoints.",
        why: "Without them nobody learns that the CA was revoked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_ca_crl_distribution_points_missing"),
        hint: "issue the CA anew with the address of the CRL",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| reading::must_be_there(subject, oid::CRL_DISTRIBUTION_POINTS),
};
