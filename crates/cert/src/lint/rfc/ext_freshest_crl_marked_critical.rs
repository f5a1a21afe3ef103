//! freshestCRL is not critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-freshest-crl-marked-critical",
        title: "freshestCRL is not critical.",
        why: "Few clients know delta CRLs, and one that does not must refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.15",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: true,
        alias: Some("zlint:e_ext_freshest_crl_marked_critical"),
        hint: "have it issued anew with this extension not critical",
    },
    applies: |subject| ask::has(subject, oid::FRESHEST_CRL),
    judge: |subject| reading::must_not_be_critical(subject, oid::FRESHEST_CRL),
};
