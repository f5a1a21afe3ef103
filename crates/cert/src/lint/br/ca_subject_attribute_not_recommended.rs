//! The name of a CA has the attributes of its profile alone.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-subject-attribute-not-recommended",
        title: "The subject of a CA has no attribute beside those of the profile.",
        why: "What is not in the profile has to be verified by rules of the CA's own, which nobody knows.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.2",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "name the CA by country, organisation and common name",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| ask::only_attributes(subject, &PROFILE),
};

/// Those of the profile, and the department, on which there is a lint of its own.
const PROFILE: [Oid<'static>; 8] = [
    oid::COUNTRY,
    oid::STATE,
    oid::LOCALITY,
    oid::POSTAL_CODE,
    oid::STREET,
    oid::ORGANIZATION,
    oid::COMMON_NAME,
    oid::ORGANIZATIONAL_UNIT,
];
