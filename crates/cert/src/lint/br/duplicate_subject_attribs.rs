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
            let kinds = || name.attributes().map(|attribute| attribute.kind);
            let repeated = reading::repeated(|| kinds().filter(|kind| !SEVERAL.contains(kind)));
            Verdict::of(repeated.map(|kind| {
                let count = kinds().filter(|other| *other == kind).count();
                format!("{} is there {count} times", kind.shown())
            }))
        })
    },
};

/// Those that a name is made of line by line (section 7.1.4.2).
const SEVERAL: [Oid<'static>; 2] = [oid::DOMAIN_COMPONENT, oid::STREET];
