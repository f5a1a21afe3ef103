//! A wildcard in a DNS name of the subjectAltName is its first letter.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.san-wildcard-not-first",
        title: "A wildcard in a DNS name of the subjectAltName is its first letter.",
        why: "Clients match a star only where it is the whole first label; anywhere else the name matches nothing.",
        source: Source::Community,
        citation: "RFC 6125 section 6.4.3; certlint of awslabs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_san_wildcard_not_first"),
        hint: "ask for the single names, or for a wildcard whose star is the whole first label",
    },
    applies: ask::has_alt_names,
    judge: |subject| ask::no_dns_name(subject, |name| name.iter().skip(1).any(|letter| *letter == b'*')),
};
