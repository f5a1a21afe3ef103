//! A URI of the issuerAltName is not relative.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::IssuerAltName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-uri-relative",
        title: "A URI of the issuerAltName is not relative.",
        why: "It is relative to nothing here, and leads nowhere.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.6 and 4.2.1.7",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_ext_ian_uri_relative"),
        hint: "have it issued anew with the whole URI",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| {
        ask::value(subject, |names: &IssuerAltName<'_>| ask::uris(&names.0, |uri| uri.scheme.is_some()))
    },
};
