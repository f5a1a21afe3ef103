//! keyUsage has at most nine bits.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::{KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.key-usage-incorrect-length",
        title: "keyUsage has at most nine bits.",
        why: "No more are defined: whatever the others shall mean, no client knows it.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.3",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_key_usage_incorrect_length"),
        hint: "have it issued anew with the nine uses that RFC 5280 defines",
    },
    applies: |subject| ask::has(subject, oid::KEY_USAGE),
    judge: |subject| {
        ask::value(subject, |usage: &KeyUsage<'_>| {
            let bits = usage.bits.len();
            Verdict::holds(bits <= KeyUsageBit::ALL.len(), || format!("a keyUsage of {bits} bits"))
        })
    },
};
