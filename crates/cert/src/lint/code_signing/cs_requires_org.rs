//! The name in a certificate for code has an organisation.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-requires-org",
        title: "The name in a certificate for code has an organisation.",
        why: "It is what the operating system shows to whoever is about to run the program.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.4.2.3; 7.1.4.2.4",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_requires_org"),
        hint: "have the CA issue it with the organisation",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        reading::name(subject, |name| {
            let has = name.all(oid::ORGANIZATION).next().is_some();
            Verdict::holds(has, || "there is no organisation".to_owned())
        })
    },
};
