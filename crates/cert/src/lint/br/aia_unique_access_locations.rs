//! No address stands twice in authorityInfoAccess for the same method.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.aia-unique-access-locations",
        title: "An address is offered once for each method.",
        why: "The second one cannot help where the first has failed, and makes each handshake longer.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.7",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_aia_unique_access_locations"),
        hint: "ask the CA for a certificate that gives each address once",
    },
    applies: |subject| {
        let methods = [oid::AD_OCSP, oid::AD_CA_ISSUERS];
        subject.is_subscriber() && methods.iter().any(|method| !ask::access_uris(subject, *method).is_empty())
    },
    judge: |subject| {
        let methods = [oid::AD_OCSP, oid::AD_CA_ISSUERS];
        let mut offered = methods.map(|method| ask::access_uris(subject, method)).into_iter();
        let twice = offered.find_map(|uris| reading::repeated(|| uris.iter().copied()));
        Verdict::of(twice.map(|uri| format!("{:?} is there twice", String::from_utf8_lossy(uri))))
    },
};
