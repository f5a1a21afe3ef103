//! A root has keyUsage.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-key-usage-present",
        title: "A root has keyUsage.",
        why: "Without it the key of the root may be taken for anything, not only for signing certificates and CRLs.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_root_ca_key_usage_present"),
        hint: "put keyUsage with keyCertSign and cRLSign into the root",
    },
    applies: |subject| subject.is_root(),
    judge: |subject| reading::must_be_there(subject, oid::KEY_USAGE),
};
