//! A DNS name of the issuerAltName does not begin with a period.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.ian-dns-name-starts-with-period",
        title: "A DNS name of the issuerAltName does not begin with a period.",
        why: "A leading period belongs into name constraints; in a name it means nothing.",
        source: Source::Community,
        citation: "RFC 5280 section 4.2.1.6; RFC 1034 section 3.5; certlint of awslabs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ian_dns_name_starts_with_period"),
        hint: "ask for the name without the period at its beginning",
    },
    applies: ask::has_issuer_alt_names,
    judge: |subject| ask::no_issuer_dns_name(subject, |name| name.starts_with(b".")),
};
