//! policyConstraints is critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-policy-constraints-not-critical",
        title: "policyConstraints is critical.",
        why: "A client that does not know it would accept what the CA may not issue.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.11",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_ext_policy_constraints_not_critical"),
        hint: "have the CA's certificate issued anew with critical policyConstraints",
    },
    applies: |subject| ask::has(subject, oid::POLICY_CONSTRAINTS),
    judge: |subject| reading::must_be_critical(subject, oid::POLICY_CONSTRAINTS),
};
