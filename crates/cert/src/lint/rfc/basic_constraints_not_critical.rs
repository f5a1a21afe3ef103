//! basicConstraints of a CA is critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.basic-constraints-not-critical",
        title: "basicConstraints of a CA is critical.",
        why: "A client that does not know it would let every subscriber issue certificates.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.9",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_basic_constraints_not_critical"),
        hint: "have the CA's certificate issued anew with critical basicConstraints",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| reading::must_be_critical(subject, oid::BASIC_CONSTRAINTS),
};
