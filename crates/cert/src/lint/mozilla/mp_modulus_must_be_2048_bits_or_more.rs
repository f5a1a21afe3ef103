//! An RSA key has 2048 bits at least.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-modulus-must-be-2048-bits-or-more",
        title: "An RSA key has 2048 bits at least.",
        why: "Shorter keys can be broken with much money, and browsers refuse them.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.1",
        severity: Severity::Error,
        effective: Effective::from(2017, 2, 28),
        affects_path: true,
        alias: Some("zlint:e_mp_modulus_must_be_2048_bits_or_more"),
        hint: "make a key of 2048 bits or more, or one of ECDSA",
    },
    applies: reading::is_rsa,
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            let bits = modulus.bit_length();
            Verdict::holds(bits >= 2048, || format!("it has {bits} bits"))
        })
    },
};
