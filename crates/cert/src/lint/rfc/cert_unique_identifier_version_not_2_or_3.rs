//! Unique identifiers are only in certificates of version 2 or 3.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.cert-unique-identifier-version-not-2-or-3",
        title: "Unique identifiers are only in certificates of version 2 or 3.",
        why: "Version 1 has no such fields: clients cannot read what follows.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.8",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_cert_unique_identifier_version_not_2_or_3"),
        hint: "have it issued anew as version 3, without unique identifiers",
    },
    applies: |_| true,
    judge: |subject| {
        ask::field(&subject.anatomy.version, |version| {
            let anatomy = &subject.anatomy;
            let has_none = anatomy.issuer_unique_id.is_none() && anatomy.subject_unique_id.is_none();
            Verdict::holds(has_none || matches!(version.number, 1 | 2), || {
                format!("a unique identifier in version {}", version.number.saturating_add(1))
            })
        })
    },
};
