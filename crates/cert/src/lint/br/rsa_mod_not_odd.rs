//! The modulus of an RSA key is odd.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-mod-not-odd",
        title: "The modulus of an RSA key is odd.",
        why: "An even one is no product of two large primes: such a key is broken, or protects nothing.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.6",
        severity: Severity::Warning,
        effective: Effective::from(2013, 2, 21),
        affects_path: false,
        alias: Some("zlint:w_rsa_mod_not_odd"),
        hint: "make a new key with a maintained library, and replace the certificate",
    },
    applies: |subject| reading::is_rsa(subject),
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            let odd = modulus.bytes().last().is_some_and(|last| last & 1 == 1);
            Verdict::holds(odd, || "the modulus is even".to_owned())
        })
    },
};
