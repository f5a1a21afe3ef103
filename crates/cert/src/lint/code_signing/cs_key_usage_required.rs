//! A certificate for code has keyUsage, critical, with digitalSignature and without what a CA does.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::{KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-key-usage-required",
        title: "A certificate for code has keyUsage, critical, with digitalSignature and without what a CA does.",
        why: "The key signs programs; with the bits of a CA it could sign certificates.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.2.3 e",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_key_usage_required"),
        hint: "have the CA issue it with digitalSignature alone",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        let critical = subject.anatomy.extension(oid::KEY_USAGE).is_some_and(|extension| extension.critical);
        reading::extension(subject, |usage: Option<KeyUsage<'_>>| {
            let found = match usage {
                None => Some("keyUsage is missing"),
                Some(_) if !critical => Some("keyUsage is not critical"),
                Some(usage) if !usage.has(KeyUsageBit::DigitalSignature) => {
                    Some("digitalSignature is not set")
                }
                Some(usage) if usage.has(KeyUsageBit::KeyCertSign) => Some("keyCertSign is set"),
                Some(usage) if usage.has(KeyUsageBit::CrlSign) => Some("cRLSign is set"),
                Some(_) => None,
            };
            Verdict::of(found.map(str::to_owned))
        })
    },
};
