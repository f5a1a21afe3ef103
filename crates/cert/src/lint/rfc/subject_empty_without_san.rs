//! A certificate without a subject has a subjectAltName.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-empty-without-san",
        title: "A certificate without a subject has a subjectAltName.",
        why: "It would vouch for nobody at all.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.1.2.6 and 4.2.1.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_subject_empty_without_san"),
        hint: "ask for the names that it is for; they go into the subjectAltName",
    },
    applies: |_| true,
    judge: |subject| {
        ask::field(&subject.anatomy.subject, |name| {
            Verdict::holds(!name.is_empty() || ask::has(subject, oid::SUBJECT_ALT_NAME), || {
                "neither a subject nor a subjectAltName".to_owned()
            })
        })
    },
};
