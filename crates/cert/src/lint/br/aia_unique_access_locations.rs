//! No address stands twice in authorityInfoAccess for the same method.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

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
        let twice = methods.iter().find_map(|method| repeated(&ask::access_uris(subject, *method)));
        Verdict::of(twice.map(|uri| format!("{:?} is there twice", String::from_utf8_lossy(uri))))
    },
};

fn repeated<'a>(uris: &[&'a [u8]]) -> Option<&'a [u8]> {
    let earlier = |at: usize, uri: &[u8]| uris.iter().take(at).any(|other| other.eq_ignore_ascii_case(uri));
    uris.iter().enumerate().find(|(at, uri)| earlier(*at, uri)).map(|(_, uri)| *uri)
}
