//! subjectDirectoryAttributes is not critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-subject-directory-attr-critical",
        title: "subjectDirectoryAttributes is not critical.",
        why: "Hardly a client knows it, and one that does not must refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.8",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_subject_directory_attr_critical"),
        hint: "have it issued anew with this extension not critical",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_DIRECTORY_ATTRIBUTES),
    judge: |subject| reading::must_not_be_critical(subject, oid::SUBJECT_DIRECTORY_ATTRIBUTES),
};
