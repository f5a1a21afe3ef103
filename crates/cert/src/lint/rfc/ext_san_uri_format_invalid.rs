//! A URI of the subjectAltName has a scheme and something after it.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-uri-format-invalid",
        title: "A URI of the subjectAltName has a scheme and something after it.",
        why: "Without either it names nothing.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_ext_san_uri_format_invalid"),
        hint: "have it issued anew with the whole URI",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| {
        ask::value(subject, |names: &GeneralNames<'_>| {
            ask::uris(names, |uri| uri.scheme.is_some() && uri.has_specific_part())
        })
    },
};
