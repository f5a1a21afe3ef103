//! The name in a certificate for code has no domainComponent.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-subject-prohibited",
        title: "The name in a certificate for code has no domainComponent.",
        why: "Nobody has validated a domain for it.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.4.2.2",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_subject_prohibited"),
        hint: "have the CA issue it without domainComponent",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        reading::name(subject, |name| {
            Verdict::of(name.all(oid::DOMAIN_COMPONENT).next().map(|one| one.to_string()))
        })
    },
};
