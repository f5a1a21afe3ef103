//! A server certificate names its policies.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-any-policy",
        title: "A server certificate does not name anyPolicy.",
        why: "It would claim every policy that there is.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.9",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate with the policy that it was validated by",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        let has = ask::has_policy(subject, oid::ANY_POLICY);
        Verdict::holds(!has, || "there is anyPolicy".to_owned())
    },
};
