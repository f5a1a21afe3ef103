//! The certificate of a subordinate CA tells by HTTP where its issuer's certificate is.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-aia-does-not-contain-issuing-ca-url",
        title: "The certificate of a subordinate CA tells by HTTP where its issuer's certificate is.",
        why: "A client that was not sent the whole path has no other way to complete it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.8.7 section 7.1.2.2",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS.until(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:w_sub_ca_aia_does_not_contain_issuing_ca_url"),
        hint: "put the address of the issuer's certificate into authorityInfoAccess",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| ask::must_offer_by_http(subject, oid::AD_CA_ISSUERS, "the issuer's certificate"),
};
