//! Since September 2026 no CRL is signed over SHA-1.

use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, reading};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.cab-sha1-signature",
        title: "A CRL is not signed over SHA-1.",
        why: "Two CRLs with one SHA-1 can be made for money; clients do not take it any more.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.3.2.1",
        severity: Severity::Error,
        effective: Effective::from(2026, 9, 15),
        affects_path: false,
        alias: None,
        hint: "sign it over SHA-256",
    },
    applies: |_| true,
    judge: |crl| reading::not_sha1(&crl.header.tbs_signature),
};
