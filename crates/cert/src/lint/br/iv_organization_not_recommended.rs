//! A person's certificate names no organisation.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.iv-organization-not-recommended",
        title: "A subject that was validated as a person has no organizationName.",
        why: "Who reads it takes the certificate for the organisation's.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.3",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "order it without the organisation, or one that is validated as an organisation's",
    },
    applies: |subject| subject.is_subscriber() && ask::has_policy(subject, oid::CABF_IV),
    judge: |subject| ask::subject_must_lack(subject, oid::ORGANIZATION),
};
