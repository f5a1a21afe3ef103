//! Every attribute of the name says something.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-contains-noninformational-value",
        title: "Every attribute of the name says something.",
        why: "A dash or a full stop stands for what was not known; the field should then be left out.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.4",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_subject_contains_noninformational_value"),
        hint: "order it anew, and leave out what does not apply",
    },
    applies: |_| true,
    judge: |subject| {
        reading::name(subject, |name| {
            let hollow =
                name.attributes().find(|attribute| attribute.value.text().is_ok_and(|text| is_hollow(&text)));
            Verdict::of(hollow.map(|attribute| format!("{attribute} says nothing")))
        })
    },
};

/// Whether there is neither a letter nor a digit in it.
fn is_hollow(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_ascii_alphanumeric() || !letter.is_ascii())
}
