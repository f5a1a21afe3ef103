//! pathLenConstraint is not below zero.

use crate::der::Integer;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::BasicConstraints;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.path-len-constraint-zero-or-less",
        title: "pathLenConstraint is not below zero.",
        why: "Fewer than no CAs cannot follow: clients read it as none, as any number, or not at all.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.9",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_path_len_constraint_zero_or_less"),
        hint: "have the CA's certificate issued anew with zero or more, or without it",
    },
    applies: |subject| subject.readable::<BasicConstraints<'_>>().is_some(),
    judge: |subject| {
        ask::value(subject, |basic: &BasicConstraints<'_>| {
            let negative = basic.path_len.filter(Integer::is_negative);
            Verdict::of(negative.map(|number| format!("a pathLenConstraint of {number}")))
        })
    },
};
