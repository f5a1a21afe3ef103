//! The exponent of an RSA key is not one.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-exponent-cannot-be-one",
        title: "The exponent of an RSA key is not one.",
        why: "With it every text is its own signature: anybody can sign as the holder of the key.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.2",
        severity: Severity::Error,
        effective: Effective::from(2017, 2, 28),
        affects_path: true,
        alias: Some("zlint:e_mp_exponent_cannot_be_one"),
        hint: "make the key anew with the exponent 65537, and have this certificate revoked",
    },
    applies: reading::is_rsa,
    judge: |subject| {
        reading::rsa(subject, |_, exponent| {
            Verdict::holds(exponent.to_i64() != Some(1), || "the exponent is 1".to_owned())
        })
    },
};
