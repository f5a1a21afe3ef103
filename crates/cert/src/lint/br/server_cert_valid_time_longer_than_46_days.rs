//! A server certificate that is issued since 15 March 2029 should be valid for at most 46 days.

use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.server-cert-valid-time-longer-than-46-days",
        title: "A server certificate that is issued since 15 March 2029 should be valid for at most 46 days.",
        why: "One day more is the limit, and a second beyond it counts as a day: a rounding makes such a certificate worthless.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.3.2",
        severity: Severity::Warning,
        effective: Effective::from(2029, 3, 15),
        affects_path: false,
        alias: Some("zlint:w_server_cert_valid_time_longer_than_46_days"),
        hint: "order certificates of 46 days or less",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| reading::lasts_at_most(subject, 46),
};
