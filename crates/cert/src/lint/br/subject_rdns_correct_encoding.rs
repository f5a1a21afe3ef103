//! The attributes of the name are written in the alphabets that the rules give.

use crate::der::{Oid, Tag, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::Attribute;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-rdns-correct-encoding",
        title: "The attributes of the name are written in the alphabets that the rules give.",
        why: "Old alphabets are read differently by different clients, so that one name becomes two.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.2",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:e_subject_rdns_correct_encoding"),
        hint: "have the name written in UTF8String or PrintableString",
    },
    applies: |_| true,
    judge: |subject| {
        reading::name(subject, |name| {
            let wrong = name.attributes().find(|attribute| !is_allowed(attribute));
            Verdict::of(
                wrong.map(|attribute| format!("{} is a {}", attribute.kind.shown(), attribute.value.tag)),
            )
        })
    },
};

fn is_allowed(attribute: &Attribute<'_>) -> bool {
    let tag = attribute.value.tag;
    if attribute.kind == oid::DOMAIN_COMPONENT {
        tag == Tag::IA5_STRING
    } else if PRINTABLE.contains(&attribute.kind) {
        tag == Tag::PRINTABLE_STRING
    } else {
        !TEXT.contains(&attribute.kind) || matches!(tag, Tag::PRINTABLE_STRING | Tag::UTF8_STRING)
    }
}

const PRINTABLE: &[Oid<'static>] = &[oid::COUNTRY, oid::JURISDICTION_COUNTRY, oid::SERIAL_NUMBER];

const TEXT: &[Oid<'static>] = &[
    oid::STATE,
    oid::LOCALITY,
    oid::POSTAL_CODE,
    oid::STREET,
    oid::ORGANIZATION,
    oid::SURNAME,
    oid::GIVEN_NAME,
    oid::ORGANIZATIONAL_UNIT,
    oid::COMMON_NAME,
    oid::BUSINESS_CATEGORY,
    oid::JURISDICTION_STATE,
    oid::JURISDICTION_LOCALITY,
    oid::ORGANIZATION_IDENTIFIER,
];
