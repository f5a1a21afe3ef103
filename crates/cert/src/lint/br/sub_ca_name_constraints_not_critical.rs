//! The nameConstraints of a subordinate CA is critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-name-constraints-not-critical",
        title: "The nameConstraints of a subordinate CA is critical.",
        why: "A client that does not know it would accept names that the CA must not certify.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.8",
        severity: Severity::Warning,
        effective: Effective::from(2012, 6, 8),
        affects_path: false,
        alias: Some("zlint:w_sub_ca_name_constraints_not_critical"),
        hint: "mark nameConstraints critical, if old clients need not be served",
    },
    applies: |subject| {
        subject.is_subordinate_ca() && subject.anatomy.extension(oid::NAME_CONSTRAINTS).is_some()
    },
    judge: |subject| reading::must_be_critical(subject, oid::NAME_CONSTRAINTS),
};
