//! Since June 2022 no OCSP response is signed over SHA-1.

use crate::lint::ocsp::OcspLint;
use crate::lint::{Effective, Meta, Severity, Source, reading};

pub(super) const LINT: OcspLint = OcspLint {
    meta: Meta {
        id: "ocsp.cab-sha1-signature",
        title: "An OCSP response is not signed over SHA-1.",
        why: "Two responses with one SHA-1 can be made for money; clients do not take it any more.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.3.2.1",
        severity: Severity::Error,
        effective: Effective::from(2022, 6, 1),
        affects_path: false,
        alias: None,
        hint: "let the responder sign over SHA-256",
    },
    applies: |_| true,
    judge: |response| reading::not_sha1(&response.signature_algorithm),
};
