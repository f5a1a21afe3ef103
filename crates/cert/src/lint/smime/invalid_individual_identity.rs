//! A certificate of a person names the person, or has a pseudonym.

use super::ask::{
    self,
    Generation::{Legacy, Multipurpose, Strict},
    Validated,
};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.invalid-individual-identity",
        title: "A certificate of a person names the person, or has a pseudonym.",
        why: "Whose signature it is is what such a certificate is for.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.5; 7.1.4.2.6",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_invalid_individual_identity"),
        hint: "have the CA issue it with given name and surname, or with a pseudonym",
    },
    applies: |subject| {
        ask::is_of(subject, &[Multipurpose, Strict])
            && !ask::is_of(subject, &[Legacy])
            && ask::has_validated(subject, &[Validated::Individual, Validated::Sponsor])
    },
    judge: |subject| {
        reading::name(subject, |name| {
            let kinds = [oid::GIVEN_NAME, oid::SURNAME, oid::PSEUDONYM];
            let is_named = name.attributes().any(|attribute| kinds.contains(&attribute.kind));
            Verdict::holds(is_named, || "there is neither name nor pseudonym".to_owned())
        })
    },
};
