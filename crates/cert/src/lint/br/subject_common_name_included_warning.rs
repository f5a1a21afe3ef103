//! The certificate of a subscriber has no common name.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-common-name-included-warning",
        title: "The certificate of a subscriber has no common name.",
        why: "Clients read subjectAltName only; the common name repeats one of its names, and has only 64 letters for it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.2",
        severity: Severity::Warning,
        effective: Effective::from(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:w_subject_common_name_included"),
        hint: "order it anew without a common name",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        reading::name(subject, |_| {
            Verdict::of(subject.common_name().map(|name| format!("commonName is {name}")))
        })
    },
};
