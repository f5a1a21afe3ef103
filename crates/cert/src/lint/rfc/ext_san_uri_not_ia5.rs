//! The URIs of the subjectAltName are ASCII.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-uri-not-ia5",
        title: "The URIs of the subjectAltName are ASCII.",
        why: "A URI is an IA5String; what is outside of it must be percent-encoded, or clients compare different octets.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_ext_san_uri_not_ia5"),
        hint: "have it issued anew with the URI in its ASCII form (RFC 3987 section 3.1)",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| ask::value(subject, |names: &GeneralNames<'_>| ask::ascii_uris(names)),
};
