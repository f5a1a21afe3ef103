//! The public exponent of an RSA key is odd.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-public-exponent-not-odd",
        title: "The public exponent of an RSA key is odd.",
        why: "No private key fits an even one: nothing that it signs can be checked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.6",
        severity: Severity::Error,
        effective: Effective::from(2013, 2, 21),
        affects_path: false,
        alias: Some("zlint:e_rsa_public_exponent_not_odd"),
        hint: "make a key with the exponent 65537",
    },
    applies: |subject| reading::is_rsa(subject),
    judge: |subject| {
        reading::rsa(subject, |_, exponent| {
            let odd = exponent.bytes().last().is_some_and(|last| last & 1 == 1);
            Verdict::holds(odd, || format!("the exponent is {exponent}"))
        })
    },
};
