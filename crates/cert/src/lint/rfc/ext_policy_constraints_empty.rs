//! policyConstraints has a constraint.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-policy-constraints-empty",
        title: "policyConstraints has a constraint.",
        why: "What clients do with an empty one is not defined.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.11",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_policy_constraints_empty"),
        hint: "have the CA's certificate issued anew with a constraint, or without the extension",
    },
    applies: |subject| ask::is_list(subject, oid::POLICY_CONSTRAINTS),
    judge: |subject| ask::not_empty(subject, oid::POLICY_CONSTRAINTS),
};
