//! The subject has the number under which it is registered.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-serial-number-missing",
        title: "The subject has the number under which it is registered.",
        why: "Two organisations may have one name; the number of the register tells them apart.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.5",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ev_serial_number_missing"),
        hint: "order it anew from a profile of extended validation",
    },
    applies: |subject| ask::is_subscribers(subject),
    judge: |subject| {
        reading::name(subject, |name| {
            let number = name.all(oid::SERIAL_NUMBER).filter_map(|it| it.value.text().ok()).last();
            let there = number.is_some_and(|number| !number.is_empty());
            Verdict::holds(there, || "the subject has no serialNumber".to_owned())
        })
    },
};
