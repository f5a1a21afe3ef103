//! The business category is one of the four that there are.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-invalid-business-category",
        title: "The business category is one of the four that there are.",
        why: "Programs read it to tell a firm from an authority and from an association.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.3",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ev_invalid_business_category"),
        hint: "order it anew with one of the four texts, letter for letter",
    },
    applies: |subject| {
        let name = subject.anatomy.subject.as_ref();
        ask::is_subscribers(subject)
            && name.is_ok_and(|name| name.all(oid::BUSINESS_CATEGORY).next().is_some())
    },
    judge: |subject| {
        reading::name(subject, |name| {
            let category = name.all(oid::BUSINESS_CATEGORY).next();
            let known =
                category.and_then(|it| it.value.text().ok()).is_some_and(|it| CATEGORIES.contains(&&*it));
            Verdict::holds(known, || {
                category.map_or_else(|| "there is none".to_owned(), |category| format!("it is {category}"))
            })
        })
    },
};

const CATEGORIES: &[&str] =
    &["Private Organization", "Government Entity", "Business Entity", "Non-Commercial Entity"];
