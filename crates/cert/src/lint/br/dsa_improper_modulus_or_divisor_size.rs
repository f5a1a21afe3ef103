//! A DSA key has one of three pairs of lengths.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dsa-improper-modulus-or-divisor-size",
        title: "A DSA key has 2048 and 224, 2048 and 256, or 3072 and 256 bits.",
        why: "Other pairs are weaker than the longer of the two numbers promises.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.1.5",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_dsa_improper_modulus_or_divisor_size"),
        hint: "make a new key, of RSA or of an elliptic curve",
    },
    applies: ask::is_dsa,
    judge: |subject| {
        ask::dsa_domain(subject, |domain, _| {
            let (p, q) = (domain.p.bit_length(), domain.q.bit_length());
            let proper = matches!((p, q), (2048, 224 | 256) | (3072, 256));
            Verdict::holds(proper, || format!("it has {p} and {q} bits"))
        })
    },
};
