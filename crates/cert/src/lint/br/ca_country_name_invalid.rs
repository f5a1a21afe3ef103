//! The country of a CA is a code of ISO 3166-1.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, countries};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-country-name-invalid",
        title: "The countryName of a CA is a code of two letters of ISO 3166-1.",
        why: "Whoever asks under which law a CA works must find a country there, and not a word.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ca_country_name_invalid"),
        hint: "issue the CA's certificate again with the code of the country in which the CA has its seat",
    },
    applies: |subject| subject.is_ca() && !ask::texts(subject, oid::COUNTRY).is_empty(),
    judge: |subject| {
        let codes = ask::texts(subject, oid::COUNTRY);
        let wrong = codes.iter().find(|code| !countries::is_country(code));
        Verdict::of(wrong.map(|code| format!("{code:?} is no country's code")))
    },
};
