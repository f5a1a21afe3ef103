//! subjectInfoAccess is not critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-info-access-marked-critical",
        title: "subjectInfoAccess is not critical.",
        why: "Hardly a client knows it, and one that does not must refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.2.2",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: true,
        alias: Some("zlint:e_subject_info_access_marked_critical"),
        hint: "have it issued anew with this extension not critical",
    },
    applies: |subject| ask::has(subject, oid::SUBJECT_INFO_ACCESS),
    judge: |subject| reading::must_not_be_critical(subject, oid::SUBJECT_INFO_ACCESS),
};
