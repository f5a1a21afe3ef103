//! A subscriber's certificate that is issued since July 2016 is valid for at most 39 months.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, months_after, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-valid-time-longer-than-39-months",
        title: "A subscriber's certificate that is issued since July 2016 is valid for at most 39 months.",
        why: "The longer it lasts, the longer a mistake, a lost key or an old rule does.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.5.6 section 6.3.2",
        severity: Severity::Error,
        effective: Effective::from(2016, 7, 2),
        affects_path: false,
        alias: Some("zlint:e_sub_cert_valid_time_longer_than_39_months"),
        hint: "replace it by one of the lifetime of today",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            let latest = months_after(begins, 39);
            Verdict::holds(latest.is_some_and(|latest| ends <= latest), || {
                format!("it ends {}", ends.for_people())
            })
        })
    },
};
