//! A server certificate's subjectAltName is critical only where the subject is empty.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.san-critical-with-subject",
        title: "The subjectAltName of a server certificate is not critical where the subject is not empty.",
        why: "Some clients refuse the certificate otherwise.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.12",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: true,
        alias: None,
        hint: "ask the CA for a certificate whose subjectAltName is not critical",
    },
    applies: |subject| subject.is_subscriber() && subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some(),
    judge: reading::names_critical_only_without_subject,
};
