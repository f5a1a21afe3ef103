//! Labels below the registered one have no underscore.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, dns};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-underscore-in-trd",
        title: "No label below the registered one has an underscore.",
        why: "Hosts have no such names (RFC 1123): some clients refuse them, and CAs have not been allowed to certify them since 2019.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.12 and 7.1.4.3",
        severity: Severity::Warning,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:w_dnsname_underscore_in_trd"),
        hint: "give the server a name without underscores",
    },
    applies: |subject| ask::has_parts(subject, is_odd),
    judge: |subject| ask::no_host_is(subject, is_odd, "has one"),
};

fn is_odd(name: dns::Registered<'_>) -> bool {
    name.below.contains('_')
}
