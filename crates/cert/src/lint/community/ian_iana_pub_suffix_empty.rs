//! A DNS name in the issuerAltName has three labels at least.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.ian-iana-pub-suffix-empty",
        title: "A DNS name in the issuerAltName has three labels at least.",
        why: "A shorter one is a public suffix or a bare domain, which names no CA.",
        source: Source::Community,
        citation: "certlint of awslabs",
        severity: Severity::Warning,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:w_ian_iana_pub_suffix_empty"),
        hint: "tell the CA that issues so",
    },
    applies: ask::has_issuer_alt_names,
    judge: |subject| {
        ask::no_issuer_dns_name(subject, |name| name.split(|letter| *letter == b'.').count() < 3)
    },
};
