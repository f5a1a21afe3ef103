//! A wildcard stands in the first label only.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-wildcard-only-in-left-label",
        title: "Only the first label of a name is a wildcard.",
        why: "Clients look for it nowhere else: the name helps nobody.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 1.6.1 (Wildcard Domain Name)",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_dnsname_wildcard_only_in_left_label"),
        hint: "ask for the names themselves, or for a wildcard as the first label",
    },
    applies: |_| true,
    judge: |subject| {
        ask::none_is(subject.host_names(), "has a star in a later label", |name| {
            name.split('.').skip(1).any(|label| label.contains('*'))
        })
    },
};
