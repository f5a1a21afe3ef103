//! The basicConstraints of a subscriber is critical, where it is there.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-basic-constraints-not-critical",
        title: "The basicConstraints of a subscriber is critical, where it is there.",
        why: "Whoever cannot read it must not take the certificate for a CA's.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:e_sub_cert_basic_constraints_not_critical"),
        hint: "order it anew from a profile with a critical basicConstraints",
    },
    applies: |subject| subject.is_subscriber() && subject.anatomy.extension(oid::BASIC_CONSTRAINTS).is_some(),
    judge: |subject| reading::must_be_critical(subject, oid::BASIC_CONSTRAINTS),
};
