//! The public exponent of an RSA key is at least 3.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-public-exponent-too-small",
        title: "The public exponent of an RSA key is at least 3.",
        why: "With 1 nothing is encrypted, and anybody can sign.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.6",
        severity: Severity::Error,
        effective: Effective::from(2013, 2, 21),
        affects_path: false,
        alias: Some("zlint:e_rsa_public_exponent_too_small"),
        hint: "make a key with the exponent 65537",
    },
    applies: |subject| reading::is_rsa(subject),
    judge: |subject| {
        reading::rsa(subject, |_, exponent| {
            let small = exponent.is_negative() || exponent.to_i64().is_some_and(|value| value < 3);
            Verdict::holds(!small, || format!("the exponent is {exponent}"))
        })
    },
};
