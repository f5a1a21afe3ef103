//! The registered label of a name neither begins nor ends with a hyphen.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, dns};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-hyphen-in-sld",
        title: "The label that is registered neither begins nor ends with a hyphen.",
        why: "No registry gives out such a label: nobody can have validated it, and no client can look it up.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.12 and 7.1.4.3",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_dnsname_hyphen_in_sld"),
        hint: "ask for the name as it is registered",
    },
    applies: |subject| ask::has_parts(subject, is_odd),
    judge: |subject| ask::no_host_is(subject, is_odd, "has one there"),
};

fn is_odd(name: dns::Registered<'_>) -> bool {
    name.label.starts_with('-') || name.label.ends_with('-')
}
