//! The bits of an RSA key are whole octets.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-modulus-must-be-divisible-by-8",
        title: "The bits of an RSA key are whole octets.",
        why: "Odd sizes come from programs that make keys wrongly, and some libraries cannot use them.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.1",
        severity: Severity::Error,
        effective: Effective::from(2017, 2, 28),
        affects_path: true,
        alias: Some("zlint:e_mp_modulus_must_be_divisible_by_8"),
        hint: "make a key of 2048, 3072 or 4096 bits",
    },
    applies: reading::is_rsa,
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            let bits = modulus.bit_length();
            Verdict::holds(bits.is_multiple_of(8), || format!("it has {bits} bits"))
        })
    },
};
