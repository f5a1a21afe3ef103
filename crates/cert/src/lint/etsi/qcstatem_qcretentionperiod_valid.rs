//! The time for which documents are kept is a number of years that is not negative.

use super::ask;
use crate::der::{Tag, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qcretentionperiod-valid",
        title: "The time for which documents are kept is a number of years that is not negative.",
        why: "A time that cannot be read cannot be kept.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.3.3",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_qcretentionperiod_valid"),
        hint: "have the CA write the number of years",
    },
    applies: |subject| ask::has(subject, oid::QCS_RETENTION_PERIOD),
    judge: |subject| {
        ask::statement(subject, oid::QCS_RETENTION_PERIOD, |statement| {
            let years = ask::info(statement)?.must_be(Tag::INTEGER)?.integer()?;
            Ok(Verdict::holds(!years.is_negative(), || format!("{years} years")))
        })
    },
};
