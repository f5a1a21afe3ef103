//! What authorityInfoAccess of a CA below another offers is at http URLs.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-aia-non-http-url",
        title: "The addresses that a subordinate CA's certificate offers for its issuer are http URLs.",
        why: "Clients ask for OCSP and missing certificates over plain HTTP only.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.3",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_ca_aia_non_http_url"),
        hint: "issue the CA's certificate again with http addresses",
    },
    applies: |subject| {
        let methods = [oid::AD_OCSP, oid::AD_CA_ISSUERS];
        subject.is_subordinate_ca()
            && methods.iter().any(|method| !ask::access_uris(subject, *method).is_empty())
    },
    judge: |subject| {
        let methods = [oid::AD_CA_ISSUERS, oid::AD_OCSP];
        let uris: Vec<&[u8]> = methods.iter().flat_map(|method| ask::access_uris(subject, *method)).collect();
        ask::must_be_http(&uris)
    },
};
