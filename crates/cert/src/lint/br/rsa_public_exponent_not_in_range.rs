//! The public exponent of an RSA key lies between 65537 and 2^256.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-public-exponent-not-in-range",
        title: "The public exponent of an RSA key lies between 65537 and 2^256.",
        why: "Small exponents make mistakes in padding fatal; huge ones are not understood by all clients.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.6",
        severity: Severity::Warning,
        effective: Effective::from(2013, 2, 21),
        affects_path: false,
        alias: Some("zlint:w_rsa_public_exponent_not_in_range"),
        hint: "make a key with the exponent 65537",
    },
    applies: |subject| reading::is_rsa(subject),
    judge: |subject| {
        reading::rsa(subject, |_, exponent| {
            let above = exponent.is_positive() && exponent.to_i64().is_none_or(|value| value >= 65537);
            let fits = above && exponent.bit_length() <= 256;
            Verdict::holds(fits, || format!("the exponent is {exponent}"))
        })
    },
};
