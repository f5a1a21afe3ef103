//! A certificate that vouches for a person names that person, or an organisation.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cab-iv-requires-personal-name",
        title: "A subject that was validated as a person has an organizationName, or both givenName and surname.",
        why: "The certificate claims that somebody was validated, and does not say who.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.8.7 section 7.1.6.4",
        severity: Severity::Error,
        effective: Effective::from(2015, 9, 28).until(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:e_cab_iv_requires_personal_name"),
        hint: "order the certificate with the name of the person",
    },
    applies: |subject| !subject.is_ca() && ask::has_policy(subject, oid::CABF_IV),
    judge: |subject| {
        let person = [oid::GIVEN_NAME, oid::SURNAME].iter().all(|kind| ask::subject_has(subject, *kind));
        let named = person || ask::subject_has(subject, oid::ORGANIZATION);
        Verdict::holds(named, || "there is neither O nor both givenName and SN".to_owned())
    },
};
