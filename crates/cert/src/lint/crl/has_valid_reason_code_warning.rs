//! The reason unspecified is not written.

use crate::lint::crl::CrlLint;
use crate::lint::crl::ask;
use crate::lint::{Effective, Meta, Severity, Source};
use crate::x509::extension::Reason;

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.has-valid-reason-code-warning",
        title: "The reason unspecified is not written.",
        why: "It says nothing, makes the CRL longer, and trips programs that expect what RFC 5280 recommends.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.3.1",
        severity: Severity::Warning,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: None,
        hint: "leave reasonCode out where there is no reason to tell",
    },
    applies: |crl| crl.entries().next().is_some(),
    judge: |crl| {
        ask::reasons(crl, |serial, code| {
            (code.reason() == Some(Reason::Unspecified)).then(|| format!("{serial} has reason 0"))
        })
    },
};
