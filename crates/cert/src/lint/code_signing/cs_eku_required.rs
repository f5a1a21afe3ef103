//! A certificate for code is for code, and not for servers or anything.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-eku-required",
        title: "A certificate for code is for code, and not for servers or anything.",
        why: "A key that signs programs must not stand for a server too.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.2.3 f",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_eku_required"),
        hint: "have the CA issue it with codeSigning",
    },
    applies: ask::is_below_root,
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let has = |purpose| purposes.as_ref().is_some_and(|purposes| purposes.has(purpose));
            let mut forbidden = vec![oid::ANY_EXTENDED_KEY_USAGE, oid::SERVER_AUTH];
            forbidden.extend(subject.is_subordinate_ca().then_some(oid::EMAIL_PROTECTION));
            match forbidden.into_iter().find(|purpose| has(*purpose)) {
                Some(purpose) => Verdict::Violated(format!("it is for {}", purpose.shown())),
                None => Verdict::holds(has(oid::CODE_SIGNING), || "it is not for code".to_owned()),
            }
        })
    },
};
