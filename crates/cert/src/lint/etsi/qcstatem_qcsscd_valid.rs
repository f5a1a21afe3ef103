//! The statement about a signature creation device is its identifier alone.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qcsscd-valid",
        title: "The statement about a signature creation device is its identifier alone.",
        why: "Programs compare the statement as it is defined: with more in it, it is another.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.2.2",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_qcsscd_valid"),
        hint: "have the CA issue it with the statement as it is defined",
    },
    applies: |subject| ask::has(subject, oid::QCS_SSCD),
    judge: |subject| {
        ask::statement(subject, oid::QCS_SSCD, |statement| Ok(ask::says_nothing_more(statement)))
    },
};
