//! A countryName of the subject's name is the code of a country.

use super::ask::{self, Validated};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, countries, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.subject-country-name",
        title: "A countryName of the subject's name is the code of a country.",
        why: "ISO 3166-1 says which letters are; others name no country, or another one.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.2 n",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_subject_country_name"),
        hint: "have the CA issue it with the two letters of the country",
    },
    applies: |subject| {
        ask::has_validated(subject, &[Validated::Organization, Validated::Sponsor, Validated::Individual])
    },
    judge: |subject| {
        reading::name(subject, |name| {
            let odd = ask::texts(name, oid::COUNTRY).into_iter().find(|code| !countries::is_country(code));
            Verdict::of(odd.map(|code| format!("C is {code:?}")))
        })
    },
};
