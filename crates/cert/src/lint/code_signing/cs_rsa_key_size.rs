//! An RSA key for code has 3072 bits at least.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-rsa-key-size",
        title: "An RSA key for code has 3072 bits at least.",
        why: "Signed programs are checked for many years, in which shorter keys will be broken.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 6.1.5.2",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_rsa_key_size"),
        hint: "make a key of 3072 or 4096 bits",
    },
    applies: |subject| subject.is_subscriber() && reading::is_rsa(subject),
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            let bits = modulus.bit_length();
            Verdict::holds(bits >= 3072, || format!("it has {bits} bits"))
        })
    },
};
