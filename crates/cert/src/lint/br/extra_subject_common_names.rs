//! There is one common name at most.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.extra-subject-common-names",
        title: "The subject has at most one commonName.",
        why: "Programs that still read it take the first or the last, and not the same one.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.3",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:w_extra_subject_common_names"),
        hint: "put all names into subjectAltName, and one of them at most into commonName",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        let count = subject.common_names().len();
        Verdict::holds(count <= 1, || format!("there are {count}"))
    },
};
