//! The key is not one of DSA.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.prohibit-dsa-usage",
        title: "The key is not one of DSA.",
        why: "Only RSA and ECDSA keys are allowed; no browser accepts a DSA key.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.1",
        severity: Severity::Error,
        effective: Effective::from(2017, 3, 31),
        affects_path: true,
        alias: Some("zlint:e_prohibit_dsa_usage"),
        hint: "make an ECDSA or RSA key, and have a certificate issued for it",
    },
    applies: |_| true,
    judge: |subject| match &subject.anatomy.key {
        Ok(key) => Verdict::holds(key.algorithm.oid != oid::DSA, || "it is a DSA key".to_owned()),
        Err(fault) => reading::unreadable("the key", *fault),
    },
};
