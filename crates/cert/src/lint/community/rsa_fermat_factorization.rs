//! The primes of an RSA key are not near each other.

use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};
use crate::weak_key;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.rsa-fermat-factorization",
        title: "The primes of an RSA key are not near each other.",
        why: "Fermat's method finds both in a moment: anybody can calculate the private key from the certificate \
              (CVE-2022-26320).",
        source: Source::Community,
        citation: "Baseline Requirements section 6.1.1.3; FIPS 186-5 appendix A.1.1",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_rsa_fermat_factorization"),
        hint: "make the key elsewhere than on the device that made this one, and have this certificate revoked",
    },
    applies: reading::is_rsa,
    judge: |subject| reading::weak_key(subject, &[weak_key::FERMAT]),
};
