//! A date until the end of 2049 is a UTCTime.

use crate::der::MomentForm;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, midnight};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.wrong-time-format-pre2050",
        title: "A date until the end of 2049 is a UTCTime.",
        why: "There is one form for each instant; clients that hold to the profile refuse the other.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.5",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_wrong_time_format_pre2050"),
        hint: "have it issued anew with UTCTime for every date before 2050",
    },
    applies: |_| true,
    judge: |subject| {
        ask::all_moments(subject, MomentForm::Generalized, |moment| moment.time >= midnight((2050, 1, 1)))
    },
};
