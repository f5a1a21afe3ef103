//! Why a name was served as it was at an instant.

use std::collections::BTreeMap;

use notafter_cert::{Certificate, Fingerprint, Identifier, Time};
use notafter_inventory::code::endpoint_name;
use notafter_inventory::model::{Actor, Endpoint, Lineage, Mode, Subject};
use notafter_inventory::why::{self, Line, OfEndpoint, OfLineage, Past, Seen, Shown};
use notafter_store::{Endpoints, LookChange, Part};
use notafter_tls::Target;
use notafter_tls::observation::Outcome;
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, endpoint, operation};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("why", why)];

/// Endpoints of one name that are looked at.
const ENDPOINTS: u32 = 200;

/// Entries of the log, changes and findings of one subject, the last before the instant.
const EACH: u32 = 500;

/// Alerts that are looked through, the newest.
const ALERTS: u32 = 1_000;

/// Which name, and when.
#[derive(Debug, Serialize, Deserialize)]
pub struct Why {
    /// A host, a target such as `smtp://mail.example`, or a lineage by name.
    pub host: String,
    /// The instant; now, when absent.
    pub at: Option<Time>,
}

/// What was so.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    /// As it was asked.
    pub host: String,
    /// The instant.
    pub at: Time,
    /// Every line, in the order in which people read them.
    pub lines: Vec<Line>,
    /// How many entries of the log about it are older than those that are told.
    #[serde(default)]
    pub earlier: usize,
}

async fn why(context: &Context, _: &Actor, asked: Why) -> Result<Told, Fault> {
    tell(context, asked).await
}

/// What was issued, on disk, served and decided then.
///
/// # Errors
/// The text is no name, nothing of that name is in the inventory, the instant has not come yet, or the store fails.
pub async fn tell(context: &Context, Why { host, at }: Why) -> Result<Told, Fault> {
    let now = context.clock.now();
    let at = at.unwrap_or(now);
    if at > now {
        let hint =
            "leave the instant out to see what is so now; `notafter explain LINEAGE` tells what is planned";
        return Err(Fault::new("why.not-yet", format!("{at} has not come yet"), hint));
    }
    let wanted = Wanted::of(context, &host).await?;
    let endpoints = wanted.endpoints(context).await?;
    let lineages = wanted.lineages(context, &endpoints).await?;
    if endpoints.is_empty() && lineages.is_empty() {
        let hint = "notafter get shows the inventory; what was removed from it is in the log alone";
        let what = format!("neither an endpoint nor a lineage here has the name {host:?}");
        return Err(Fault::new("inventory.no-such-thing", what, hint));
    }
    let past = past(context, endpoints, lineages, at).await?;
    Ok(Told { host, at, lines: why::at(&past, at), earlier: why::earlier(&past, at) })
}

/// What the text may mean.
enum Wanted {
    Lineage(Box<Lineage>),
    /// A host, wherever it is served.
    Host(Identifier),
    /// One place where something is served, with every name that is sent there.
    At(Vec<Endpoint>),
}

impl Wanted {
    /// A lineage has precedence where its name is none of a host.
    async fn of(context: &Context, text: &str) -> Result<Self, Fault> {
        let lineage = context.store.lineage_named(&context.scope, text).await?;
        // A bare word such as `shop` can be both; where a lineage is called so, it is meant.
        if let Some(lineage) = lineage.filter(|_| !text.contains('.')) {
            return Ok(Self::Lineage(Box::new(lineage)));
        }
        if let Ok(host) = text.parse() {
            return Ok(Self::Host(host));
        }
        let there = endpoint::meant(context, text).await?;
        match text.parse::<Target>() {
            Err(error) if there.is_empty() => Err(Fault::from(error)),
            _ => Ok(Self::At(there)),
        }
    }

    async fn endpoints(&self, context: &Context) -> Result<Vec<Endpoint>, Fault> {
        let (store, scope) = (&context.store, &context.scope);
        match self {
            Self::Lineage(lineage) => {
                let mut endpoints = Vec::new();
                for place in store.places_of(scope, lineage.id).await? {
                    for target in &place.endpoints {
                        endpoints.extend(store.endpoint_at(scope, target).await?);
                    }
                }
                endpoints.sort_by_key(|endpoint| endpoint.id);
                endpoints.dedup_by_key(|endpoint| endpoint.id);
                Ok(endpoints)
            }
            Self::At(endpoints) => Ok(endpoints.clone()),
            Self::Host(host) => {
                let part = Part { search: host.to_string(), from: 0, rows: ENDPOINTS };
                let listed = store.list_endpoints(scope, Endpoints::default(), &part).await?.rows;
                let endpoints = listed.into_iter().map(|row| row.endpoint);
                Ok(endpoints
                    .filter(|it| it.target.host == *host || it.target.expected_name() == *host)
                    .collect())
            }
        }
    }

    /// Those that carry the name, or are installed where it is served.
    async fn lineages(&self, context: &Context, endpoints: &[Endpoint]) -> Result<Vec<Lineage>, Fault> {
        let names: Vec<Identifier> = match self {
            Self::Lineage(lineage) => return Ok(vec![Lineage::clone(lineage)]),
            Self::Host(host) => vec![host.clone()],
            Self::At(endpoints) => endpoints.iter().map(|it| it.target.expected_name()).collect(),
        };
        let places = context.store.places(&context.scope).await?;
        let served = |lineage: &Lineage| {
            places.iter().any(|place| {
                place.lineage_id == lineage.id
                    && endpoints.iter().any(|endpoint| place.endpoints.contains(&endpoint.target))
            })
        };
        let mut lineages = context.store.lineages(&context.scope).await?;
        lineages.retain(|lineage| {
            let identifiers = match &lineage.mode {
                Mode::Managed(spec) => &spec.identifiers,
                Mode::WatchOnly(automation) => &automation.identifiers,
            };
            let covers = |name| identifiers.iter().any(|identifier| identifier.covers(name));
            names.iter().any(covers) || served(lineage)
        });
        Ok(lineages)
    }
}

async fn past(
    context: &Context,
    endpoints: Vec<Endpoint>,
    lineages: Vec<Lineage>,
    at: Time,
) -> Result<Past, Fault> {
    let mut past = Past::default();
    for lineage in lineages {
        past.names.insert(Subject::Lineage(lineage.id), format!("lineage {}", lineage.name));
        let of = of_lineage(context, lineage, &mut past.names).await?;
        past.lineages.push(of);
    }
    for endpoint in endpoints {
        let changes = context.store.look_changes(&context.scope, endpoint.id, Some(at), EACH).await?;
        let name = endpoint_name(&endpoint.target);
        let mut changes: Vec<Seen> = changes.iter().map(seen).collect();
        changes.extend(proofs(&past.lineages, &endpoint.target));
        past.endpoints.push(OfEndpoint { name: name.clone(), changes });
        past.names.insert(Subject::Endpoint(endpoint.id), name);
    }
    past.alerts = context.store.alerts(&context.scope, ALERTS).await?;
    let silences = context.store.silences_after(&context.scope, at).await?;
    past.silences = silences.into_iter().filter(|silence| silence.from <= at).collect();
    for subject in past.names.keys() {
        past.findings.extend(context.store.findings_of(&context.scope, subject, EACH).await?);
        past.events.extend(context.store.events_of(&context.scope, subject, Some(at), EACH).await?);
    }
    Ok(past)
}

async fn of_lineage(
    context: &Context,
    lineage: Lineage,
    names: &mut BTreeMap<Subject, String>,
) -> Result<OfLineage, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let mut places = Vec::new();
    for place in store.places_of(scope, lineage.id).await? {
        names.insert(Subject::Place(place.id), format!("place {}", place.name));
        places.push((place.name, store.deployments_to(scope, place.id, EACH).await?));
    }
    let versions = store.versions_of(scope, lineage.id).await?;
    Ok(OfLineage { id: lineage.id, name: lineage.name, versions, places })
}

/// What deployments saw at the addresses of a target.
fn proofs(lineages: &[OfLineage], target: &Target) -> Vec<Seen> {
    let deployments = lineages.iter().flat_map(|lineage| &lineage.places).flat_map(|(_, all)| all);
    let seen = deployments.flat_map(|deployment| {
        let of_target = deployment.proofs.iter().filter(|proof| proof.target == *target);
        of_target.filter_map(move |proof| Seen::by(deployment, proof))
    });
    seen.collect()
}

fn seen(change: &LookChange) -> Seen {
    let what = match change.observation.as_ref().map(|observation| &observation.outcome) {
        None => Shown::Gone,
        Some(Outcome::Failed(failure)) => Shown::Failed(failure.detail.clone()),
        Some(Outcome::Served(served)) => match served.chain.first() {
            Some(leaf) => {
                let end = Certificate::parse(leaf).ok().map(|certificate| certificate.not_after());
                Shown::Leaf(Fingerprint::of(leaf), end)
            }
            None => Shown::Failed("no certificate was sent".to_owned()),
        },
    };
    Seen { at: change.at, address: change.address, what, evidence: "look".to_owned() }
}
