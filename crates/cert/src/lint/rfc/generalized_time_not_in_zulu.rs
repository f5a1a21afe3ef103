//! A GeneralizedTime is given in Greenwich Mean Time.

use crate::der::MomentForm;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.generalized-time-not-in-zulu",
        title: "A GeneralizedTime is given in Greenwich Mean Time.",
        why: "A local time is another instant at every place; DER and the profile have none.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.5.2",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_generalized_time_not_in_zulu"),
        hint: "have it issued anew with times written as YYYYMMDDHHMMSSZ",
    },
    applies: |subject| ask::has_moment(subject, MomentForm::Generalized),
    judge: |subject| {
        ask::all_moments(subject, MomentForm::Generalized, |moment| moment.letters.ends_with(b"Z"))
    },
};
