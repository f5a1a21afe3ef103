//! The codes of countries in the subject's name are capital letters.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.subj-country-not-uppercase",
        title: "The codes of countries in the subject's name are capital letters.",
        why: "ISO 3166 knows them in capital letters only, and programs that compare them do not fold them.",
        source: Source::Community,
        citation: "ISO 3166-1 section 5.1",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_subj_country_not_uppercase"),
        hint: "write the code of the country in capital letters",
    },
    applies: |_| true,
    judge: |subject| {
        reading::name(subject, |name| {
            let codes = name.all(oid::COUNTRY).filter_map(|country| country.value.text().ok());
            let is_code =
                |code: &str| !code.is_empty() && code.bytes().all(|letter| letter.is_ascii_uppercase());
            Verdict::of(codes.into_iter().find(|code| !is_code(code)).map(|code| format!("C is {code:?}")))
        })
    },
};
