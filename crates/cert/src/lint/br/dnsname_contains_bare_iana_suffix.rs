//! No name is a top-level domain.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, dns, top_level_domains};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-contains-bare-iana-suffix",
        title: "No name is a top-level domain by itself.",
        why: "Nobody runs a server under it, and whoever held such a certificate would speak for a registry.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 1.6.1 (Base Domain Name)",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_dnsname_contains_bare_iana_suffix"),
        hint: "ask for a name below a domain of your own",
    },
    applies: ask::is_of_a_host,
    judge: |subject| ask::none_is(ask::hosts(subject), "is a top-level domain", |name| is_top_level(name)),
};

fn is_top_level(name: &str) -> bool {
    top_level_domains::is_or_was_one(name) || dns::is_listed_top_level(name)
}
