//! CRLs are at http URLs.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.crl-distrib-points-not-http",
        title: "Each address of a CRL is an http URL.",
        why: "Clients fetch CRLs over plain HTTP: with another scheme they find nothing, and with TLS they might need the CRL first.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_crl_distrib_points_not_http"),
        hint: "ask the CA for a certificate with http addresses of CRLs",
    },
    applies: |subject| !ask::crl_uris(subject).is_empty(),
    judge: |subject| ask::must_be_http(&ask::crl_uris(subject)),
};
