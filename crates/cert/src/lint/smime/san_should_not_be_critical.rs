//! The subjectAltName is critical only where the subject has no name.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.san-should-not-be-critical",
        title: "The subjectAltName is critical only where the subject has no name.",
        why: "A program that does not know it need not refuse a certificate that names its holder elsewhere.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 h",
        severity: Severity::Warning,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:w_san_should_not_be_critical"),
        hint: "have the CA issue it with a subjectAltName that is not critical",
    },
    applies: |subject| {
        ask::is_subscriber(subject) && subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some()
    },
    judge: reading::names_critical_only_without_subject,
};
