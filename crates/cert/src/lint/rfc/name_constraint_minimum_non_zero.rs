//! The minimum of a subtree is zero.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::NameConstraints;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.name-constraint-minimum-non-zero",
        title: "The minimum of a subtree is zero.",
        why: "The field is not used: clients that do not process it must refuse what lies below.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.10",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_name_constraint_minimum_non_zero"),
        hint: "have the CA's certificate issued anew without minimum",
    },
    applies: |subject| ask::has(subject, oid::NAME_CONSTRAINTS),
    judge: |subject| {
        ask::value(subject, |constraints: &NameConstraints<'_>| {
            let mut minima = constraints.subtrees().filter_map(|subtree| subtree.minimum);
            Verdict::of(
                minima.find(|minimum| !minimum.is_zero()).map(|minimum| format!("a minimum of {minimum}")),
            )
        })
    },
};
