//! Every part of the subject's name has one attribute.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.multiple-subject-rdn",
        title: "Every part of the subject's name has one attribute.",
        why: "Many programs show and compare only the first attribute of a part; mostly it was not meant.",
        source: Source::Community,
        citation: "certlint of awslabs",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:n_multiple_subject_rdn"),
        hint: "write one attribute into each part of the name in the request",
    },
    applies: |_| true,
    judge: |subject| ask::no_crowded_part(&subject.anatomy.subject),
};
