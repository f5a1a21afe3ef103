//! An entry has each extension once.

use crate::lint::crl::CrlLint;
use crate::lint::crl::ask;
use crate::lint::{Effective, Meta, Severity, Source};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.revoked-certificate-crl-entry-has-no-duplicate-extensions",
        title: "An entry has each extension once.",
        why: "Of two reasons, one reader takes the first, another the last.",
        source: Source::Community,
        citation: "RFC 5280 section 5.3 (as section 4.2 has it for certificates)",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_crl_revoked_certificate_crl_entry_has_no_duplicate_extensions"),
        hint: "leave out the second one",
    },
    applies: |_| true,
    judge: |crl| {
        ask::entries(crl, |entry| {
            let kind = ask::twice(&entry.extensions()?.ok()?)?;
            Some(format!("{} has {kind} twice", entry.serial))
        })
    },
};
