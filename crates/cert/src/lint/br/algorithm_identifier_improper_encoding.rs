//! The kind of the key is written with exactly the octets that the rules give.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.algorithm-identifier-improper-encoding",
        title: "The kind of the key is written with exactly the octets that the rules give.",
        why: "Clients compare octets: an RSA key without NULL, or one of PSS, is strange to them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.3.1",
        severity: Severity::Error,
        effective: Effective::from(2020, 8, 20),
        affects_path: true,
        alias: Some("zlint:e_algorithm_identifier_improper_encoding"),
        hint: "make an RSA key, or one on P-256, P-384 or P-521, with a maintained library",
    },
    applies: |_| true,
    judge: |subject| match &subject.anatomy.key {
        Ok(key) => Verdict::holds(ENCODINGS.contains(&key.algorithm.der()), || {
            format!("the kind of the key is written {}", crate::hex(key.algorithm.der()))
        }),
        Err(fault) => reading::unreadable("the key", *fault),
    },
};

/// RSA with NULL, and the three curves.
const ENCODINGS: &[&[u8]] = &[
    b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
    b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
    b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22",
    b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23",
];
