//! The DNS names of the issuerAltName are ASCII.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::IssuerAltName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-ian-dns-not-ia5-string",
        title: "The DNS names of the issuerAltName are ASCII.",
        why: "A DNS name is an IA5String: strict clients cannot read other letters.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.6 and 4.2.1.7",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_ian_dns_not_ia5_string"),
        hint: "choose a CA that writes its names in their A-label form (xn--)",
    },
    applies: |subject| ask::has(subject, oid::ISSUER_ALT_NAME),
    judge: |subject| ask::value(subject, |names: &IssuerAltName<'_>| ask::ascii_dns_names(&names.0)),
};
