//! A certificate does not end before it begins.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.validity-time-not-positive",
        title: "A certificate does not end before it begins.",
        why: "There is no instant at which it is valid.",
        source: Source::Community,
        citation: "RFC 5280 section 4.1.2.5; certlint of awslabs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_validity_time_not_positive"),
        hint: "have it issued anew with the right dates",
    },
    applies: |_| true,
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            Verdict::holds(begins <= ends, || format!("it begins {begins} and ends {ends}"))
        })
    },
};
