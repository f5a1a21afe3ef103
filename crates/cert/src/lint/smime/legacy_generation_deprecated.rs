//! A certificate for mail is not of the legacy profiles.

use super::ask::{self, Generation::Legacy};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.legacy-generation-deprecated",
        title: "A certificate for mail is not of the legacy profiles.",
        why: "They were made for the time until CAs had changed, which ended on 2025-07-15.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.6.1; ballot SMC08",
        severity: Severity::Error,
        effective: Effective::from(2025, 7, 15),
        affects_path: false,
        alias: Some("zlint:e_legacy_generation_deprecated"),
        hint: "have the CA issue it by the multipurpose or the strict profile",
    },
    applies: |subject| ask::profiles(subject).iter().any(|(_, generation)| *generation == Legacy),
    judge: |_| Verdict::Violated("its policy is one of the legacy profiles".to_owned()),
};
