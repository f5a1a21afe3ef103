//! There is one distribution point of CRLs.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CrlDistributionPoints;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.crl-distribution-points-several",
        title: "There is one distribution point of CRLs.",
        why: "Clients that find several fetch all of them, or the first alone.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.2",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate with one distribution point; it may have several addresses",
    },
    applies: |_| true,
    judge: |subject| {
        reading::extension(subject, |points: Option<CrlDistributionPoints<'_>>| {
            let count = points.map_or(0, |points| points.0.len());
            Verdict::holds(count < 2, || format!("there are {count}"))
        })
    },
};
