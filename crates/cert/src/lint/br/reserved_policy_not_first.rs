//! A reserved policy is the first one.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.reserved-policy-not-first",
        title: "Where there is a reserved policy, it is the first.",
        why: "Some clients look at the first policy alone.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.9 and 7.1.2.10.5",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA to list the reserved policy first",
    },
    applies: |subject| ask::reserved_policies(subject) > 0,
    judge: |subject| {
        reading::extension(subject, |policies: Option<CertificatePolicies<'_>>| {
            let first = policies.as_ref().and_then(|policies| policies.oids().next());
            let other = first.filter(|policy| !ask::RESERVED_POLICIES.contains(policy));
            Verdict::of(other.map(|policy| format!("the first is {}", policy.shown())))
        })
    },
};
