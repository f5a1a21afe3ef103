//! The modulus of a DSA key has 2048 bits at least.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dsa-shorter-than-2048-bits",
        title: "The modulus of a DSA key has at least 2048 bits, and its divisor 224.",
        why: "Shorter ones can be broken by whoever is rich enough.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.1.5",
        severity: Severity::Error,
        effective: Effective::ALWAYS.until(2020, 8, 20),
        affects_path: false,
        alias: Some("zlint:e_dsa_shorter_than_2048_bits"),
        hint: "make a new key, of RSA or of an elliptic curve",
    },
    applies: ask::is_dsa,
    judge: |subject| {
        ask::dsa_domain(subject, |domain, _| {
            let (p, q) = (domain.p.bit_length(), domain.q.bit_length());
            Verdict::holds(p >= 2048 && q >= 224, || format!("it has {p} and {q} bits"))
        })
    },
};
