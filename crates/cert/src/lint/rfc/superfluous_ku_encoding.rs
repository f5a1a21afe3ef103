//! keyUsage has no octet of zeros at its end.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::KeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.superfluous-ku-encoding",
        title: "keyUsage has no octet of zeros at its end.",
        why: "DER leaves out the zeros at the end; clients that hold to it take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.3; ITU-T X.690 section 11.2.2",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_superfluous_ku_encoding"),
        hint: "have it issued anew by a CA that writes keyUsage in DER",
    },
    applies: |subject| ask::has(subject, oid::KEY_USAGE),
    judge: |subject| {
        ask::value(subject, |usage: &KeyUsage<'_>| {
            Verdict::holds(usage.bits.bytes.last() != Some(&0), || "a last octet that is zero".to_owned())
        })
    },
};
