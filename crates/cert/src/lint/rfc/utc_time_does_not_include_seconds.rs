//! A UTCTime has seconds.

use crate::der::MomentForm;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.utc-time-does-not-include-seconds",
        title: "A UTCTime has seconds.",
        why: "DER has one form for each instant; clients that read no other take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.5.1",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_utc_time_does_not_include_seconds"),
        hint: "have it issued anew with times written as YYMMDDHHMMSSZ",
    },
    applies: |subject| ask::has_moment(subject, MomentForm::Utc),
    judge: |subject| ask::all_moments(subject, MomentForm::Utc, |moment| ask::digits(moment) == 12),
};
