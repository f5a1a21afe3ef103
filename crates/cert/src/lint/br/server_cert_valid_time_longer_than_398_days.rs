//! Server certificates from September 2020 to March 2026 are valid for 398 days at most.

use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.server-cert-valid-time-longer-than-398-days",
        title: "A server certificate that is issued from September 2020 to March 2026 is valid for at most 398 days.",
        why: "Browsers refuse it, and what it says about names grows stale.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.3.2",
        severity: Severity::Error,
        effective: Effective::from(2020, 9, 1).until(2026, 3, 15),
        affects_path: false,
        alias: None,
        hint: "ask for a shorter lifetime, and let the renewal be automatic",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| reading::lasts_at_most(subject, 398),
};
