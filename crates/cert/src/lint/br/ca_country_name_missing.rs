//! The subject of a CA has a country.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-country-name-missing",
        title: "The subject of a CA has a countryName.",
        why: "It tells where the CA has its seat and which law it is under.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ca_country_name_missing"),
        hint: "issue the CA's certificate again with the code of the country in which the CA has its seat",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        let first = ask::texts(subject, oid::COUNTRY).into_iter().next();
        Verdict::holds(first.is_some_and(|code| !code.is_empty()), || {
            "there is no C, or an empty one".to_owned()
        })
    },
};
