//! No DNS name lies in the zones of reverse lookups.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.arpa-domain-not-allowed",
        title: "No DNS name ends in in-addr.arpa or ip6.arpa.",
        why: "These zones belong to whoever holds addresses and not to whoever runs servers: control of such a name can be had by accident.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 4.2.2",
        severity: Severity::Error,
        effective: Effective::from(2026, 3, 15),
        affects_path: false,
        alias: Some("zlint:e_arpa_domain_not_allowed"),
        hint: "use a name of a usual zone for the server",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        ask::none_is(subject.dns_names(), "lies in a zone of reverse lookups", |name| is_reverse(name))
    },
};

fn is_reverse(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["in-addr.arpa", "ip6.arpa"]
        .iter()
        .any(|zone| name.strip_suffix(zone).is_some_and(|below| below.is_empty() || below.ends_with('.')))
}
