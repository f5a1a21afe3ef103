//! No wildcard stands right below a public suffix.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, dns};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-wildcard-left-of-public-suffix",
        title: "A wildcard stands below a name that somebody has registered.",
        why: "It speaks for all that is registered there: the CA must have had proof that one holder controls the whole of it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 3.2.2.6",
        severity: Severity::Notice,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:n_dnsname_wildcard_left_of_public_suffix"),
        hint: "ask for a wildcard below your own name",
    },
    applies: |subject| ask::has_parts(subject, is_odd),
    judge: |subject| ask::no_host_is(subject, is_odd, "stands for all of a public suffix"),
};

fn is_odd(name: dns::Registered<'_>) -> bool {
    name.label == "*"
}
