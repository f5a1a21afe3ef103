//! Lineages: what is kept alive, how far each is, and why it is renewed when it is.

use notafter_engine::operate::explain::{Explain, Explained};
use notafter_engine::operate::status::{
    self, DeploymentRow, LineageRow, LineageStatus, OrderRow, VersionRow,
};
use notafter_inventory::model::{self, AttemptFailure, Label, Lineage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{One, Part};
use super::call::{Call, call};
use super::list::{AfterName, Limit, part, shown};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Done, Instant, OpenFinding, Proof, Step, words};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static LIST: Call = call!("list-lineages", "Every lineage, by name", list);
pub(crate) static SHOW: Call =
    call!("show-lineage", "One lineage: versions, deployments with every address, orders, failures", show);
pub(crate) static EXPLAIN: Call =
    call!("explain-lineage", "When a lineage is renewed next, and why, or why it is not", explain);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Words that the name has, each of them, in whatever case.
    #[serde(default)]
    q: String,
    /// A label that it has: `service`, or `service=checkout`.
    #[serde(default)]
    label: String,
    /// How many at once.
    #[serde(default)]
    limit: Limit,
    /// The `next` of the part before.
    after: Option<AfterName>,
}

/// Which lineage.
#[derive(Deserialize, JsonSchema)]
pub(super) struct At {
    /// Its name, or `ln_...`.
    pub(super) lineage: String,
}

/// A lineage in short.
#[derive(Serialize, JsonSchema)]
struct LineageInShort {
    /// Identity.
    id: String,
    /// Its name.
    name: String,
    /// Who answers for it (`ow_...`).
    owner_id: String,
    /// Who renews it: `notafter`, `certbot`, ...
    renewer: String,
    /// The end of its present certificate.
    ends: Option<Instant>,
    /// When it is renewed next; nothing where somebody else renews it.
    next_renewal: Option<Instant>,
    /// Why then, or why that is not known.
    why: String,
    /// Whether an order is under way.
    ordering: bool,
    /// Failed attempts since the last success.
    failures: usize,
    /// How many more attempts fit before the end, in words; nothing where none failed.
    runway: Option<String>,
}

/// One lineage.
#[derive(Serialize, JsonSchema)]
struct OneLineage {
    /// Identity.
    id: String,
    /// Its name.
    name: String,
    /// Who answers for it.
    owner: String,
    /// Who renews it.
    renewer: String,
    /// What its certificate carries.
    identifiers: Vec<String>,
    /// Versions, newest first.
    versions: Vec<VersionInShort>,
    /// The latest deployment to each place, then earlier ones, newest first.
    deployments: Vec<OneDeployment>,
    /// Orders under way.
    orders: Vec<OpenOrder>,
    /// Failed attempts since the last success, oldest first.
    failures: Vec<FailedAttempt>,
    /// When it is renewed next, and why, line by line.
    renewal: Vec<String>,
    /// What is open about it and its places.
    needs: Vec<OpenFinding>,
}

words! {
    /// What became of a version.
    VersionState = model::VersionState {
        /// It is deployed, or being deployed.
        Current,
        /// A newer one is current.
        Superseded,
        /// Its key is destroyed.
        Retired,
        /// It is revoked.
        Revoked,
    }
}

words! {
    /// Whose fault a failure is.
    FailureClass = model::FailureClass {
        /// This installation's.
        Ours,
        /// The domain's: DNS, reachability, a challenge.
        Domain,
        /// The CA's.
        Ca,
        /// A limit of the CA.
        RateLimit,
        /// The way to the CA.
        Network,
    }
}

/// A version.
#[derive(Serialize, JsonSchema)]
struct VersionInShort {
    /// Identity: what `rollback` takes as `to`.
    id: String,
    /// SHA-256 of its certificate.
    fingerprint: String,
    /// What became of it.
    state: VersionState,
    /// Its first instant.
    not_before: Instant,
    /// Its last instant.
    not_after: Instant,
    /// When notafter got it.
    obtained_at: Instant,
    /// Whether `rollback` can go back to it.
    can_roll_back: bool,
}

/// A deployment.
#[derive(Serialize, JsonSchema)]
struct OneDeployment {
    /// The place's name.
    place: String,
    /// Its deployer.
    deployer: String,
    /// The version that is installed.
    version: String,
    /// How far it is.
    step: Step,
    /// When it began.
    opened_at: Instant,
    /// When every address was proven.
    proven_at: Option<Instant>,
    /// When the case was closed.
    closed_at: Option<Instant>,
    /// When it is tried again.
    next_at: Option<Instant>,
    /// What each address serves.
    proofs: Vec<Proof>,
    /// Targets whose names did not resolve, and why.
    unresolved: Vec<String>,
    /// How the product last failed to read the new files again.
    reload: Option<Done>,
    /// What a person can do, where it did not get so far that anything was touched.
    hint: Option<String>,
    /// The last things that were done.
    log: Vec<Done>,
}

/// An order under way.
#[derive(Serialize, JsonSchema)]
struct OpenOrder {
    /// Identity.
    id: String,
    /// What is ordered.
    identifiers: Vec<String>,
    /// When it was begun.
    opened_at: Instant,
}

/// An attempt that failed.
#[derive(Serialize, JsonSchema)]
struct FailedAttempt {
    /// When.
    at: Instant,
    /// Whose fault it is.
    class: FailureClass,
    /// The catalogue's code.
    code: String,
    /// What happened.
    message: String,
    /// The identifiers it is about; empty where it is about all.
    identifiers: Vec<String>,
    /// When the other side said that it may be tried again.
    retry_after: Option<Instant>,
}

/// Why a lineage is renewed when it is.
#[derive(Serialize, JsonSchema)]
struct Explanation {
    /// Identity.
    id: String,
    /// Its name.
    name: String,
    /// In words, line by line.
    lines: Vec<String>,
    /// The decision with everything that it rests on, for people who report a fault; its shape is not promised.
    plan: Option<Value>,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<Part<LineageInShort>, Refusal> {
    let Wish { q, label, limit, after } = asked.query;
    let label = Label::read(&label);
    let context = &visit.context;
    let mut lineages = context.store.lineages(&context.scope).await?;
    let q = q.to_lowercase();
    lineages.retain(|lineage| {
        let name = lineage.name.to_lowercase();
        after.as_ref().is_none_or(|after| lineage.name.as_str() > after.name())
            && q.split_whitespace().all(|word| name.contains(word))
            && label.is_none_or(|label| label.is_among(&lineage.labels))
    });
    lineages.sort_by(|one, other| one.name.cmp(&other.name));
    let (lineages, next) = part(lineages, limit, |last| AfterName::written(&last.name));
    let rows = status::rows(context, lineages.clone()).await?;
    Ok(shown((lineages.into_iter().zip(rows).collect(), next), in_short))
}

fn in_short((lineage, row): (Lineage, LineageRow)) -> LineageInShort {
    LineageInShort {
        id: lineage.id.to_string(),
        name: row.name,
        owner_id: lineage.owner_id.to_string(),
        renewer: row.renewer,
        ends: row.ends.map(Instant),
        next_renewal: row.next_renewal.map(Instant),
        why: row.why,
        ordering: row.ordering,
        failures: row.failures,
        runway: row.runway,
    }
}

async fn show(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneLineage>, Refusal> {
    let args = json!({ "lineage": asked.path.lineage });
    let status: LineageStatus = operate(&visit, "status.lineage", args).await?;
    Ok(One(OneLineage {
        id: status.id.to_string(),
        name: status.name,
        owner: status.owner,
        renewer: status.renewer,
        identifiers: status.identifiers,
        versions: status.versions.iter().map(version).collect(),
        deployments: status.deployments.into_iter().map(deployment).collect(),
        orders: status.orders.into_iter().map(order).collect(),
        failures: status.failures.into_iter().map(failure).collect(),
        renewal: status.renewal,
        needs: status.needs.into_iter().map(OpenFinding::from).collect(),
    }))
}

fn version(row: &VersionRow) -> VersionInShort {
    VersionInShort {
        id: row.id.to_string(),
        fingerprint: row.fingerprint.to_string(),
        state: row.state.into(),
        not_before: row.not_before.into(),
        not_after: row.not_after.into(),
        obtained_at: row.obtained_at.into(),
        can_roll_back: row.can_roll_back,
    }
}

fn deployment(row: DeploymentRow) -> OneDeployment {
    OneDeployment {
        place: row.place,
        deployer: row.deployer,
        version: row.version.to_string(),
        step: row.step.into(),
        opened_at: row.opened_at.into(),
        proven_at: row.proven_at.map(Instant),
        closed_at: row.closed_at.map(Instant),
        next_at: row.next_at.map(Instant),
        proofs: row.proofs.iter().map(Proof::from).collect(),
        unresolved: row.unresolved,
        reload: row.reload.as_ref().map(Done::from),
        hint: row.hint,
        log: row.log.iter().map(Done::from).collect(),
    }
}

fn order(row: OrderRow) -> OpenOrder {
    OpenOrder { id: row.id.to_string(), identifiers: row.identifiers, opened_at: row.opened_at.into() }
}

fn failure(failure: AttemptFailure) -> FailedAttempt {
    FailedAttempt {
        at: failure.at.into(),
        class: failure.class.into(),
        code: failure.code,
        message: failure.message,
        identifiers: failure.identifiers.iter().map(ToString::to_string).collect(),
        retry_after: failure.retry_after.map(Instant),
    }
}

async fn explain(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<Explanation>, Refusal> {
    let Explained { name, id, lines, plan, .. } =
        operate(&visit, "lineage.explain", Explain { lineage: asked.path.lineage }).await?;
    Ok(One(Explanation { id: id.to_string(), name, lines, plan }))
}
