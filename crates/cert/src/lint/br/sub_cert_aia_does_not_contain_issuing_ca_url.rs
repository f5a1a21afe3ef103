//! The certificate of a subscriber tells by HTTP where its issuer's certificate is.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-aia-does-not-contain-issuing-ca-url",
        title: "The certificate of a subscriber tells by HTTP where its issuer's certificate is.",
        why: "A client that was not sent the whole path has no other way to complete it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.7",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:w_sub_cert_aia_does_not_contain_issuing_ca_url"),
        hint: "send the whole path from the server, and ask the CA for the address",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| ask::must_offer_by_http(subject, oid::AD_CA_ISSUERS, "the issuer's certificate"),
};
