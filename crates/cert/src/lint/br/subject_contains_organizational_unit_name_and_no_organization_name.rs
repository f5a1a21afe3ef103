//! A name with a department has an organisation.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-contains-organizational-unit-name-and-no-organization-name",
        title: "A name with a department has an organisation.",
        why: "The department of nobody cannot have been checked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.9 section 7.1.4.2.2",
        severity: Severity::Error,
        effective: Effective::from(2021, 8, 16),
        affects_path: false,
        alias: Some("zlint:e_subject_contains_organizational_unit_name_and_no_organization_name"),
        hint: "order it anew without OU",
    },
    applies: |subject| {
        subject.anatomy.subject.as_ref().is_ok_and(|name| ask::has_attribute(name, oid::ORGANIZATIONAL_UNIT))
    },
    judge: |subject| {
        reading::name(subject, |name| {
            Verdict::holds(ask::has_attribute(name, oid::ORGANIZATION), || {
                "there is an OU and no O".to_owned()
            })
        })
    },
};
