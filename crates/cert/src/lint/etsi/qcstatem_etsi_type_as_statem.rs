//! The type of a qualified certificate stands within the statement about the type.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::QcStatements;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-etsi-type-as-statem",
        title: "The type of a qualified certificate stands within the statement about the type.",
        why: "In the place of a statement no program finds it: the certificate is of no type.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.2.3",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_etsi_type_as_statem"),
        hint: "have the CA issue it with the type within the statement QcType",
    },
    applies: ask::has_statements,
    judge: |subject| {
        reading::extension(subject, |statements: Option<QcStatements<'_>>| {
            let kinds = [oid::QCT_ESIGN, oid::QCT_ESEAL, oid::QCT_WEB];
            let misplaced =
                statements.iter().flat_map(|statements| &statements.0).find(|it| kinds.contains(&it.kind));
            Verdict::of(misplaced.map(|it| format!("{} is a statement of its own", it.kind.shown())))
        })
    },
};
