//! An RSA key has at least 2048 bits.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, midnight, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-mod-less-than-2048-bits",
        title: "An RSA key has at least 2048 bits.",
        why: "Shorter ones can be factored by those who have the means, and clients refuse them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.5",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_rsa_mod_less_than_2048_bits"),
        hint: "make a key of 2048 bits or more, or one of ECDSA, and order a new certificate",
    },
    applies: |subject| {
        let ends = subject.anatomy.not_after.as_ref();
        reading::is_rsa(subject) && ends.is_ok_and(|ends| ends.time >= midnight((2014, 1, 1)))
    },
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            let bits = modulus.bit_length();
            Verdict::holds(bits >= 2048, || format!("the modulus has {bits} bits"))
        })
    },
};
