//! cRLDistributionPoints should not be critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-crl-distribution-marked-critical",
        title: "cRLDistributionPoints should not be critical.",
        why: "A client that finds out about revocation in another way must refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.13",
        severity: Severity::Warning,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:w_ext_crl_distribution_marked_critical"),
        hint: "ask for a profile with this extension not critical",
    },
    applies: |subject| ask::has(subject, oid::CRL_DISTRIBUTION_POINTS),
    judge: |subject| reading::must_not_be_critical(subject, oid::CRL_DISTRIBUTION_POINTS),
};
