//! Endpoints by hand: look at them now.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use notafter_cert::{Identifier, Span, Time};
use notafter_inventory::check::{self, Link};
use notafter_inventory::code::{Kind, endpoint_name};
use notafter_inventory::model::{
    Actor, Endpoint, EndpointId, Finding, Lineage, Mode, Place, PlaceId, Step, Subject, Violation,
};
use notafter_inventory::rule::{DeploymentEvidence, Mark};
use notafter_store::{Change, EndpointState, Endpoints, Look as Kept, Part, Scope};
use notafter_tls::Target;
use notafter_tls::observation::{Observation, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::status::{self, Need, Totals};
use super::{Fault, Operation, near, operation};
use crate::context::Context;
use crate::settle::run_due;
use crate::tasks::{deploy, renew, scan, urgent, watch};

/// The operations of this file.
pub const OPERATIONS: &[Operation] =
    &[operation!("endpoint.check", check), operation!("endpoint.look", look)];

/// How long a person is kept waiting; what is left goes on in the server.
const PATIENCE: Span = Span::minutes(5);

/// Endpoints at one target that are looked through.
const MOST_AT_ONE: u32 = 200;

/// Which endpoint.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    /// Its target as it is written, or `ep_...`.
    pub endpoint: String,
}

/// Looks that a person waits for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Which, as in [`At`]; every one where there is none.
    pub endpoints: Vec<String>,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The endpoints that were named; nothing where none was.
    pub endpoints: Vec<Seen>,
    /// How all of them stand.
    pub all: status::Endpoints,
    /// What is amiss anywhere, counted.
    #[serde(default)]
    pub findings: Totals,
    /// Those that nobody could come to yet: the server goes on with them.
    pub waiting: u64,
}

/// One endpoint, looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The endpoint.
    pub id: EndpointId,
    /// What people call it.
    pub name: String,
    /// When it was looked at last.
    pub looked_at: Option<Time>,
    /// What is amiss.
    pub needs: Vec<Need>,
}

/// A look that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The endpoint.
    pub id: EndpointId,
    /// Where it is.
    pub target: String,
    /// The look began after this instant once the endpoint was looked at later.
    pub asked_at: Time,
}

/// One endpoint as it stands, with every address link by link.
pub struct Shown {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Who answers for it.
    pub owner: String,
    /// The instant it is about.
    pub at: Time,
    /// What was seen last; nothing where nobody has looked yet.
    pub state: Option<EndpointState>,
    /// The chain that each of its looks saw, link by link; nothing where one saw none.
    pub chains: Vec<Vec<Link>>,
    /// The lineages of which a place is to be served there, by name.
    pub lineages: Vec<String>,
    /// What is amiss.
    pub needs: Vec<Need>,
}

/// How an endpoint stands. What is wrong with which link is judged by what was seen last, as it is at this instant.
///
/// # Errors
/// The store failed.
pub async fn show(context: &Context, id: EndpointId) -> Result<Option<Shown>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let Some(endpoint) = store.endpoint(scope, id).await? else { return Ok(None) };
    let at = context.clock.now();
    let owner = store.owner(scope, endpoint.owner_id).await?;
    let findings = store.findings_open_of(scope, &Subject::Endpoint(id)).await?;
    let state = store.endpoint_state(scope, id).await?;
    let chains = state.as_ref().map(|state| chains(context, &endpoint, (state, &findings), at));
    let chains = chains.unwrap_or_default();
    let mut lineages = BTreeSet::new();
    for place in store.places(scope).await?.iter().filter(|place| place.endpoints.contains(&endpoint.target))
    {
        lineages.extend(store.lineage(scope, place.lineage_id).await?.map(|lineage| lineage.name));
    }
    Ok(Some(Shown {
        owner: owner.map_or_else(|| endpoint.owner_id.to_string(), |owner| owner.name),
        endpoint,
        at,
        state,
        chains,
        lineages: lineages.into_iter().collect(),
        needs: status::needs(context, findings).await?,
    }))
}

/// What was seen last at each address of an endpoint, and its chain link by link as it is at this instant; nothing where there is no
/// such endpoint, or nobody has looked yet.
///
/// # Errors
/// The store failed.
pub async fn drawn(context: &Context, id: EndpointId) -> Result<Vec<(Kept, Vec<Link>)>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let Some(endpoint) = store.endpoint(scope, id).await? else { return Ok(Vec::new()) };
    let Some(state) = store.endpoint_state(scope, id).await? else { return Ok(Vec::new()) };
    let findings = store.findings_open_of(scope, &Subject::Endpoint(id)).await?;
    let chains = chains(context, &endpoint, (&state, &findings), context.clock.now());
    Ok(state.looks.into_iter().zip(chains).collect())
}

/// Judged anew, but for what witnesses said: of them the findings that are open are kept, and no answer.
fn chains(
    context: &Context,
    endpoint: &Endpoint,
    (state, open): (&EndpointState, &[Finding]),
    at: Time,
) -> Vec<Vec<Link>> {
    let judge = context.judge_of(endpoint);
    let observations: Vec<Observation> = state.looks.iter().map(|look| look.observation.clone()).collect();
    let subject = Subject::Endpoint(endpoint.id);
    let look = check::Look {
        subject,
        ..check::Look::at(endpoint.target.clone(), state.resolution.clone(), observations)
    };
    let report = judge.look(&look, at);
    let links = |seen: &Observation| match &seen.outcome {
        Outcome::Failed(_) => Vec::new(),
        Outcome::Served(served) => {
            let here = report.addresses.iter().find(|address| address.address == Some(seen.address));
            let judged = here.iter().flat_map(|address| &address.findings).map(|found| &found.violation);
            let told = open.iter().map(|finding| &finding.violation).filter(|one| is_told(one, seen.address));
            judge.chain(&served.chain, at).links(&judged.chain(told).collect::<Vec<_>>())
        }
    };
    look.observations.iter().map(links).collect()
}

/// Whether witnesses told it of what this address serves. A certificate that was revoked is so wherever it is served.
fn is_told(violation: &Violation, address: SocketAddr) -> bool {
    if !violation.is_told_by_witnesses() {
        return false;
    }
    let about: Vec<SocketAddr> =
        serde_json::from_value(violation.evidence["addresses"].clone()).unwrap_or_default();
    violation.is_marked(Mark::ByAsking) || about.contains(&address)
}

/// Asks for a look now. Whoever runs the tasks looks within seconds, whatever the next look was planned for.
///
/// # Errors
/// There is no such endpoint, or the store failed.
pub async fn check(context: &Context, actor: &Actor, At { endpoint: written }: At) -> Result<Asked, Fault> {
    let endpoint = find(context, &written).await?;
    let asked_at = context.clock.now();
    context.apply(None, actor, &due_now(&endpoint, asked_at)).await?;
    Ok(Asked { id: endpoint.id, target: endpoint.target.to_string(), asked_at })
}

fn due_now(Endpoint { id, target, .. }: &Endpoint, due_at: Time) -> [Change; 2] {
    let event = Change::Event {
        kind: "notafter.endpoint.check-asked.v1".to_owned(),
        subject: Subject::Endpoint(*id),
        data: json!({ "target": target }),
    };
    [event, Change::Schedule { task: scan::KIND, subject: scan::subject(*id), due_at }]
}

/// Looks now, and waits for it, whatever the next look was planned for. Without a name at everything within reach.
///
/// # Errors
/// There is no such endpoint, or the store failed.
async fn look(context: &Context, actor: &Actor, Look { endpoints: written }: Look) -> Result<Looked, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let asked_at = context.clock.now();
    let mut named = Vec::new();
    for written in &written {
        named.push(find(context, written).await?);
    }
    // What may be looked at is the caller's to say; the looks themselves are those that the server does.
    let whole = context.within(Scope::EVERYTHING);
    let deadline = asked_at + PATIENCE;
    let waiting = if named.is_empty() && scope.kept_to().is_none() {
        let event = Change::Event {
            kind: "notafter.endpoint.check-asked.v1".to_owned(),
            subject: Subject::Installation,
            data: json!({ "target": "every endpoint" }),
        };
        let [many, urgent] = [scan::KIND, urgent::KIND].map(|task| Change::BringForward { task });
        context.apply(None, actor, &[event, many, urgent]).await?;
        scan::all_now(&whole, deadline).await?
    } else {
        let all = if named.is_empty() { store.endpoints(scope).await? } else { named.clone() };
        let changes: Vec<Change> = all.iter().flat_map(|endpoint| due_now(endpoint, asked_at)).collect();
        context.apply(None, actor, &changes).await?;
        let subjects: Vec<_> = all.iter().map(|endpoint| scan::subject(endpoint.id)).collect();
        scan::now(&whole, &subjects, deadline).await?
    };
    look_beyond(context, &whole, actor, &named).await?;
    let mut endpoints = Vec::new();
    for endpoint in named {
        endpoints.push(seen(context, &endpoint).await?);
    }
    Ok(Looked {
        endpoints,
        all: status::endpoints(&store.standings(scope).await?),
        findings: Totals::counted(&store.open_severities(scope).await?),
        waiting,
    })
}

/// What else is judged by what these endpoints serve, or by what any of them does where none is named: deployments that are
/// to be proved there, and automations of others that are watched.
async fn look_beyond(
    context: &Context,
    whole: &Context,
    actor: &Actor,
    named: &[Endpoint],
) -> Result<(), Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let places = store.places(scope).await?;
    let is_meant = |place: &&Place| {
        named.is_empty() || named.iter().any(|endpoint| place.endpoints.contains(&endpoint.target))
    };
    let meant: BTreeSet<PlaceId> = places.iter().filter(is_meant).map(|place| place.id).collect();
    for deployment in store.deployments_open(scope).await? {
        if deployment.step == Step::Activated && meant.contains(&deployment.place_id) {
            deploy::prove_now(whole, deployment.place_id).await?;
        }
    }
    let watched = match named.is_empty() {
        true => watch_only(context).await?,
        false => watched_at(context, named).await?,
    };
    // One look at the machine judges every one of them.
    if let Some(lineage) = watched.first() {
        let (subject, due_at) = (renew::subject(lineage.id), context.clock.now());
        let change = Change::Schedule { task: watch::KIND, subject: subject.clone(), due_at };
        whole.apply(None, actor, &[change]).await?;
        run_due(whole, watch::KIND, &subject).await?;
    }
    Ok(())
}

async fn watch_only(context: &Context) -> Result<Vec<Lineage>, Fault> {
    let mut lineages = context.store.lineages(&context.scope).await?;
    lineages.retain(|lineage| matches!(lineage.mode, Mode::WatchOnly(_)));
    Ok(lineages)
}

/// Automations of others that have to do with these endpoints: they are for one of their names, or something was found about
/// one of their addresses.
async fn watched_at(context: &Context, named: &[Endpoint]) -> Result<Vec<Lineage>, Fault> {
    let mut about = BTreeSet::new();
    for endpoint in named {
        let found = of_automations(context, endpoint).await?;
        about.extend(found.into_iter().map(|finding| finding.violation.subject));
    }
    let mut lineages = watch_only(context).await?;
    lineages.retain(|Lineage { id, mode, .. }| {
        let covers = |name: &Identifier| match mode {
            Mode::Managed(_) => false,
            Mode::WatchOnly(automation) => automation.identifiers.iter().any(|one| one.covers(name)),
        };
        about.contains(&Subject::Lineage(*id))
            || named.iter().any(|endpoint| covers(&endpoint.target.expected_name()))
    });
    Ok(lineages)
}

/// What was found of automations of others at an address that this endpoint has.
async fn of_automations(context: &Context, endpoint: &Endpoint) -> Result<Vec<Finding>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let looks = store.endpoint_state(scope, endpoint.id).await?.map(|state| state.looks).unwrap_or_default();
    let addresses: BTreeSet<SocketAddr> = looks.iter().map(|look| look.observation.address).collect();
    let subjects: Vec<Subject> =
        watch_only(context).await?.iter().map(|lineage| Subject::Lineage(lineage.id)).collect();
    let mut found = store.findings_open_among(scope, &subjects).await?;
    found.retain(|finding| {
        let named = finding.violation.evidence["addresses"].as_array();
        let parsed = named.into_iter().flatten().filter_map(|one| one.as_str()?.parse().ok());
        parsed.into_iter().any(|address: SocketAddr| addresses.contains(&address))
    });
    Ok(found)
}

async fn seen(context: &Context, endpoint: &Endpoint) -> Result<Seen, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let state = store.endpoint_state(scope, endpoint.id).await?;
    let mut findings = store.findings_open_of(scope, &Subject::Endpoint(endpoint.id)).await?;
    for place in store.places(scope).await? {
        if place.endpoints.contains(&endpoint.target) {
            let of_place = store.findings_open_of(scope, &Subject::Place(place.id)).await?;
            findings.extend(of_place.into_iter().filter(|finding| is_about(finding, &endpoint.target)));
        }
    }
    findings.extend(of_automations(context, endpoint).await?);
    Ok(Seen {
        id: endpoint.id,
        name: endpoint_name(&endpoint.target),
        looked_at: state.map(|state| state.looked_at),
        needs: status::needs(context, findings).await?,
    })
}

/// Whether a finding about a place is about what is served at this target.
fn is_about(finding: &Finding, target: &Target) -> bool {
    let evidence = DeploymentEvidence::deserialize(&finding.violation.evidence);
    evidence.is_ok_and(|evidence| evidence.proofs.iter().any(|proof| proof.target == *target))
}

async fn find(context: &Context, written: &str) -> Result<Endpoint, Fault> {
    match one(context, written).await? {
        Some(endpoint) => Ok(endpoint),
        None => {
            let hint = near::hint(context, Kind::Endpoint, written).await;
            Err(Fault::new("inventory.no-such-thing", format!("there is no endpoint {written:?}"), hint))
        }
    }
}

/// The one endpoint that is meant by a text, if there is any.
///
/// # Errors
/// There are several, or the store failed.
pub(super) async fn one(context: &Context, written: &str) -> Result<Option<Endpoint>, Fault> {
    let mut meant = meant(context, written).await?;
    if meant.len() < 2 {
        return Ok(meant.pop());
    }
    let names: Vec<String> = meant.iter().map(|endpoint| endpoint_name(&endpoint.target)).collect();
    let what = format!("{written:?} is {} endpoints, by the server name that is sent there", meant.len());
    let hint = format!("name one of them, such as {:?}: {}", names[0], names.join(", "));
    Err(Fault::new("inventory.no-such-thing", what, hint))
}

/// The endpoints that are meant by a text: an identifier, a target, or a target with the server name that is sent to it,
/// `192.0.2.7:443 (shop.example)`. A target alone means what is there without such a name; where there is nothing, everything
/// there.
///
/// # Errors
/// The store failed.
pub(super) async fn meant(context: &Context, written: &str) -> Result<Vec<Endpoint>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    if let Ok(id) = written.parse::<EndpointId>() {
        return Ok(store.endpoint(scope, id).await?.into_iter().collect());
    }
    let (place, sni) = match written.strip_suffix(')').and_then(|text| text.split_once(" (")) {
        Some((place, sni)) => (place, Some(sni.to_owned())),
        None => (written, None),
    };
    let Ok(target) = place.parse::<Target>() else { return Ok(Vec::new()) };
    let named = sni.is_some();
    if let Some(endpoint) = store.endpoint_at(scope, &Target { sni, ..target.clone() }).await? {
        return Ok(vec![endpoint]);
    }
    if named {
        return Ok(Vec::new());
    }
    let part = Part { search: target.host.to_string(), from: 0, rows: MOST_AT_ONE };
    let listed = store.list_endpoints(scope, Endpoints::default(), &part).await?.rows;
    let there = |endpoint: &Endpoint| Target { sni: None, ..endpoint.target.clone() } == target;
    Ok(listed.into_iter().map(|row| row.endpoint).filter(there).collect())
}
