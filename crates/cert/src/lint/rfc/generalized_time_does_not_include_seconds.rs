//! A GeneralizedTime has seconds.

use crate::der::MomentForm;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.generalized-time-does-not-include-seconds",
        title: "A GeneralizedTime has seconds.",
        why: "DER has one form for each instant; clients that read no other take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.5.2",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_generalized_time_does_not_include_seconds"),
        hint: "have it issued anew with times written as YYYYMMDDHHMMSSZ",
    },
    applies: |subject| ask::has_moment(subject, MomentForm::Generalized),
    judge: |subject| ask::all_moments(subject, MomentForm::Generalized, |moment| ask::digits(moment) >= 14),
};
