//! A certificate for a name of Tor's is valid for at most 15 months.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, months_after, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.onion-subject-validity-time-too-large",
        title: "A certificate for a name of Tor's is valid for at most 15 months.",
        why: "Whoever has such a name was validated for that long.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines 1.7.2 appendix F",
        severity: Severity::Error,
        effective: Effective::from(2015, 5, 1),
        affects_path: false,
        alias: Some("zlint:e_onion_subject_validity_time_too_large"),
        hint: "replace it by one of the lifetime of today",
    },
    applies: |subject| subject.is_subscriber() && subject.onion_names().next().is_some(),
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            let latest = months_after(begins, 15);
            Verdict::holds(latest.is_some_and(|latest| ends <= latest), || {
                format!("it ends {}", ends.for_people())
            })
        })
    },
};
