//! The key of a certificate for code only signs.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::{KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-key-usage-only-signature",
        title: "The key of a certificate for code only signs.",
        why: "Every other use is one more way to get at the key.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.2.3 e",
        severity: Severity::Warning,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: None,
        hint: "have the CA issue it with digitalSignature alone",
    },
    applies: |subject| subject.is_subscriber() && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| {
        reading::extension(subject, |usage: Option<KeyUsage<'_>>| {
            // Those of a CA are an error, which another lint tells.
            let known = [KeyUsageBit::DigitalSignature, KeyUsageBit::KeyCertSign, KeyUsageBit::CrlSign];
            let other = usage.iter().flat_map(KeyUsage::set).find(|bit| !known.contains(bit));
            Verdict::of(other.map(|bit| format!("{} is set", bit.name())))
        })
    },
};
