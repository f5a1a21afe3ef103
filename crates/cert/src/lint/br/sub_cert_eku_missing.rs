//! The certificate of a subscriber has extKeyUsage.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-eku-missing",
        title: "The certificate of a subscriber has extKeyUsage.",
        why: "Without it the key may be taken for any purpose.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_sub_cert_eku_missing"),
        hint: "order it anew with serverAuth",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| reading::must_be_there(subject, oid::EXTENDED_KEY_USAGE),
};
