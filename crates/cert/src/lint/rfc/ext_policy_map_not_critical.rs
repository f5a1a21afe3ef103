//! policyMappings should be critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-policy-map-not-critical",
        title: "policyMappings should be critical.",
        why: "A client that does not know it would find no policy, and not say why.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.5",
        severity: Severity::Warning,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:w_ext_policy_map_not_critical"),
        hint: "ask for a profile with critical policyMappings",
    },
    applies: |subject| ask::has(subject, oid::POLICY_MAPPINGS),
    judge: |subject| reading::must_be_critical(subject, oid::POLICY_MAPPINGS),
};
