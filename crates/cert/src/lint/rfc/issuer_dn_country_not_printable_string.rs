//! The country of the issuer is a PrintableString.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.issuer-dn-country-not-printable-string",
        title: "The country of the issuer is a PrintableString.",
        why: "It is two letters of ASCII; in another alphabet the name differs, octet by octet, from the same name elsewhere.",
        source: Source::Rfc,
        citation: "RFC 5280 appendix A.1 (X520countryName)",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_issuer_dn_country_not_printable_string"),
        hint: "choose a CA whose name is written as RFC 5280 defines it",
    },
    applies: |subject| ask::has_attribute(&subject.anatomy.issuer, oid::COUNTRY),
    judge: |subject| ask::printable(&subject.anatomy.issuer, oid::COUNTRY),
};
