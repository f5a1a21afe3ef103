//! DNS names had no underscores before anything else was said.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.no-underscores-before-1-6-2",
        title: "No DNS name has an underscore.",
        why: "Hosts have no such names (RFC 1123), and some clients refuse them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.6.1 section 7.1.4.2.1; RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::ALWAYS.until(2018, 12, 10),
        affects_path: false,
        alias: Some("zlint:e_no_underscores_before_1_6_2"),
        hint: "give the server a name without underscores",
    },
    applies: ask::is_of_a_host,
    judge: |subject| ask::none_is(subject.dns_names(), "has one", |name| name.contains('_')),
};
