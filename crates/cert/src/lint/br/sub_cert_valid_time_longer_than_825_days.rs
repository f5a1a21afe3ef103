//! A subscriber's certificate that is issued since March 2018 is valid for at most 825 days.

use crate::Span;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-valid-time-longer-than-825-days",
        title: "A subscriber's certificate that is issued since March 2018 is valid for at most 825 days.",
        why: "The longer it lasts, the longer a mistake, a lost key or an old rule does.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.3.2",
        severity: Severity::Error,
        effective: Effective::from(2018, 3, 2),
        affects_path: false,
        alias: Some("zlint:e_sub_cert_valid_time_longer_than_825_days"),
        hint: "replace it by one of the lifetime of today",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            let within = ends <= begins + Span::days(825);
            Verdict::holds(within, || format!("it is valid for {}", ends.since(begins).for_people()))
        })
    },
};
