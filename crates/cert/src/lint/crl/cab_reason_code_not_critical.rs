//! The reason of a revocation is not critical.

use crate::der::oid;
use crate::lint::crl::CrlLint;
use crate::lint::crl::ask;
use crate::lint::{Effective, Meta, Severity, Source};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.cab-reason-code-not-critical",
        title: "The reason of a revocation is not critical.",
        why: "A reader that does not know a critical extension of one entry must not use the CRL at all.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.2.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_cab_crl_reason_code_not_critical"),
        hint: "mark reasonCode as not critical",
    },
    applies: |crl| crl.entries().next().is_some(),
    judge: |crl| {
        ask::entries(crl, |entry| {
            let extensions = entry.extensions()?.ok()?;
            let is_critical = extensions.find(oid::REASON_CODE)?.critical;
            is_critical.then(|| format!("that of {} is", entry.serial))
        })
    },
};
