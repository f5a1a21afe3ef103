//! A root lists no purposes.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-extended-key-usage-present",
        title: "A root lists no purposes.",
        why: "Whoever trusts a root says for what; purposes in the root itself cut off uses that its owner did not think of.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_root_ca_extended_key_usage_present"),
        hint: "leave extKeyUsage out of the root, and put it into the CAs below",
    },
    applies: |subject| subject.is_root(),
    judge: |subject| {
        let there = subject.anatomy.extension(oid::EXTENDED_KEY_USAGE).is_some();
        Verdict::holds(!there, || "it has extKeyUsage".to_owned())
    },
};
