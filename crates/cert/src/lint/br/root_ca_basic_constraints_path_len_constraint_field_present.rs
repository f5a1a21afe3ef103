//! A root does not limit the length of the path below it.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::BasicConstraints;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-basic-constraints-path-len-constraint-field-present",
        title: "A root does not limit the length of the path below it.",
        why: "What a root says of itself is not part of the path: clients differ in whether they heed it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.4",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:w_root_ca_basic_constraints_path_len_constraint_field_present"),
        hint: "limit the length in the subordinate CAs",
    },
    applies: |subject| subject.is_root(),
    judge: |subject| {
        reading::extension(subject, |basic: Option<BasicConstraints<'_>>| {
            let limit = basic.and_then(|basic| basic.path_len);
            Verdict::of(limit.map(|limit| format!("pathLenConstraint is {limit}")))
        })
    },
};
