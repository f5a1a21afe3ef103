//! qcStatements is not critical in a certificate for mail.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.smime-qc-statements-must-not-be-critical",
        title: "qcStatements is not critical in a certificate for mail.",
        why: "Most mail programs do not know it: they would have to refuse the certificate.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 k",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_smime_qc_statements_must_not_be_critical"),
        hint: "have the CA issue it with qcStatements not critical",
    },
    applies: |subject| ask::is_subscriber(subject) && subject.anatomy.extension(oid::QC_STATEMENTS).is_some(),
    judge: |subject| reading::must_not_be_critical(subject, oid::QC_STATEMENTS),
};
