//! A certificate of extended validation that begins before March 2018 is valid for at most 27 months.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, midnight, months_after, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-valid-time-too-long",
        title: "A certificate of extended validation that begins before March 2018 is valid for at most 27 months.",
        why: "The longer it lasts, the older is what was validated.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines 1.6.1 section 9.4",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ev_valid_time_too_long"),
        hint: "replace it by one of the lifetime of today",
    },
    applies: |subject| {
        let begins = subject.anatomy.not_before.as_ref();
        begins.is_ok_and(|begins| begins.time < midnight((2018, 3, 2))) && ask::is_subscribers(subject)
    },
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            let latest = months_after(begins, 27);
            Verdict::holds(latest.is_some_and(|latest| ends <= latest), || {
                format!("it ends {}", ends.for_people())
            })
        })
    },
};
