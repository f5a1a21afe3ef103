//! A server certificate claims one way of validation.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-not-one-reserved-policy",
        title: "A server certificate names exactly one reserved policy.",
        why: "It says who was validated: a domain, an organisation, a person. With none nobody knows, and with two one is wrong.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.9",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate of one profile",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        let count = ask::reserved_policies(subject);
        Verdict::holds(count == 1, || match count {
            0 => "there is none".to_owned(),
            _ => format!("there are {count}"),
        })
    },
};
