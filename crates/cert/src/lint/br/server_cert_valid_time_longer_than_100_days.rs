//! Server certificates since 15 March 2027 are valid for 100 days at most.

use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.server-cert-valid-time-longer-than-100-days",
        title: "A server certificate that is issued since 15 March 2027 is valid for at most 100 days.",
        why: "Browsers refuse it, and what it says about names grows stale.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.3.2",
        severity: Severity::Error,
        effective: Effective::from(2027, 3, 15).until(2029, 3, 15),
        affects_path: false,
        alias: Some("zlint:e_server_cert_valid_time_longer_than_100_days"),
        hint: "ask for a shorter lifetime, and let the renewal be automatic",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| reading::lasts_at_most(subject, 100),
};
