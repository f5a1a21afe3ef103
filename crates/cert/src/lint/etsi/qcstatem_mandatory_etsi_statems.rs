//! Whoever makes statements of ETSI also states compliance.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::QcStatements;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-mandatory-etsi-statems",
        title: "Whoever makes statements of ETSI also states compliance.",
        why: "Without that statement the certificate is not a qualified one, whatever else it says.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 5",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_mandatory_etsi_statems"),
        hint: "have the CA add the statement QcCompliance",
    },
    applies: ask::has_any,
    judge: |subject| {
        reading::extension(subject, |statements: Option<QcStatements<'_>>| {
            let complies =
                statements.is_some_and(|statements| statements.find(oid::QCS_COMPLIANCE).is_some());
            Verdict::holds(complies, || "QcCompliance is missing".to_owned())
        })
    },
};
