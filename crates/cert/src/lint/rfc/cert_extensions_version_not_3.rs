//! Extensions are only in certificates of version 3.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.cert-extensions-version-not-3",
        title: "Extensions are only in certificates of version 3.",
        why: "Clients may ignore the extensions of an older version, basicConstraints and nameConstraints among them.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.1.2.1 and 4.1.2.9",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_cert_extensions_version_not_3"),
        hint: "have it issued anew as version 3",
    },
    applies: |_| true,
    judge: |subject| {
        ask::field(&subject.anatomy.version, |version| {
            let is_without = match &subject.anatomy.extensions {
                Some(Ok(extensions)) => extensions.is_empty(),
                Some(Err(_)) => false,
                None => true,
            };
            Verdict::holds(is_without || version.is_3(), || {
                format!("extensions in version {}", version.number.saturating_add(1))
            })
        })
    },
};
