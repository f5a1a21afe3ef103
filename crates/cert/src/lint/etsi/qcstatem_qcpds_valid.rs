//! Disclosure statements are linked in English, and once in each language.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qcpds-valid",
        title: "Disclosure statements are linked in English, and once in each language.",
        why: "Whoever relies on the certificate must be able to read on what terms it was issued.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.3.4",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_qcpds_valid"),
        hint: "have the CA link its statement in English too, each with the two letters of its language",
    },
    applies: |subject| ask::has(subject, oid::QCS_PDS),
    judge: |subject| {
        ask::statement(subject, oid::QCS_PDS, |statement| {
            let languages: Vec<String> = ask::disclosures(statement)?
                .into_iter()
                .map(|(_, language)| language.to_lowercase())
                .collect();
            let is_repeated =
                |(at, language): (usize, &String)| languages.iter().take(at).any(|it| it == language);
            let found = if let Some(odd) = languages.iter().find(|language| language.len() != 2) {
                Some(format!("{odd:?} is no language"))
            } else if languages.iter().enumerate().any(is_repeated) {
                Some("a language is there twice".to_owned())
            } else {
                (!languages.iter().any(|language| language == "en")).then(|| "none is in English".to_owned())
            };
            Ok(Verdict::of(found))
        })
    },
};
