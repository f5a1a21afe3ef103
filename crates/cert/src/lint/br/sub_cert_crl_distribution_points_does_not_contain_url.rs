//! The cRLDistributionPoints has an HTTP address.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-crl-distribution-points-does-not-contain-url",
        title: "The cRLDistributionPoints has an HTTP address.",
        why: "Clients and CRLite fetch CRLs by HTTP only; without an address a revocation stays unknown.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_cert_crl_distribution_points_does_not_contain_url"),
        hint: "order it anew from a profile with the HTTP address of the CRL",
    },
    applies: |subject| subject.anatomy.extension(oid::CRL_DISTRIBUTION_POINTS).is_some(),
    judge: ask::must_have_http_crl,
};
