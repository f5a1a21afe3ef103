//! The reason of a revocation is one that there is.

use crate::lint::crl::CrlLint;
use crate::lint::crl::ask;
use crate::lint::{Effective, Meta, Severity, Source};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.has-valid-reason-code",
        title: "The reason of a revocation is one that there is.",
        why: "A reader cannot tell a revocation for a reason without meaning from one that is taken back.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.3.1",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_crl_has_valid_reason_code"),
        hint: "use a number of CRLReason: 1 to 6, 9 or 10",
    },
    applies: |crl| crl.entries().next().is_some(),
    judge: |crl| {
        ask::reasons(crl, |serial, code| {
            code.reason().is_none().then(|| format!("{serial} has reason {}", code.number))
        })
    },
};
