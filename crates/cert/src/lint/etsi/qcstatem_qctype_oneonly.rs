//! A qualified certificate is of one type: esign, eseal or web.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qctype-oneonly",
        title: "A qualified certificate is of one type: esign, eseal or web.",
        why: "The law knows certificates for signatures, for seals and for web sites; none is two of them.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.2.3 (V2.5.0)",
        severity: Severity::Error,
        effective: Effective::from(2023, 7, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_qctype_oneonly"),
        hint: "have the CA issue one certificate for each type",
    },
    applies: |subject| ask::has(subject, oid::QCS_TYPE),
    judge: |subject| {
        ask::statement(subject, oid::QCS_TYPE, |statement| {
            let types = ask::types(statement)?;
            Ok(match types.len() {
                1 => ask::are_known(&types),
                count => Verdict::Violated(format!("it is of {count} types")),
            })
        })
    },
};
