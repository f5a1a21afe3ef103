//! No DNS name of the issuerAltName is a space.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::IssuerAltName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-space-dns-name",
        title: "No DNS name of the issuerAltName is a space.",
        why: "It stands for the root of DNS, which no CA is.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.6 and 4.2.1.7",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_ian_space_dns_name"),
        hint: "have it issued anew without this name",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| ask::value(subject, |names: &IssuerAltName<'_>| ask::no_space(&names.0)),
};
