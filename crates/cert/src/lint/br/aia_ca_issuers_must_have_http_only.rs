//! The address of the issuer's certificate is an http URL.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.aia-ca-issuers-must-have-http-only",
        title: "The address at which a server certificate offers its issuer's is an http URL.",
        why: "Clients that fetch a missing intermediate do so over plain HTTP only: with another scheme they find nothing, and with TLS they might go round in circles.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.7",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_aia_ca_issuers_must_have_http_only"),
        hint: "ask the CA for a certificate with an http address for its own certificate",
    },
    applies: |subject| subject.is_subscriber() && !ask::access_uris(subject, oid::AD_CA_ISSUERS).is_empty(),
    judge: |subject| ask::must_be_http(&ask::access_uris(subject, oid::AD_CA_ISSUERS)),
};
