//! The modulus has no factor below 752.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-mod-factors-smaller-than-752",
        title: "The modulus has no factor below 752.",
        why: "A modulus that a small number divides was not made of two large primes: it can be factored, or is damaged.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.6",
        severity: Severity::Warning,
        effective: Effective::from(2013, 2, 21),
        affects_path: false,
        alias: Some("zlint:w_rsa_mod_factors_smaller_than_752"),
        hint: "make a new key with a maintained library, and replace the certificate",
    },
    applies: |subject| reading::is_rsa(subject),
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            let factor = (2..752).find(|number| remainder(modulus.magnitude(), *number) == 0);
            Verdict::of(factor.map(|factor| format!("{factor} divides the modulus")))
        })
    },
};

fn remainder(magnitude: &[u8], divisor: u32) -> u32 {
    magnitude.iter().fold(0, |rest, octet| (rest << 8 | u32::from(*octet)) % divisor)
}
