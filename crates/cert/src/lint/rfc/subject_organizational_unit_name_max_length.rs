//! An organizational unit of the subject has at most 64 letters.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-organizational-unit-name-max-length",
        title: "An organizational unit of the subject has at most 64 letters.",
        why: "Programs that give the field the room that the standard names cut the name off or refuse it.",
        source: Source::Rfc,
        citation: "RFC 5280 appendix A.1 (ub-organizational-unit-name)",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:e_subject_organizational_unit_name_max_length"),
        hint: "ask for a name with at most 64 letters in this field",
    },
    applies: |subject| ask::has_text(subject, oid::ORGANIZATIONAL_UNIT),
    judge: |subject| ask::at_most(subject, oid::ORGANIZATIONAL_UNIT, 64),
};
