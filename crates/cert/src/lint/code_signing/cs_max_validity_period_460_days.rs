//! A certificate for code is valid for 460 days at most.

use crate::Span;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-max-validity-period-460-days",
        title: "A certificate for code is valid for 460 days at most.",
        why: "Whoever steals the key can sign programs until it ends.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 6.3.2 (V3.10)",
        severity: Severity::Error,
        effective: Effective::from(2026, 3, 1),
        affects_path: false,
        alias: Some("zlint:e_cs_max_validity_period_460_days"),
        hint: "have one issued that ends sooner",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        reading::validity(subject, |begins, ends| {
            let lifetime = ends.since(begins);
            Verdict::holds(lifetime <= Span::days(460), || format!("it is valid for {lifetime}"))
        })
    },
};
