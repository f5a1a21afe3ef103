//! nameConstraints has permitted or excluded subtrees.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.name-constraint-empty",
        title: "nameConstraints has permitted or excluded subtrees.",
        why: "Without either it constrains nothing, and looks as if it did.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.10",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_name_constraint_empty"),
        hint: "have the CA's certificate issued anew with the names that it may certify",
    },
    applies: |subject| ask::is_list(subject, oid::NAME_CONSTRAINTS),
    judge: |subject| ask::not_empty(subject, oid::NAME_CONSTRAINTS),
};
