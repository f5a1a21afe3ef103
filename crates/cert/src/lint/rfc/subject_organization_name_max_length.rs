//! An organization of the subject has at most 64 letters.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-organization-name-max-length",
        title: "An organization of the subject has at most 64 letters.",
        why: "Programs that give the field the room that the standard names cut the name off or refuse it.",
        source: Source::Rfc,
        citation: "RFC 5280 appendix A.1 (ub-organization-name)",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:e_subject_organization_name_max_length"),
        hint: "ask for a name with at most 64 letters in this field",
    },
    applies: |subject| ask::has_text(subject, oid::ORGANIZATION),
    judge: |subject| ask::at_most(subject, oid::ORGANIZATION, 64),
};
