//! A subscriber's certificate that begins before 15 September 2023 needs no common name.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-common-name-included",
        title: "A subscriber's certificate that begins before 15 September 2023 needs no common name.",
        why: "Clients read subjectAltName only; what the common name says besides misleads people.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.8.7 section 7.1.4.2.2",
        severity: Severity::Notice,
        effective: Effective::BASELINE_REQUIREMENTS.until(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:n_subject_common_name_included"),
        hint: "order it anew without a common name",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| {
        reading::name(subject, |_| {
            Verdict::of(subject.common_name().map(|name| format!("commonName is {name}")))
        })
    },
};
