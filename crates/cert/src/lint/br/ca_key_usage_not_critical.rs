//! keyUsage of a CA is critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-key-usage-not-critical",
        title: "The keyUsage extension of a CA is critical.",
        why: "A client that does not know it must not take the key for what it is not.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.1.2 and 7.1.2.6.1",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ca_key_usage_not_critical"),
        hint: "issue the CA's certificate again with a critical keyUsage",
    },
    applies: |subject| subject.is_ca() && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| reading::must_be_critical(subject, oid::KEY_USAGE),
};
