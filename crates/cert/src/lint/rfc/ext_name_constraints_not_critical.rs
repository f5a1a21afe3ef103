//! nameConstraints is critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-name-constraints-not-critical",
        title: "nameConstraints is critical.",
        why: "A client that does not know it would accept the very names that the CA may not certify.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.10",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_name_constraints_not_critical"),
        hint: "have the CA's certificate issued anew with critical nameConstraints",
    },
    applies: |subject| ask::has(subject, oid::NAME_CONSTRAINTS),
    judge: |subject| reading::must_be_critical(subject, oid::NAME_CONSTRAINTS),
};
