//! The exponent of an RSA key is not negative.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.rsa-exp-negative",
        title: "The exponent of an RSA key is not negative.",
        why: "There is no such key: the number was written wrongly.",
        source: Source::Community,
        citation: "RFC 8017 section 3.1; certlint of awslabs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_rsa_exp_negative"),
        hint: "make the key anew, and have a certificate issued for it",
    },
    applies: reading::is_rsa,
    judge: |subject| {
        reading::rsa(subject, |_, exponent| {
            Verdict::holds(!exponent.is_negative(), || format!("the exponent is {exponent}"))
        })
    },
};
