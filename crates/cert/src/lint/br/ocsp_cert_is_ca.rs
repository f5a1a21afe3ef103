//! A responder is no CA.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-is-ca",
        title: "The certificate of an OCSP responder is not a CA's.",
        why: "Such a CA can speak for its issuer: it can call every certificate beside it good, its own among them.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.4",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "take OCSPSigning out of the CA's certificate, and revoke this one",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| Verdict::holds(!subject.is_ca(), || "it is a CA's".to_owned()),
};
