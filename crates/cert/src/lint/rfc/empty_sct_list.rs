//! An SCT list has an SCT.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::SctList;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.empty-sct-list",
        title: "An SCT list has an SCT.",
        why: "It promises that the certificate is logged, and proves nothing: browsers refuse it.",
        source: Source::Rfc,
        citation: "RFC 6962 section 3.3",
        severity: Severity::Error,
        effective: Effective::RFC_6962,
        affects_path: false,
        alias: Some("zlint:e_empty_sct_list"),
        hint: "have it issued anew by a CA that logs its certificates",
    },
    applies: |subject| subject.is_subscriber() && !ask::has(subject, oid::PRECERTIFICATE_POISON),
    judge: |subject| {
        ask::value(subject, |scts: &SctList<'_>| {
            Verdict::holds(!scts.0.is_empty(), || "an SCT list without SCTs".to_owned())
        })
    },
};
