//! Statements of ETSI stand in an extension that is not critical.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-etsi-present-qcs-critical",
        title: "Statements of ETSI stand in an extension that is not critical.",
        why: "A program that does not know the statements would have to refuse the certificate.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.1",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_etsi_present_qcs_critical"),
        hint: "have the CA issue it with qcStatements not critical",
    },
    applies: ask::has_any,
    judge: |subject| reading::must_not_be_critical(subject, oid::QC_STATEMENTS),
};
