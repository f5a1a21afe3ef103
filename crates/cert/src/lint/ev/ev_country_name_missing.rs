//! The subject has a country.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-country-name-missing",
        title: "The subject has a country.",
        why: "The name of an organisation means something only within a country.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.6",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ev_country_name_missing"),
        hint: "order it anew from a profile of extended validation",
    },
    applies: |subject| ask::is_subscribers(subject),
    judge: |subject| ask::must_have(subject, oid::COUNTRY),
};
