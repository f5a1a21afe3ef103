//! The name in a certificate for code has a locality or a state.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-subject-locality-or-province-required",
        title: "The name in a certificate for code has a locality or a state.",
        why: "Organisations of one name are told apart by it.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.4.2.3",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_subject_locality_or_province_required"),
        hint: "have the CA issue it with the place of the organisation",
    },
    applies: ask::is_without_ev,
    judge: |subject| {
        reading::name(subject, |name| {
            let has =
                name.attributes().any(|attribute| [oid::LOCALITY, oid::STATE].contains(&attribute.kind));
            Verdict::holds(has, || "there is neither locality nor state".to_owned())
        })
    },
};
