//! A wildcard in a DNS name of the issuerAltName has something to its right.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.ian-bare-wildcard",
        title: "A wildcard in a DNS name of the issuerAltName has something to its right.",
        why: "A star with no domain behind it stands for every name or for none: clients do not agree, and nobody \
              can have validated it.",
        source: Source::Community,
        citation: "RFC 6125 section 6.4.3; certlint of awslabs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ian_bare_wildcard"),
        hint: "ask for the names that the server has, or for a wildcard below a domain of yours",
    },
    applies: ask::has_issuer_alt_names,
    judge: |subject| ask::no_issuer_dns_name(subject, |name| name.ends_with(b"*")),
};
