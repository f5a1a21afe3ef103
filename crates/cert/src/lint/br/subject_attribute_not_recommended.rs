//! The name of an organisation or a person has the attributes of its profile alone.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-attribute-not-recommended",
        title: "A subject that was validated as an organisation or a person has no attribute beside those of its profile.",
        why: "What is not in the profile has to be verified by rules of the CA's own, which nobody knows.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.3 and 7.1.2.7.4",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "order it without that attribute",
    },
    applies: |subject| subject.is_subscriber() && subject.has_policy(&[oid::CABF_IV, oid::CABF_OV]),
    judge: |subject| ask::only_attributes(subject, &ask::NAME_ATTRIBUTES),
};
