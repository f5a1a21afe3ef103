//! A server's certificate is valid for 397 days at best.

use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "apple.tls-server-cert-valid-time-longer-than-397-days",
        title: "A server's certificate is valid for 397 days at best.",
        why: "Apple asks for one day less than it allows: clocks and rounding have made refused certificates of \
              those that took all 398.",
        source: Source::Apple,
        citation: "support.apple.com/102028 (HT211025)",
        severity: Severity::Warning,
        effective: Effective::from(2020, 9, 1),
        affects_path: false,
        alias: Some("zlint:w_tls_server_cert_valid_time_longer_than_397_days"),
        hint: "have one issued that ends a day sooner, and renew it by a machine",
    },
    applies: |subject| subject.is_for_servers() && !subject.is_ca(),
    judge: |subject| reading::lasts_at_most(subject, 397),
};
