//! The subject has the name of an organisation.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-organization-name-missing",
        title: "The subject has the name of an organisation.",
        why: "That the organisation was validated is what extended validation is about.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.1",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ev_organization_name_missing"),
        hint: "order it anew from a profile of extended validation",
    },
    applies: |subject| ask::is_subscribers(subject),
    judge: |subject| ask::must_have(subject, oid::ORGANIZATION),
};
