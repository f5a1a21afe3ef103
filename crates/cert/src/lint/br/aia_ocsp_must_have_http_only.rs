//! The address of the OCSP responder is an http URL.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.aia-ocsp-must-have-http-only",
        title: "The address of OCSP in a server certificate is an http URL.",
        why: "OCSP answers are signed by themselves and asked for over plain HTTP: a client that would need TLS for it would need OCSP first.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.7",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_aia_ocsp_must_have_http_only"),
        hint: "ask the CA for a certificate with an http address for OCSP",
    },
    applies: |subject| subject.is_subscriber() && !ask::access_uris(subject, oid::AD_OCSP).is_empty(),
    judge: |subject| ask::must_be_http(&ask::access_uris(subject, oid::AD_OCSP)),
};
