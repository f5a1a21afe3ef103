//! A certificate that vouches for domains alone names a country and a common name at most.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cab-dv-subject-invalid-values",
        title: "A subject that was validated by its domains alone has only countryName and commonName.",
        why: "Nobody has checked anything else, and whoever reads it takes it for checked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_cab_dv_subject_invalid_values"),
        hint: "order the certificate with names of domains only",
    },
    applies: |subject| subject.is_subscriber() && ask::has_policy(subject, oid::CABF_DV),
    judge: |subject| {
        reading::name(subject, |name| {
            let other = name.attributes().find(|it| !matches!(it.kind, oid::COMMON_NAME | oid::COUNTRY));
            Verdict::of(other.map(|attribute| format!("there is {attribute}")))
        })
    },
};
