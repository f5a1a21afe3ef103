//! A subtree has no maximum.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::NameConstraints;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.name-constraint-maximum-not-absent",
        title: "A subtree has no maximum.",
        why: "The field is not used: clients that do not process it must refuse what lies below.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.10",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_name_constraint_maximum_not_absent"),
        hint: "have the CA's certificate issued anew without maximum",
    },
    applies: |subject| ask::has(subject, oid::NAME_CONSTRAINTS),
    judge: |subject| {
        ask::value(subject, |constraints: &NameConstraints<'_>| {
            let maximum = constraints.subtrees().find_map(|subtree| subtree.maximum);
            Verdict::of(maximum.map(|maximum| format!("a maximum of {maximum}")))
        })
    },
};
