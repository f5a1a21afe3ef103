//! keyUsage has a bit.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::KeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-key-usage-without-bits",
        title: "keyUsage has a bit.",
        why: "A key that may do nothing is of no use; clients refuse it for every purpose, or ignore what is said.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.3",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_ext_key_usage_without_bits"),
        hint: "have it issued anew with the uses that the key is for",
    },
    applies: |subject| ask::has(subject, oid::KEY_USAGE),
    judge: |subject| {
        ask::value(subject, |usage: &KeyUsage<'_>| {
            Verdict::holds(usage.set().next().is_some(), || "keyUsage has no bit".to_owned())
        })
    },
};
