//! A GeneralizedTime has no fractions of a second.

use crate::der::MomentForm;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.generalized-time-includes-fraction-seconds",
        title: "A GeneralizedTime has no fractions of a second.",
        why: "The profile has none; clients that read whole seconds only take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.5.2",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_generalized_time_includes_fraction_seconds"),
        hint: "have it issued anew with times written as YYYYMMDDHHMMSSZ",
    },
    applies: |subject| ask::has_moment(subject, MomentForm::Generalized),
    judge: |subject| {
        ask::all_moments(subject, MomentForm::Generalized, |moment| {
            !moment.letters.iter().any(|letter| matches!(letter, b'.' | b','))
        })
    },
};
