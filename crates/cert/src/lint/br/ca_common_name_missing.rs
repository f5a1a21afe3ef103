//! The subject of a CA has a common name.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-common-name-missing",
        title: "The subject of a CA has a commonName.",
        why: "People and programs tell a CA's certificates apart by it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.2",
        severity: Severity::Error,
        effective: Effective::from(2017, 6, 8),
        affects_path: false,
        alias: Some("zlint:e_ca_common_name_missing"),
        hint: "issue the CA's certificate again with a commonName of its own",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        Verdict::holds(subject.common_name().is_some(), || "there is no CN, or an empty one".to_owned())
    },
};
