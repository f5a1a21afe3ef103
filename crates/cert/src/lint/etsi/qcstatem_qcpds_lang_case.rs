//! The languages of disclosure statements are written in small letters.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::QcStatements;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qcpds-lang-case",
        title: "The languages of disclosure statements are written in small letters.",
        why: "ISO 639-1 knows them so, and programs that compare them need not fold them.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.3.4; ISO 639-1",
        severity: Severity::Warning,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:w_qcstatem_qcpds_lang_case"),
        hint: "have the CA write the languages in small letters",
    },
    applies: |subject| ask::has(subject, oid::QCS_PDS),
    judge: |subject| {
        reading::extension(subject, |statements: Option<QcStatements<'_>>| {
            let statement = statements.as_ref().and_then(|statements| statements.find(oid::QCS_PDS));
            match statement.map(ask::disclosures) {
                Some(Err(fault)) => reading::unreadable("the statement", fault),
                Some(Ok(places)) => {
                    let is_odd = |language: &String| !language.chars().all(char::is_lowercase);
                    let odd = places.into_iter().map(|(_, language)| language).find(is_odd);
                    Verdict::of(odd.map(|language| format!("{language:?}")))
                }
                None => Verdict::Pass,
            }
        })
    },
};
