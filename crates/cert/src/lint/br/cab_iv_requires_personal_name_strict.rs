//! A certificate that vouches for a person names that person.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cab-iv-requires-personal-name-strict",
        title: "A subject that was validated as a person has givenName and surname.",
        why: "The certificate claims that a person was validated, and does not say who.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.3",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_cab_iv_requires_personal_name_strict"),
        hint: "order the certificate with the name of the person",
    },
    applies: |subject| !subject.is_ca() && ask::has_policy(subject, oid::CABF_IV),
    judge: |subject| {
        let person = [oid::GIVEN_NAME, oid::SURNAME].iter().all(|kind| ask::subject_has(subject, *kind));
        Verdict::holds(person, || "there are not both givenName and SN".to_owned())
    },
};
