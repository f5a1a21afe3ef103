//! One lineage in full: versions to go back to, deployments with every address, orders, failures, what is left.

use std::collections::BTreeSet;

use notafter_cert::{Fingerprint, Time};
use notafter_inventory::model::{
    Actor, AddressProof, AttemptFailure, Deployment, Finding, Labels, Lineage, LineageId, Mode, Order,
    OrderId, Place, Step, StepRecord, Subject, Version, VersionId, VersionState,
};
use notafter_inventory::plan::deploy::{failed_reload, stuck_hint};
use serde::{Deserialize, Serialize};

use super::super::{Fault, explain, lifecycle};
use super::{NOTAFTER, Need, needs, renewer};
use crate::context::Context;
use crate::tasks::renew::Case;

/// Deployments and orders that are shown.
const RECENT: u32 = 10;

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
    /// When it is renewed next, why, and how many attempts fit before the end, line by line.
    pub renewal: Vec<String>,
    /// Open findings about it, its places, and the endpoints that must serve it there.
    pub needs: Vec<Need>,
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
        renewal: renewal(context, &lineage, now).await,
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

async fn renewal(context: &Context, lineage: &Lineage, now: Time) -> Vec<String> {
    match Case::load(context, lineage.id).await {
        Ok(Some(case)) => case.plan(now).lines(&lineage.renewal, now),
        Ok(None) => Vec::new(),
        Err(fault) => vec![fault.what],
    }
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
        deployment_row(&lineage.name, deployment, places.iter().find(|place| place.id == deployment.place_id))
    }));
    Ok(rows)
}

fn deployment_row(lineage: &str, deployment: &Deployment, place: Option<&Place>) -> DeploymentRow {
    DeploymentRow {
        place: place.map_or_else(|| "a place that is gone".to_owned(), |place| place.name.clone()),
        deployer: place.map_or_else(String::new, |place| place.deployer.clone()),
        version: deployment.version_id,
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
