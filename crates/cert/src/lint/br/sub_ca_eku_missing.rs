//! A subordinate CA lists purposes.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-eku-missing",
        title: "A subordinate CA lists purposes.",
        why: "Without them it may issue certificates for anything, and one mistake of it hits everything.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Notice,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:n_sub_ca_eku_missing"),
        hint: "have separate CAs for separate purposes, each with extKeyUsage",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| reading::must_be_there(subject, oid::EXTENDED_KEY_USAGE),
};
