//! Attributes of a subject that can be there once are there once.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.duplicate-subject-attribs",
        title: "No attribute of the subject is there twice, but for domainComponent and streetAddress.",
        why: "Programs read the first or the last of two, and people see another name than the program has checked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.1",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_duplicate_subject_attribs"),
        hint: "order the certificate with each attribute once",
    },
    applies: |_| true,
    judge: |subject| {
        reading::name(subject, |name| {
            let count = |kind: &Oid<'static>| name.all(*kind).count();
            let repeated = SINGLE.iter().find(|kind| count(kind) > 1);
            Verdict::of(repeated.map(|kind| format!("{} is there {} times", kind.shown(), count(kind))))
        })
    },
};

const SINGLE: [Oid<'static>; 13] = [
    oid::COMMON_NAME,
    oid::SURNAME,
    oid::GIVEN_NAME,
    oid::SERIAL_NUMBER,
    oid::COUNTRY,
    oid::LOCALITY,
    oid::STATE,
    oid::ORGANIZATION,
    oid::ORGANIZATION_IDENTIFIER,
    oid::BUSINESS_CATEGORY,
    oid::JURISDICTION_LOCALITY,
    oid::JURISDICTION_STATE,
    oid::JURISDICTION_COUNTRY,
];
