//! A given name of the subject has at most 64 letters.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.subject-given-name-recommended-max-length",
        title: "A given name of the subject has at most 64 letters.",
        why: "RFC 5280 allows far more, but programs of the time of X.411 have room for so many.",
        source: Source::Rfc,
        citation: "ITU-T X.411 (1988) annex B (ub-common-name-length)",
        severity: Severity::Warning,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:w_subject_given_name_recommended_max_length"),
        hint: "ask for a name with at most 64 letters in this field",
    },
    applies: |subject| ask::has_text(subject, oid::GIVEN_NAME),
    judge: |subject| ask::at_most(subject, oid::GIVEN_NAME, 64),
};
