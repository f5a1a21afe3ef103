//! The subject of a CA has an organisation.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-organization-name-missing",
        title: "The subject of a CA has an organizationName.",
        why: "It tells who answers for the CA.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ca_organization_name_missing"),
        hint: "issue the CA's certificate again with the name of the organisation that runs the CA",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        let first = ask::texts(subject, oid::ORGANIZATION).into_iter().next();
        Verdict::holds(first.is_some_and(|name| !name.is_empty()), || {
            "there is no O, or an empty one".to_owned()
        })
    },
};
