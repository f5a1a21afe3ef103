//! A CA that is bound to policies is bound to one reserved policy.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-multiple-reserved-policy-oids",
        title: "A subordinate CA that is bound to policies names at most one reserved policy.",
        why: "What it may validate, and how, follows from that one: with two of them clients cannot tell.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.5",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_ca_multiple_reserved_policy_oids"),
        hint: "issue the CA's certificate again with the one reserved policy that it validates by",
    },
    applies: |subject| subject.is_subordinate_ca() && !ask::has_policy(subject, oid::ANY_POLICY),
    judge: |subject| {
        let count = ask::reserved_policies(subject);
        Verdict::holds(count <= 1, || format!("there are {count} of them"))
    },
};
