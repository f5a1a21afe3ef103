//! The name in a certificate for code has the code of a country.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, countries, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-subject-country-name",
        title: "The name in a certificate for code has the code of a country.",
        why: "Organisations of one name are told apart by it.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.4.2.3",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_subject_country_name"),
        hint: "have the CA issue it with the two letters of the country",
    },
    applies: ask::is_without_ev,
    judge: |subject| {
        reading::name(subject, |name| match name.first(oid::COUNTRY) {
            None => Verdict::Violated("there is no country".to_owned()),
            Some(code) => Verdict::holds(countries::is_country(&code), || format!("C is {code:?}")),
        })
    },
};
