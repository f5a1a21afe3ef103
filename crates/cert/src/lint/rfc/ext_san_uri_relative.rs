//! A URI of the subjectAltName is not relative.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-san-uri-relative",
        title: "A URI of the subjectAltName is not relative.",
        why: "It is relative to nothing here: who compares it with a whole one finds them different.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_ext_san_uri_relative"),
        hint: "have it issued anew with the whole URI; a host belongs into a DNS name",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_ALT_NAME),
    judge: |subject| {
        ask::value(subject, |names: &GeneralNames<'_>| ask::uris(names, |uri| uri.scheme.is_some()))
    },
};
