//! A DNS name of the issuerAltName has no NUL in it.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.ian-dns-name-includes-null-char",
        title: "A DNS name of the issuerAltName has no NUL in it.",
        why: "Some programs end a text at a NUL: they would take the certificate for one of a shorter name, which \
              somebody else owns.",
        source: Source::Community,
        citation: "RFC 5280 section 4.2.1.6; RFC 1034 section 3.5; certlint of awslabs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ian_dns_name_includes_null_char"),
        hint: "do not trust this certificate, and tell its CA",
    },
    applies: ask::has_issuer_alt_names,
    judge: |subject| ask::no_issuer_dns_name(subject, |name| name.contains(&0)),
};
