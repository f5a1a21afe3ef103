//! The subject tells by the law of which country it exists.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.jurisdiction-country-missing",
        title: "The subject has the country of its jurisdiction.",
        why: "A number of registration means something only in the register of a country.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.4",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "order it anew from a profile of extended validation",
    },
    applies: ask::is_subscribers,
    judge: |subject| ask::must_have(subject, oid::JURISDICTION_COUNTRY),
};
