//! A server's certificate is valid for 398 days at most.

use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "apple.tls-server-cert-valid-time-longer-than-398-days",
        title: "A server's certificate is valid for 398 days at most.",
        why: "Clients of Apple do not connect to a server whose certificate lasts longer, whoever issued it below a \
              public root.",
        source: Source::Apple,
        citation: "support.apple.com/102028 (HT211025)",
        severity: Severity::Error,
        effective: Effective::from(2020, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_tls_server_cert_valid_time_longer_than_398_days"),
        hint: "have one issued that ends sooner, and renew it by a machine",
    },
    applies: |subject| subject.is_for_servers() && !subject.is_ca(),
    judge: |subject| reading::lasts_at_most(subject, 398),
};
