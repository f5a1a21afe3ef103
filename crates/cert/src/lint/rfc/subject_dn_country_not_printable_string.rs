//! The country of the subject is a PrintableString.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-dn-country-not-printable-string",
        title: "The country of the subject is a PrintableString.",
        why: "It is two letters of ASCII; the attribute has no other form, and programs that hold to it do not read this one.",
        source: Source::Rfc,
        citation: "RFC 5280 appendix A.1 (X520countryName)",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_subject_dn_country_not_printable_string"),
        hint: "have it issued anew with the country as a PrintableString",
    },
    applies: |subject| ask::has_attribute(&subject.anatomy.subject, oid::COUNTRY),
    judge: |subject| ask::printable(&subject.anatomy.subject, oid::COUNTRY),
};
