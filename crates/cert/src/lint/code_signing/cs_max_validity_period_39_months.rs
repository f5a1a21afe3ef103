//! A certificate for code is valid for 39 months at most.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, months_after, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-max-validity-period-39-months",
        title: "A certificate for code is valid for 39 months at most.",
        why: "Whoever steals the key can sign programs until it ends.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 6.3.2",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13).until(2026, 3, 1),
        affects_path: false,
        alias: Some("zlint:e_cs_max_validity_period_39_months"),
        hint: "have one issued that ends sooner",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            let holds = months_after(begins, 39).is_some_and(|last| ends <= last);
            Verdict::holds(holds, || format!("it begins {begins} and ends {ends}"))
        })
    },
};
