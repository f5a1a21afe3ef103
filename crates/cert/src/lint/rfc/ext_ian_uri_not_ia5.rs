//! The URIs of the issuerAltName are ASCII.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::IssuerAltName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-uri-not-ia5",
        title: "The URIs of the issuerAltName are ASCII.",
        why: "A URI is an IA5String: strict clients cannot read other letters.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.6 and 4.2.1.7",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_ext_ian_uri_not_ia5"),
        hint: "have it issued anew with the URI in its ASCII form (RFC 3987 section 3.1)",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| ask::value(subject, |names: &IssuerAltName<'_>| ask::ascii_uris(&names.0)),
};
