//! The subject has only the attributes that the guidelines name.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-extra-subject-attribs",
        title: "The subject has only the attributes that the guidelines name.",
        why: "What else stands there was not validated as the rest was.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.9",
        severity: Severity::Error,
        effective: Effective::from(2019, 4, 16),
        affects_path: false,
        alias: Some("zlint:e_ev_extra_subject_attribs"),
        hint: "order it anew without the others",
    },
    applies: |subject| ask::is_subscribers(subject),
    judge: |subject| {
        reading::name(subject, |name| {
            let other = name.attributes().find(|attribute| !NAMED.contains(&attribute.kind));
            Verdict::of(other.map(|attribute| format!("the subject has {}", attribute.kind.shown())))
        })
    },
};

const NAMED: &[Oid<'static>] = &[
    oid::JURISDICTION_LOCALITY,
    oid::JURISDICTION_STATE,
    oid::JURISDICTION_COUNTRY,
    oid::COMMON_NAME,
    oid::SERIAL_NUMBER,
    oid::COUNTRY,
    oid::LOCALITY,
    oid::STATE,
    oid::STREET,
    oid::ORGANIZATION,
    // Gone since September 2022, of which the baseline requirements tell.
    oid::ORGANIZATIONAL_UNIT,
    oid::BUSINESS_CATEGORY,
    oid::POSTAL_CODE,
    oid::ORGANIZATION_IDENTIFIER,
];
