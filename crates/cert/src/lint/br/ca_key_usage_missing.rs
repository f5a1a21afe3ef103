//! A CA's certificate says what its key may do.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::KeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-key-usage-missing",
        title: "A CA's certificate has a keyUsage extension that allows something.",
        why: "Without it the key may do all that a key can, and a mistake elsewhere becomes a breach here.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.7; RFC 5280 section 4.2.1.3",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: false,
        alias: Some("zlint:e_ca_key_usage_missing"),
        hint: "issue the CA's certificate again with keyCertSign and cRLSign in keyUsage",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        reading::extension(subject, |usage: Option<KeyUsage<'_>>| match usage {
            Some(usage) => Verdict::holds(!usage.bits.is_zero(), || "keyUsage allows nothing".to_owned()),
            None => Verdict::Violated("there is no keyUsage".to_owned()),
        })
    },
};
