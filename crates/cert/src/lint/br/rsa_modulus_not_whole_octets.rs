//! The modulus of an RSA key has whole octets.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-modulus-not-whole-octets",
        title: "The length of an RSA modulus in bits can be divided by eight.",
        why: "Other lengths come from mistakes in making the key, and some clients refuse them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.5",
        severity: Severity::Error,
        effective: Effective::from(2020, 8, 20),
        affects_path: false,
        alias: None,
        hint: "make a new key of 2048, 3072 or 4096 bits",
    },
    applies: reading::is_rsa,
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            let bits = modulus.bit_length();
            Verdict::holds(bits % 8 == 0, || format!("it has {bits} bits"))
        })
    },
};
