//! The extKeyUsage of a subordinate CA is not critical.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-eku-critical",
        title: "The extKeyUsage of a subordinate CA is not critical.",
        why: "Purposes in a CA are a custom that not all clients know; critical ones stop those that do not.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Warning,
        effective: Effective::from(2013, 7, 29),
        affects_path: false,
        alias: Some("zlint:w_sub_ca_eku_critical"),
        hint: "issue the CA anew with a non-critical extKeyUsage",
    },
    applies: |subject| {
        subject.is_subordinate_ca() && subject.anatomy.extension(oid::EXTENDED_KEY_USAGE).is_some()
    },
    judge: |subject| reading::must_not_be_critical(subject, oid::EXTENDED_KEY_USAGE),
};
