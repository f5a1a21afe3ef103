//! No label of a name is empty.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-empty-label",
        title: "No label of a host's name is empty.",
        why: "Such a name does not exist in DNS: nobody can have validated it, and no client can look it up.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.12 and 7.1.4.3",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_dnsname_empty_label"),
        hint: "ask for the name without dots at its ends or next to each other",
    },
    applies: ask::is_of_a_host,
    judge: |subject| {
        ask::none_is(ask::hosts(subject), "has an empty label", |name| name.split('.').any(str::is_empty))
    },
};
