//! A wildcard is the whole first label.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-left-label-wildcard-correct",
        title: "A wildcard is the whole of its label.",
        why: "Clients do not match parts of labels: the name helps nobody, or matches more than was validated.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 1.6.1 (Wildcard Domain Name)",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_dnsname_left_label_wildcard_correct"),
        hint: "ask for the names themselves, or for a wildcard that is the whole first label",
    },
    applies: |_| true,
    judge: |subject| {
        ask::none_is(subject.host_names(), "has a star in a part of its first label", |name| {
            let first = name.split('.').next().unwrap_or_default();
            first.contains('*') && first != "*"
        })
    },
};
