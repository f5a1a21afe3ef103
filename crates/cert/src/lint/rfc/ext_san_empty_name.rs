//! No name of the subjectAltName is empty.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-empty-name",
        title: "No name of the subjectAltName is empty.",
        why: "RFC 5280 does not say what clients do with one: some match it with everything below nothing.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_san_empty_name"),
        hint: "have it issued anew without the empty name",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| ask::filled(subject, oid::SUBJECT_ALT_NAME),
};
