//! The cRLDistributionPoints of a subordinate CA has an HTTP address.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-crl-distribution-points-does-not-contain-url",
        title: "The cRLDistributionPoints of a subordinate CA has an HTTP address.",
        why: "Clients fetch CRLs by HTTP only; without an address a revoked CA stays trusted.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_ca_crl_distribution_points_does_not_contain_url"),
        hint: "issue the CA anew with the HTTP address of the CRL",
    },
    applies: |subject| {
        subject.is_subordinate_ca() && subject.anatomy.extension(oid::CRL_DISTRIBUTION_POINTS).is_some()
    },
    judge: ask::must_have_http_crl,
};
