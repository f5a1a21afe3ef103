//! issuerAltName should not be critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-critical",
        title: "issuerAltName should not be critical.",
        why: "Nothing is decided by it, but a client that does not know it must refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.7",
        severity: Severity::Warning,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:w_ext_ian_critical"),
        hint: "ask for a profile without issuerAltName",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| reading::must_not_be_critical(subject, oid::ISSUER_ALT_NAME),
};
