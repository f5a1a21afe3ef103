//! The reason of a revocation is one that the Baseline Requirements allow.

use crate::lint::crl::CrlLint;
use crate::lint::crl::ask;
use crate::lint::{Effective, Meta, Severity, Source};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.cab-has-valid-reason-code",
        title: "The reason of a revocation is one that the Baseline Requirements allow.",
        why: "Browsers act on reasons: keyCompromise alone reaches all of them, and a hold does not exist for public certificates.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.2.2",
        severity: Severity::Error,
        effective: Effective::from(2023, 7, 15),
        affects_path: false,
        alias: Some("zlint:e_cab_crl_has_valid_reason_code"),
        hint: "use keyCompromise, affiliationChanged, superseded, cessationOfOperation or privilegeWithdrawn, or none",
    },
    applies: |crl| crl.entries().next().is_some(),
    judge: |crl| {
        ask::reasons(crl, |serial, code| {
            let is_allowed = matches!(code.number, 1 | 3 | 4 | 5 | 9);
            (!is_allowed).then(|| format!("{serial} has reason {}", code.number))
        })
    },
};
