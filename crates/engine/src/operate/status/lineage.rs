//! One lineage in full: versions to go back to, deployments with every address, orders, failures, what is left.

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::{Fingerprint, KeySpec, Time};
use notafter_inventory::code::endpoint_name;
use notafter_inventory::model::{
    Actor, AddressProof, AttemptFailure, Deployment, DeploymentStanding, Endpoint, EndpointId, Finding,
    Labels, Lineage, LineageId, Mode, Order, OrderId, Place, Step, StepRecord, Subject, Version, VersionId,
    VersionState,
};
use notafter_inventory::plan::deploy::{failed_reload, stuck_hint};
use notafter_inventory::plan::renew::{FailedCause, failed_causes};
use notafter_store::{Endpoints, Look};
use notafter_tls::observation::Outcome;
use serde::{Deserialize, Serialize};

use super::super::{Fault, explain, lifecycle};
use super::{NOTAFTER, Need, needs, renewer};
use crate::context::Context;
use crate::tasks::renew::Case;

/// Deployments and orders that are shown.
const RECENT: u32 = 10;
/// So many names of a watched certificate are searched for among the endpoints, ...
const NAMES_SEARCHED: usize = 3;
/// ... and of each so many are shown.
const AT_MOST: u32 = 100;

/// Which lineage.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Named {
    /// Its name, or `ln_...`.
    pub lineage: String,
}

/// How one lineage stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineageStatus {
    /// The instant it is about.
    pub at: Time,
    /// Its name.
    pub name: String,
    /// Identity.
    pub id: LineageId,
    /// Who answers for it.
    pub owner: String,
    /// Its labels.
    #[serde(default)]
    pub labels: Labels,
    /// Who renews it.
    pub renewer: String,
    /// What its certificate carries.
    pub identifiers: Vec<String>,
    /// Versions, newest first.
    pub versions: Vec<VersionRow>,
    /// The latest deployment to each place, then earlier ones, newest first.
    pub deployments: Vec<DeploymentRow>,
    /// Orders under way.
    pub orders: Vec<OrderRow>,
    /// Failed attempts since the last success, oldest first.
    pub failures: Vec<AttemptFailure>,
    /// When it is renewed next, and why, line by line: first in short.
    pub renewal: Vec<String>,
    /// What failed since the last success: each cause once, the one that failed last first.
    #[serde(default)]
    pub failed: Vec<FailedCause>,
    /// How its certificates are made; nothing where somebody else renews it.
    #[serde(default)]
    pub issuance: Option<Issuance>,
    /// What is watched of it, where somebody else renews it.
    #[serde(default)]
    pub watched: Option<WatchedFiles>,
    /// Open findings about it, its places, and the endpoints that must serve it there.
    pub needs: Vec<Need>,
}

/// How the certificates of a lineage are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuance {
    /// The issuer's name.
    pub issuer: String,
    /// Where it issues, as far as the issuer is known.
    pub at: Option<String>,
    /// The kind of key.
    pub key: KeySpec,
    /// Who answers its challenges, in words; nothing where none is asked.
    pub challenge: Option<String>,
}

/// What is watched of a lineage that somebody else renews.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedFiles {
    /// The chain file that is kept fresh.
    pub chain_file: String,
    /// The leaf in it, as far as it was read.
    pub fingerprint: Option<Fingerprint>,
    /// The endpoints for whose names it is.
    pub served: Vec<ServedRow>,
}

/// What an endpoint serves, beside a watched file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedRow {
    /// The endpoint.
    pub id: EndpointId,
    /// Its target.
    pub name: String,
    /// The leaves that its addresses served at the last look; none where none was seen.
    pub leaves: Vec<Fingerprint>,
}

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Identity: what `rollback --to` takes.
    pub id: VersionId,
    /// The leaf.
    pub fingerprint: Fingerprint,
    /// What became of it.
    pub state: VersionState,
    /// Its first instant.
    pub not_before: Time,
    /// Its last instant.
    pub not_after: Time,
    /// When we got it.
    pub obtained_at: Time,
    /// Whether `rollback --to` goes back to it: kept with its key, which is not blocked, not revoked, not near its end, and with
    /// every name that a place must serve.
    pub can_roll_back: bool,
}

impl LineageStatus {
    /// Whether notafter keeps it alive, and not somebody else's automation.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        self.renewer == NOTAFTER
    }

    /// The version that `revoke` revokes, where notafter keeps the lineage alive.
    #[must_use]
    pub fn revocable(&self) -> Option<&VersionRow> {
        let mut versions = self.versions.iter();
        versions.find(|version| self.is_managed() && version.state == VersionState::Current)
    }
}

impl Issuance {
    /// Who issues, for which key, and who answers the challenges.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { issuer, at, key, challenge } = self;
        let at = at.as_ref().map_or_else(String::new, |at| format!(" ({at})"));
        let challenge = challenge.as_deref().unwrap_or("no challenge is asked for");
        format!("issued by {issuer}{at}, key {key}, {challenge}")
    }
}

impl DeploymentRow {
    /// How far it is, for people.
    #[must_use]
    pub const fn standing(&self) -> DeploymentStanding {
        let Self { step, opened_at, proven_at, closed_at, next_at, .. } = self;
        DeploymentStanding {
            step: *step,
            opened_at: *opened_at,
            proven_at: *proven_at,
            closed_at: *closed_at,
            next_at: *next_at,
        }
    }
}

impl VersionRow {
    /// What became of it, in words.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self.state {
            VersionState::Current => "current",
            VersionState::Superseded if self.can_roll_back => "kept for rollback",
            VersionState::Superseded => "superseded",
            VersionState::Retired => "retired, key destroyed",
            VersionState::Revoked => "revoked",
        }
    }
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentRow {
    /// The place's name.
    pub place: String,
    /// Its deployer.
    pub deployer: String,
    /// What is installed.
    pub version: VersionId,
    /// Whether another one to the same place has begun since.
    #[serde(default)]
    pub is_earlier: bool,
    /// How far it is.
    pub step: Step,
    /// When it began.
    pub opened_at: Time,
    /// When every address was proven.
    pub proven_at: Option<Time>,
    /// When the case was closed.
    pub closed_at: Option<Time>,
    /// When it is tried again.
    pub next_at: Option<Time>,
    /// What each address serves.
    pub proofs: Vec<AddressProof>,
    /// Targets whose names did not resolve, and why.
    pub unresolved: Vec<String>,
    /// How the product last failed to read the new files again.
    #[serde(default)]
    pub reload: Option<StepRecord>,
    /// What a person can do, where it did not get so far that anything was touched.
    #[serde(default)]
    pub hint: Option<String>,
    /// The last things that were done.
    pub log: Vec<StepRecord>,
}

/// An order under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// Identity.
    pub id: OrderId,
    /// What is ordered.
    pub identifiers: Vec<String>,
    /// When it was begun.
    pub opened_at: Time,
}

pub(super) async fn status(context: &Context, _: &Actor, args: Named) -> Result<LineageStatus, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let lineage = explain::find(context, &args.lineage).await?;
    let now = context.clock.now();
    let owner = store.owner(scope, lineage.owner_id).await?;
    let findings = findings(context, &lineage).await?;
    let mut versions = store.versions_of(scope, lineage.id).await?;
    versions.sort_by_key(|version| std::cmp::Reverse(version.obtained_at));
    let names = lifecycle::Needs::of(context, &lineage).await?;
    let orders = store.orders_open(scope).await?;
    let orders = orders.iter().filter(|order| order.lineage_id == lineage.id).map(order_row).collect();
    let failed = failed_causes(&lineage, &lineage.renewal.failures, context.solvers.port());
    let case = Case::load(context, lineage.id).await;
    Ok(LineageStatus {
        at: now,
        id: lineage.id,
        owner: owner.map_or_else(|| lineage.owner_id.to_string(), |owner| owner.name),
        renewer: renewer(&lineage.mode).to_owned(),
        identifiers: identifiers(&lineage.mode),
        versions: versions.iter().map(|version| version_row(&lineage, &names, version, now)).collect(),
        deployments: deployments(context, &lineage).await?,
        orders,
        failures: lineage.renewal.failures.clone(),
        renewal: renewal(&case, &failed, now),
        failed,
        issuance: issuance(&lineage, &case),
        watched: watched(context, &lineage, &versions).await?,
        needs: needs(context, findings).await?,
        name: lineage.name,
        labels: lineage.labels,
    })
}

/// About it, about one of its places, or about an endpoint that must serve it there.
async fn findings(context: &Context, lineage: &Lineage) -> Result<Vec<Finding>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let mut findings = store.findings_open_of(scope, &Subject::Lineage(lineage.id)).await?;
    let mut seen = BTreeSet::new();
    for place in store.places_of(scope, lineage.id).await? {
        findings.extend(store.findings_open_of(scope, &Subject::Place(place.id)).await?);
        for target in &place.endpoints {
            let Some(endpoint) = store.endpoint_at(scope, target).await? else { continue };
            // Two places may be served at one endpoint.
            if seen.insert(endpoint.id) {
                findings.extend(store.findings_open_of(scope, &Subject::Endpoint(endpoint.id)).await?);
            }
        }
    }
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.violation.severity), finding.opened_at));
    Ok(findings)
}

fn identifiers(mode: &Mode) -> Vec<String> {
    let identifiers = match mode {
        Mode::Managed(spec) => &spec.identifiers,
        Mode::WatchOnly(automation) => &automation.identifiers,
    };
    identifiers.iter().map(ToString::to_string).collect()
}

fn renewal(case: &Result<Option<Case>, Fault>, failed: &[FailedCause], now: Time) -> Vec<String> {
    match case {
        Ok(Some(case)) => case.plan(now).lines(&case.lineage.renewal, failed, now),
        Ok(None) => Vec::new(),
        Err(fault) => vec![fault.what.clone()],
    }
}

fn issuance(lineage: &Lineage, case: &Result<Option<Case>, Fault>) -> Option<Issuance> {
    let Mode::Managed(spec) = &lineage.mode else { return None };
    let issuer = case.as_ref().ok().and_then(Option::as_ref).map(|case| &case.issuer);
    let is_private = issuer.is_some_and(|issuer| issuer.private().is_some());
    Some(Issuance {
        issuer: spec.issuer.clone(),
        at: issuer.map(|issuer| issuer.at().to_owned()),
        key: spec.key,
        challenge: (!is_private).then(|| spec.http01.words()),
    })
}

/// The file that somebody else keeps fresh, and what the endpoints serve for whose names its certificate is.
async fn watched(
    context: &Context,
    lineage: &Lineage,
    versions: &[Version],
) -> Result<Option<WatchedFiles>, Fault> {
    let Mode::WatchOnly(automation) = &lineage.mode else { return Ok(None) };
    let (store, scope) = (&context.store, &context.scope);
    // Each name is searched for in an index: of a hundred thousand endpoints few are for it.
    let mut endpoints: BTreeMap<EndpointId, Endpoint> = BTreeMap::new();
    for identifier in automation.identifiers.iter().take(NAMES_SEARCHED) {
        let name = identifier.to_string();
        let name = name.strip_prefix("*.").unwrap_or(&name);
        let found = store.search_endpoints(scope, Endpoints::default(), name, (None, AT_MOST)).await?;
        let are_for_it = found.into_iter().map(|row| row.endpoint);
        let are_for_it = are_for_it.filter(|one| identifier.covers(&one.target.expected_name()));
        endpoints.extend(are_for_it.map(|endpoint| (endpoint.id, endpoint)));
    }
    let mut served = Vec::new();
    for endpoint in endpoints.into_values() {
        let looks = store.endpoint_state(scope, endpoint.id).await?.map(|state| state.looks);
        let leaf = |look: &Look| match &look.observation.outcome {
            Outcome::Served(served) => served.leaf(),
            Outcome::Failed(_) => None,
        };
        let leaves: BTreeSet<Fingerprint> = looks.iter().flatten().filter_map(leaf).collect();
        let name = endpoint_name(&endpoint.target);
        served.push(ServedRow { id: endpoint.id, name, leaves: leaves.into_iter().collect() });
    }
    let current = versions.iter().find(|version| Some(version.id) == lineage.current);
    let chain_file = automation.chain_file.clone();
    Ok(Some(WatchedFiles { chain_file, fingerprint: current.map(|version| version.fingerprint), served }))
}

fn version_row(lineage: &Lineage, names: &lifecycle::Needs, version: &Version, now: Time) -> VersionRow {
    VersionRow {
        id: version.id,
        fingerprint: version.fingerprint,
        state: version.state,
        not_before: version.not_before,
        not_after: version.not_after,
        obtained_at: version.obtained_at,
        can_roll_back: lifecycle::can_be_named(lineage, names, version, now),
    }
}

fn order_row(order: &Order) -> OrderRow {
    OrderRow {
        id: order.id,
        identifiers: order.identifiers.iter().map(ToString::to_string).collect(),
        opened_at: order.opened_at,
    }
}

async fn deployments(context: &Context, lineage: &Lineage) -> Result<Vec<DeploymentRow>, Fault> {
    let places = context.store.places_of(&context.scope, lineage.id).await?;
    let mut rows = Vec::new();
    let mut earlier = context.store.deployments_of(&context.scope, lineage.id, RECENT).await?;
    for place in &places {
        let latest = context.store.deployments_to(&context.scope, place.id, 1).await?;
        earlier.retain(|one| !latest.iter().any(|shown| shown.id == one.id));
        rows.extend(latest.iter().map(|deployment| deployment_row(&lineage.name, deployment, Some(place))));
    }
    rows.extend(earlier.iter().map(|deployment| {
        let place = places.iter().find(|place| place.id == deployment.place_id);
        DeploymentRow { is_earlier: true, ..deployment_row(&lineage.name, deployment, place) }
    }));
    Ok(rows)
}

fn deployment_row(lineage: &str, deployment: &Deployment, place: Option<&Place>) -> DeploymentRow {
    DeploymentRow {
        place: place.map_or_else(|| "a place that is gone".to_owned(), |place| place.name.clone()),
        deployer: place.map_or_else(String::new, |place| place.deployer.clone()),
        version: deployment.version_id,
        is_earlier: false,
        step: deployment.step,
        opened_at: deployment.opened_at,
        proven_at: deployment.proven_at,
        closed_at: deployment.closed_at,
        next_at: deployment.next_at,
        proofs: deployment.proofs.clone(),
        unresolved: deployment.unresolved.iter().map(|(target, why)| format!("{target}: {why}")).collect(),
        reload: failed_reload(deployment).cloned(),
        hint: stuck_hint(deployment, lineage),
        log: deployment.log.iter().rev().take(3).rev().cloned().collect(),
    }
}

/// What an address serves, in words.
pub(super) fn told(proof: &AddressProof) -> String {
    let state = proof.state.words();
    if proof.detail.is_empty() { state.to_owned() } else { format!("{state}: {}", proof.detail) }
}
