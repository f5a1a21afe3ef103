//! A certificate for mail has a subjectAltName.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.san-shall-be-present",
        title: "A certificate for mail has a subjectAltName.",
        why: "Mail programs look for the address there.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 h",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_san_shall_be_present"),
        hint: "have the CA issue it with the address in the subjectAltName",
    },
    applies: ask::is_subscriber,
    judge: |subject| {
        let has = subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some();
        Verdict::holds(has, || "subjectAltName is missing".to_owned())
    },
};
