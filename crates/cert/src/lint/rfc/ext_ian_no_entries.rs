//! issuerAltName has a name.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-no-entries",
        title: "issuerAltName has a name.",
        why: "The list has one element at the least; strict clients take the extension for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.6 and 4.2.1.7",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_ian_no_entries"),
        hint: "have it issued anew without issuerAltName",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| ask::not_empty(subject, oid::ISSUER_ALT_NAME),
};
