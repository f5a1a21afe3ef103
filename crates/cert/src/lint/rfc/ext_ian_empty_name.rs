//! No name of the issuerAltName is empty.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-empty-name",
        title: "No name of the issuerAltName is empty.",
        why: "It names nobody, and RFC 5280 does not say what clients do with it.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.6 and 4.2.1.7",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_ian_empty_name"),
        hint: "have it issued anew without the empty name",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| ask::filled(subject, oid::ISSUER_ALT_NAME),
};
