//! An RSA key is not tied to RSASSA-PSS.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-rsassa-pss-in-spki",
        title: "An RSA key is not tied to RSASSA-PSS.",
        why: "Browsers do not accept the identifier of a signature in the place of that of a key.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.1.1",
        severity: Severity::Error,
        effective: Effective::from(2020, 1, 1),
        affects_path: true,
        alias: Some("zlint:e_mp_rsassa-pss_in_spki"),
        hint: "have the key written as rsaEncryption: the signatures it makes may be RSASSA-PSS all the same",
    },
    applies: |_| true,
    judge: |subject| match &subject.anatomy.key {
        Ok(key) => {
            Verdict::holds(key.algorithm.oid != oid::RSASSA_PSS, || "the key says RSASSA-PSS".to_owned())
        }
        Err(fault) => reading::unreadable("the key", *fault),
    },
};
