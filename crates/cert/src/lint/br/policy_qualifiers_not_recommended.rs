//! Policies stand without further words.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.policy-qualifiers-not-recommended",
        title: "Policies have no qualifiers.",
        why: "They make every handshake longer, and no client shows them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.9 and 7.1.2.10.5",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a profile without policy qualifiers",
    },
    applies: |_| true,
    judge: |subject| {
        reading::extension(subject, |policies: Option<CertificatePolicies<'_>>| {
            let first = policies.as_ref().and_then(|policies| policies.qualifiers().next());
            Verdict::of(first.map(|qualifier| format!("there is {}", qualifier.kind.shown())))
        })
    },
};
