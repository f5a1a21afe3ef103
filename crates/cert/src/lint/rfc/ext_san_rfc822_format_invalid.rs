//! A mail address of the subjectAltName is local-part@domain and nothing else.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-rfc822-format-invalid",
        title: "A mail address of the subjectAltName is local-part@domain and nothing else.",
        why: "Clients compare it letter by letter: a name before it, brackets or a comment match nothing.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:e_ext_san_rfc822_format_invalid"),
        hint: "have it issued anew with the bare address",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| ask::value(subject, |names: &GeneralNames<'_>| ask::mailboxes(names)),
};
