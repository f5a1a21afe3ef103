//! The key is not one of DSA.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.br-prohibit-dsa-usage",
        title: "The key is not one of DSA.",
        why: "Clients no longer know DSA, and a DSA key leaks with one bad random number.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.5",
        severity: Severity::Error,
        effective: Effective::from(2020, 8, 20),
        affects_path: true,
        alias: Some("zlint:e_br_prohibit_dsa_usage"),
        hint: "make an ECDSA or RSA key and order a new certificate",
    },
    applies: |_| true,
    judge: |subject| match &subject.anatomy.key {
        Ok(key) => Verdict::holds(key.algorithm.oid != oid::DSA, || "the key is one of DSA".to_owned()),
        Err(fault) => reading::unreadable("the key", *fault),
    },
};
