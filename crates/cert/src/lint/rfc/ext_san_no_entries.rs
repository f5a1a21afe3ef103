//! subjectAltName has a name.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-no-entries",
        title: "subjectAltName has a name.",
        why: "A list without names denies what the subject says: no client can match it.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_san_no_entries"),
        hint: "have it issued anew with the names that it is for",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| ask::not_empty(subject, oid::SUBJECT_ALT_NAME),
};
