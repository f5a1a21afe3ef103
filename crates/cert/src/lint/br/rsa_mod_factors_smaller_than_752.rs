//! The modulus has no factor below 752.

use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};
use crate::weak_key;

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
    applies: reading::is_rsa,
    judge: |subject| reading::weak_key(subject, &[weak_key::MODULUS_EVEN, weak_key::SMALL_FACTOR]),
};
