//! The issuer has a name.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.issuer-field-empty",
        title: "The issuer has a name.",
        why: "Clients find the certificate above by this name; without one no path can be built.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.4",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_issuer_field_empty"),
        hint: "have it issued anew by a CA that has a name",
    },
    applies: |_| true,
    judge: |subject| {
        ask::field(&subject.anatomy.issuer, |issuer| {
            Verdict::holds(!issuer.is_empty(), || "the issuer has no name".to_owned())
        })
    },
};
