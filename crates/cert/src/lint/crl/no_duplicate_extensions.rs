//! A CRL has each extension once.

use crate::lint::crl::CrlLint;
use crate::lint::crl::ask;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.no-duplicate-extensions",
        title: "A CRL has each extension once.",
        why: "Of two, one reader takes the first, another the last, and strict ones refuse the CRL.",
        source: Source::Community,
        citation: "RFC 5280 section 5.2 (as section 4.2 has it for certificates)",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_crl_no_duplicate_extensions"),
        hint: "leave out the second one",
    },
    applies: |crl| crl.trailer.extensions().next().is_some(),
    judge: |crl| {
        let found = crl.trailer.extensions.as_ref().and_then(|all| ask::twice(all.as_ref().ok()?));
        Verdict::of(found.map(|kind| format!("it has {kind} twice")))
    },
};
