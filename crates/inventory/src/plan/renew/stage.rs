//! What the tests of renewals stand on: one lineage, one version, one failure.

use notafter_cert::{Fingerprint, Identifier, KeySpec, Span, Time};

use super::Held;
use crate::model::{
    AttemptFailure, FailureClass, Http01, Labels, Lineage, LineageId, LineageSpec, Mode, OwnerId, Renewal,
    Shedding, VersionId,
};

pub(crate) fn spec() -> LineageSpec {
    LineageSpec {
        identifiers: names(&["shop.example", "www.shop.example"]),
        issuer: "letsencrypt".to_owned(),
        key: KeySpec::EcdsaP256,
        reuse_key: false,
        profile: None,
        preferred_chain: None,
        http01: Http01::Listener { listen: "[::]:80".to_owned() },
        shedding: Shedding::Wait,
        keep_versions: 3,
    }
}

pub(crate) fn names(list: &[&str]) -> Vec<Identifier> {
    list.iter().map(|name| name.parse().unwrap()).collect()
}

pub(crate) fn lineage(spec: LineageSpec) -> Lineage {
    Lineage {
        id: LineageId::from_bytes([0; 16]),
        owner_id: OwnerId::from_bytes([0; 16]),
        name: "shop".to_owned(),
        labels: Labels::new(),
        mode: Mode::Managed(spec),
        current: None,
        renewal: Renewal::default(),
        rehearsed: None,
    }
}

pub(crate) fn held(start: Time, lifetime: Span) -> Held {
    Held {
        version: VersionId::new(start, [1; 10]),
        fingerprint: Fingerprint::from_bytes([0xcd; 32]),
        not_before: start,
        not_after: start + lifetime - Span::seconds(1),
        obtained_at: start,
        ordered: spec().identifiers,
        key: Some(KeySpec::EcdsaP256),
        key_sha256: "ab".repeat(32),
        revoked: false,
        ours: true,
        missed_chain: None,
    }
}

pub(crate) fn failure(at: Time, class: FailureClass) -> AttemptFailure {
    let (code, message) = match class {
        FailureClass::Domain => ("acme.challenge-failed", "www.shop.example: connection refused"),
        FailureClass::RateLimit => ("acme.rate-limited", "too many certificates"),
        _ => ("acme.unavailable", "the CA answered 503"),
    };
    let identifiers = if class == FailureClass::Domain { names(&["www.shop.example"]) } else { Vec::new() };
    AttemptFailure {
        at,
        class,
        code: code.to_owned(),
        message: message.to_owned(),
        identifiers,
        retry_after: None,
    }
}
