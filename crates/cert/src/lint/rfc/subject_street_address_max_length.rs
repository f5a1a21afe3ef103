//! A street address of the subject has at most 128 letters.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-street-address-max-length",
        title: "A street address of the subject has at most 128 letters.",
        why: "Programs that give the field the room that the standard names cut the name off or refuse it.",
        source: Source::Rfc,
        citation: "ITU-T X.520 (02/2001) annex C (ub-street-address)",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:e_subject_street_address_max_length"),
        hint: "ask for a name with at most 128 letters in this field",
    },
    applies: |subject| ask::has_text(subject, oid::STREET),
    judge: |subject| ask::at_most(subject, oid::STREET, 128),
};
