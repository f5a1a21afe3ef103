//! No label of a name is longer than 63 octets.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-label-too-long",
        title: "A label of a host's name has at most 63 octets.",
        why: "Such a name cannot exist in DNS: nobody can have validated it, and no client can look it up.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.12 and 7.1.4.3; RFC 1034 section 3.1",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_dnsname_label_too_long"),
        hint: "ask for a name whose labels have at most 63 letters each",
    },
    applies: ask::is_of_a_host,
    judge: |subject| {
        ask::none_is(ask::hosts(subject), "has a longer one", |name| {
            name.split('.').any(|label| label.len() > 63)
        })
    },
};
