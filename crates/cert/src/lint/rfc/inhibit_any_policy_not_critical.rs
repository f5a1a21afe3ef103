//! inhibitAnyPolicy is critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.inhibit-any-policy-not-critical",
        title: "inhibitAnyPolicy is critical.",
        why: "A client that does not know it would go on taking anyPolicy for every policy.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.14",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: true,
        alias: Some("zlint:e_inhibit_any_policy_not_critical"),
        hint: "have the CA's certificate issued anew with critical inhibitAnyPolicy",
    },
    applies: |subject| ask::has(subject, oid::INHIBIT_ANY_POLICY),
    judge: |subject| reading::must_be_critical(subject, oid::INHIBIT_ANY_POLICY),
};
