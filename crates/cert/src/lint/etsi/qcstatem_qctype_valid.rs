//! The types of a qualified certificate are some of esign, eseal and web.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qctype-valid",
        title: "The types of a qualified certificate are some of esign, eseal and web.",
        why: "Of another type no law says what the certificate is good for.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.2.3 (V2.2.1)",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1).until(2023, 7, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_qctype_valid"),
        hint: "have the CA issue it with the type that it is of",
    },
    applies: |subject| ask::has(subject, oid::QCS_TYPE),
    judge: |subject| {
        ask::statement(subject, oid::QCS_TYPE, |statement| Ok(ask::are_known(&ask::types(statement)?)))
    },
};
