//! The serial number of the subject is a PrintableString.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-dn-serial-number-not-printable-string",
        title: "The serial number of the subject is a PrintableString.",
        why: "The attribute has no other form; programs that hold to it do not read this one.",
        source: Source::Rfc,
        citation: "RFC 5280 appendix A.1 (X520SerialNumber)",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_subject_dn_serial_number_not_printable_string"),
        hint: "have it issued anew with this attribute as a PrintableString",
    },
    applies: |subject| ask::has_attribute(&subject.anatomy.subject, oid::SERIAL_NUMBER),
    judge: |subject| ask::printable(&subject.anatomy.subject, oid::SERIAL_NUMBER),
};
