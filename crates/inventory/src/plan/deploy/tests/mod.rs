//! Law 4 as tables, stories and properties.

mod proving;
mod told;

use std::sync::Arc;

use notafter_cert::path::Anchors;
use notafter_cert::{Certificate, Fingerprint, Identifier};
use notafter_tls::observation::{Failure, FailureKind, Observation, Outcome, Possession, Served, Staple};
use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::*;
use crate::model::{
    Act, KeyId, LineageId, Origin, OwnerId, PlaceId, Severity, StepRecord, VersionId, Violation,
};
use crate::rule::{DeploymentEvidence, DeploymentFacts, judge_deployment};
use crate::threshold::Thresholds;

const NAME: &str = "shop.example";

fn at(seconds: i64) -> Time {
    Time::from_unix_seconds(1_800_000_000 + seconds)
}

/// A root, an intermediate, and leaves of them.
struct World {
    anchors: Anchors,
    issuer: Issuer<'static, KeyPair>,
    intermediate: Vec<u8>,
    old: Vec<u8>,
    new: Vec<u8>,
    place: Place,
    version: Version,
}

fn window(params: &mut CertificateParams, from: i64, to: i64) {
    params.not_before = at(from).calendar().unwrap();
    params.not_after = at(to).calendar().unwrap();
}

const DAY: i64 = 86_400;

impl World {
    fn new() -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Root");
        window(&mut params, -1000 * DAY, 1000 * DAY);
        let root = params.self_signed(&root_key).unwrap();
        let root_issuer = Issuer::new(params.clone(), root_key);
        let key = KeyPair::generate().unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Intermediate");
        let intermediate = params.signed_by(&key, &root_issuer).unwrap();
        let issuer = Issuer::new(params, key);
        let old = leaf(&issuer, NAME, -60 * DAY, 30 * DAY);
        let new = leaf(&issuer, NAME, -DAY, 89 * DAY);
        let intermediate = intermediate.der().to_vec();
        let lineage_id = LineageId::from_bytes([1; 16]);
        let chain_pem = pem::chain_to(&[new.clone(), intermediate.clone()]);
        Self {
            anchors: Anchors::from_ders("test", [root.der()]),
            issuer,
            place: Place {
                id: PlaceId::from_bytes([2; 16]),
                owner_id: OwnerId::from_bytes([3; 16]),
                lineage_id,
                name: "web".to_owned(),
                deployer: "files".to_owned(),
                settings: serde_json::Value::Null,
                endpoints: vec![target()],
            },
            version: Version {
                id: VersionId::from_bytes([4; 16]),
                lineage_id,
                key_id: Some(KeyId::from_bytes([5; 16])),
                fingerprint: Fingerprint::of(&new),
                chain_pem,
                not_before: at(-DAY),
                not_after: at(89 * DAY),
                obtained_at: at(0),
                origin: Origin::Files { path: String::new(), insisted: false },
                state: VersionState::Current,
            },
            intermediate,
            old,
            new,
        }
    }

    fn served(&self, what: Serves) -> Outcome {
        let (chain, possession) = match what {
            Serves::New | Serves::NewUnfinished => {
                (vec![self.new.clone(), self.intermediate.clone()], Possession::Proven)
            }
            Serves::NewAlone => (vec![self.new.clone()], Possession::Proven),
            Serves::NewWrongKey => (vec![self.new.clone(), self.intermediate.clone()], Possession::Wrong),
            Serves::NewUnchecked => {
                (vec![self.new.clone(), self.intermediate.clone()], Possession::Unchecked)
            }
            Serves::Old => (vec![self.old.clone(), self.intermediate.clone()], Possession::Proven),
            Serves::Expired => (
                vec![leaf(&self.issuer, NAME, -9 * DAY, -DAY), self.intermediate.clone()],
                Possession::Proven,
            ),
            Serves::OtherName => (
                vec![leaf(&self.issuer, "other.example", -DAY, 9 * DAY), self.intermediate.clone()],
                Possession::Proven,
            ),
            Serves::OtherGood => {
                (vec![leaf(&self.issuer, NAME, -DAY, 9 * DAY), self.intermediate.clone()], Possession::Proven)
            }
            Serves::Nothing(kind) => {
                return Outcome::Failed(Failure { kind, detail: format!("{kind:?}"), alert: None });
            }
        };
        let incomplete = (what == Serves::NewUnfinished).then(|| Failure {
            kind: FailureKind::Alert,
            detail: "wants a client certificate".to_owned(),
            alert: Some(116),
        });
        let chain = Arc::from(chain);
        let (group, staple) = (None, Staple::Unknown);
        Outcome::Served(Served {
            chain,
            version: 0x304,
            suite: 0x1301,
            group,
            possession,
            incomplete,
            staple,
        })
    }

    /// Every endpoint of the place leads to the same nodes.
    fn sights(&self, now: Time, seen: &[(u8, Serves)]) -> Vec<Sight> {
        let looks: Vec<Observation> = seen
            .iter()
            .map(|(node, what)| Observation {
                at: now,
                vantage: "local".to_owned(),
                address: node_address(*node),
                outcome: self.served(*what),
                took: Span::millis(1),
            })
            .collect();
        let resolved: Vec<SocketAddr> = looks.iter().map(|look| look.address).collect();
        let sight = |target: &Target| Sight {
            target: target.clone(),
            resolved: Ok(resolved.clone()),
            looks: looks.clone(),
        };
        self.place.endpoints.iter().map(sight).collect()
    }

    fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.new.clone(), self.intermediate.clone()]
    }

    /// A deployment that was activated when these were served.
    fn activated(&self, before: &[(u8, Serves)]) -> Deployment {
        let mut deployment = open(DeploymentId::from_bytes([9; 16]), &self.version, &self.place, at(0));
        staged(&mut deployment, serde_json::json!({}), &self.sights(at(0), before), &self.anchors, at(0));
        validated(&mut deployment, at(0));
        activated(&mut deployment, Ok(()), at(0));
        deployment
    }

    fn expected<'a>(&'a self, chain: &'a [Vec<u8>]) -> Expected<'a> {
        Expected {
            leaf: self.version.fingerprint,
            chain,
            anchors: &self.anchors,
            insisted: self.version.is_insisted_on(),
        }
    }

    fn facts(&self) -> Circumstances<'_> {
        Circumstances { place: &self.place, version: &self.version, versions: &[], blocked_keys: &[] }
    }

    fn see(&self, deployment: &mut Deployment, now: Time, seen: &[(u8, Serves)]) {
        let chain = self.chain();
        proved(deployment, self.facts(), &self.sights(now, seen), self.expected(&chain), now);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Serves {
    New,
    NewAlone,
    NewWrongKey,
    NewUnchecked,
    NewUnfinished,
    Old,
    Expired,
    OtherName,
    OtherGood,
    Nothing(FailureKind),
}

fn leaf(issuer: &Issuer<'static, KeyPair>, name: &str, from: i64, to: i64) -> Vec<u8> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    window(&mut params, from, to);
    let key = KeyPair::generate().unwrap();
    params.signed_by(&key, issuer).unwrap().der().to_vec()
}

fn target() -> Target {
    Target::tls(NAME.parse::<Identifier>().unwrap(), 443)
}

fn node_address(node: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, node], 443))
}
