//! Each statement of ETSI is there once.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::QcStatements;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.duplicate-etsi-qcstatement",
        title: "Each statement of ETSI is there once.",
        why: "Where two of one kind differ, nobody can tell which of them holds.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.1 (QCS-4.1-02A)",
        severity: Severity::Error,
        effective: Effective::from(2026, 5, 1),
        affects_path: false,
        alias: Some("zlint:e_duplicate_etsi_qcstatement"),
        hint: "have the CA issue it with each statement once",
    },
    applies: ask::has_statements,
    judge: |subject| {
        reading::extension(subject, |statements: Option<QcStatements<'_>>| {
            let statements = statements.map(|statements| statements.0).unwrap_or_default();
            let twice = ask::STATEMENTS
                .iter()
                .find(|kind| statements.iter().filter(|statement| statement.kind == **kind).count() > 1);
            Verdict::of(twice.map(|kind| format!("{} is there more than once", kind.shown())))
        })
    },
};
