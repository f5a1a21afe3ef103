//! Disclosure statements are linked by HTTPS.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-pds-must-have-https-only",
        title: "Disclosure statements are linked by HTTPS.",
        why: "Their text is not signed with the certificate: whoever can change it on the way changes the terms.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.3.4 (QCS-4.3.4-03, V2.4.1)",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_pds_must_have_https_only"),
        hint: "have the CA link its statements by https",
    },
    applies: |subject| ask::has(subject, oid::QCS_PDS),
    judge: |subject| {
        ask::statement(subject, oid::QCS_PDS, |statement| {
            let places = ask::disclosures(statement)?;
            Ok(Verdict::of(places.into_iter().map(|(url, _)| url).find(|url| !url.starts_with("https://"))))
        })
    },
};
