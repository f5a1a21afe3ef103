//! The keyUsage of a root is critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-key-usage-must-be-critical",
        title: "The keyUsage of a root is critical.",
        why: "A client that does not know the extension must not take the key for another use.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_root_ca_key_usage_must_be_critical"),
        hint: "mark keyUsage critical in the profile of the root",
    },
    applies: |subject| subject.is_root() && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| reading::must_be_critical(subject, oid::KEY_USAGE),
};
