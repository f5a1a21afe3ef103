//! The subject has a business category.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-business-category-missing",
        title: "The subject has a business category.",
        why: "It tells a firm from an authority and from an association.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.3",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ev_business_category_missing"),
        hint: "order it anew from a profile of extended validation",
    },
    applies: |subject| ask::is_subscribers(subject),
    judge: |subject| ask::must_have(subject, oid::BUSINESS_CATEGORY),
};
