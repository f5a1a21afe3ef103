//! One of each entity.

use std::net::SocketAddr;
use std::sync::Arc;

use notafter_cert::{Fingerprint, KeySpec, Span, Time};
use notafter_inventory::model::{
    AcmeIssuer, Actor, Criticality, CriticalityBy, Deployment, DeploymentId, Endpoint, EndpointId, Finding,
    FindingId, FindingState, Http01, IssuerId, KeyId, Labels, Lineage, LineageId, LineageSpec, Mode, Order,
    OrderId, Origin, OwnerId, Place, PlaceId, Random, Renewal, Severity, Shedding, Step, Subject, Version,
    VersionId, VersionState, Violation,
};
use notafter_tls::observation::{Failure, FailureKind, Observation, Outcome, Possession, Served, Staple};

use crate::stage::NOW;

pub(crate) const ENGINE: Actor = Actor::Engine;

pub(crate) fn person() -> Actor {
    Actor::Person("ada".to_owned())
}

pub(crate) const fn random(number: u8) -> Random {
    [number; 10]
}

pub(crate) fn endpoint(number: u8, owner_id: OwnerId) -> Endpoint {
    Endpoint {
        id: EndpointId::new(NOW, random(number)),
        owner_id,
        target: format!("shop{number}.example:443").parse().unwrap(),
        labels: Labels::new(),
        criticality: Criticality::Normal,
        criticality_by: CriticalityBy::default(),
        trust: None,
        written_by_admin: true,
    }
}

pub(crate) fn lineage(number: u8, owner_id: OwnerId) -> Lineage {
    Lineage {
        id: LineageId::new(NOW, random(number)),
        owner_id,
        name: format!("shop{number}"),
        labels: Labels::new(),
        mode: Mode::Managed(LineageSpec {
            identifiers: vec!["shop.example".parse().unwrap()],
            issuer: "pebble".to_owned(),
            key: KeySpec::EcdsaP256,
            reuse_key: false,
            profile: None,
            preferred_chain: None,
            http01: Http01::Listener { listen: "[::]:80".to_owned() },
            shedding: Shedding::Wait,
            keep_versions: 3,
        }),
        current: None,
        renewal: Renewal::default(),
        rehearsed: None,
    }
}

pub(crate) fn issuer(number: u8) -> AcmeIssuer {
    AcmeIssuer {
        id: IssuerId::new(NOW, random(number)),
        name: format!("ca{number}"),
        directory: "https://ca.example/directory".to_owned(),
        contact: Vec::new(),
        trust: None,
        external_account: None,
        terms_agreed: true,
        account_key: None,
        account_url: None,
        account_orders: None,
        rollover_key: None,
        rollover: None,
    }
}

pub(crate) fn version(number: u8, lineage_id: LineageId) -> Version {
    Version {
        id: VersionId::new(NOW + Span::seconds(i64::from(number)), random(number)),
        lineage_id,
        key_id: None,
        fingerprint: Fingerprint::of(&[number]),
        chain_pem: String::new(),
        not_before: NOW,
        not_after: NOW + Span::days(90),
        obtained_at: NOW,
        origin: Origin::Files { path: "/etc/ssl/site.pem".to_owned(), insisted: false },
        state: VersionState::Current,
    }
}

pub(crate) fn order(at: Time, number: u8, lineage_id: LineageId) -> Order {
    Order {
        id: OrderId::new(at, random(number)),
        lineage_id,
        issuer_id: IssuerId::new(NOW, random(number)),
        key_id: KeyId::new(NOW, random(number)),
        identifiers: vec!["shop.example".parse().unwrap()],
        csr: vec![0x30, number],
        flow: serde_json::json!({ "state": "new" }),
        opened_at: at,
        closed_at: None,
        ended: None,
        exemption: Default::default(),
        missed_chain: None,
        http01: None,
        signing: None,
    }
}

pub(crate) fn place(number: u8, lineage: &Lineage) -> Place {
    let json = serde_json::json!({
        "id": PlaceId::new(NOW, random(number)),
        "owner_id": lineage.owner_id,
        "lineage_id": lineage.id,
        "name": format!("nginx{number}"),
        "deployer": "nginx",
        "settings": {},
        "endpoints": ["shop.example:443"],
    });
    serde_json::from_value(json).unwrap()
}

pub(crate) fn deployment(number: u8, place: &Place) -> Deployment {
    let json = serde_json::json!({
        "id": DeploymentId::new(NOW, random(number)),
        "version_id": VersionId::new(NOW, random(number)),
        "lineage_id": place.lineage_id,
        "place_id": place.id,
        "step": Step::Issued,
        "snapshot": null,
        "proofs": [],
        "log": [],
        "attempts": 0,
        "next_at": null,
        "opened_at": NOW,
        "proven_at": null,
        "closed_at": null,
    });
    serde_json::from_value(json).unwrap()
}

pub(crate) fn finding(number: u8, owner_id: OwnerId, subject: Subject) -> Finding {
    Finding {
        id: FindingId::new(NOW, random(number)),
        owner_id,
        violation: Violation {
            code: "endpoint.expires-soon".to_owned(),
            severity: Severity::Warning,
            subject,
            cause: "leaf".to_owned(),
            text: "expires in 6 d".to_owned(),
            hint: "renew it".to_owned(),
            evidence: serde_json::Value::Null,
        },
        state: FindingState::Open,
        opened_at: NOW,
        changed_at: NOW,
        seen_at: NOW,
        closed_at: None,
    }
}

pub(crate) fn served(at: Time, address: &str, leaf: u8) -> Observation {
    observation(
        at,
        address,
        Outcome::Served(Served {
            chain: Arc::from(vec![vec![leaf; 40], vec![0xca; 60]]),
            version: 0x0304,
            suite: 0x1301,
            group: Some(0x001d),
            possession: Possession::Proven,
            incomplete: None,
            staple: Staple::Unknown,
        }),
    )
}

pub(crate) fn failed(at: Time, address: &str, kind: FailureKind, detail: &str) -> Observation {
    observation(at, address, Outcome::Failed(Failure { kind, detail: detail.to_owned(), alert: None }))
}

fn observation(at: Time, address: &str, outcome: Outcome) -> Observation {
    let address: SocketAddr = address.parse().unwrap();
    Observation { at, vantage: "local".to_owned(), address, outcome, took: Span::millis(3) }
}
