//! The country of the subject is a code of ISO 3166-1, or XX.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, countries, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-country-not-iso",
        title: "The country of the subject is a code of ISO 3166-1, or XX.",
        why: "People and programs look the code up to see whose law holds.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.4",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_subject_country_not_iso"),
        hint: "order it anew with the code of two letters",
    },
    applies: |_| true,
    judge: |subject| {
        reading::name(subject, |name| {
            let texts = name.all(oid::COUNTRY).filter_map(|attribute| attribute.value.text().ok());
            let strange = texts.into_iter().find(|code| !countries::is_country(code));
            Verdict::of(strange.map(|code| format!("the country is {code:?}")))
        })
    },
};
