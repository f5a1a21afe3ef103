//! keyUsage ends with its last bit that is set.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::KeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.incorrect-ku-encoding",
        title: "keyUsage ends with its last bit that is set.",
        why: "DER leaves out the zeros at the end; clients that hold to it take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.3; ITU-T X.690 section 11.2.2",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_incorrect_ku_encoding"),
        hint: "have it issued anew by a CA that writes keyUsage in DER",
    },
    applies: |subject| ask::has(subject, oid::KEY_USAGE),
    judge: |subject| {
        ask::value(subject, |usage: &KeyUsage<'_>| {
            // An octet of zeros at the end is for another lint.
            let last = usage.bits.bytes.last().copied().filter(|last| *last != 0);
            let wrong = last.map(u8::trailing_zeros).filter(|right| u32::from(usage.bits.unused) != *right);
            Verdict::of(
                wrong.map(|right| format!("{} bits are left out at the end, not {right}", usage.bits.unused)),
            )
        })
    },
};
