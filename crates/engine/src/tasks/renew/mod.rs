//! Renews a managed lineage: sees when it is due, orders, and hands the new version to the deployments.
//!
//! The decision is `inventory::plan::renew`; the protocol is `acme::client::order`; this task stores, sends, waits and
//! tells. A run may stop at any instruction: the next one finds the order in the store and goes on.

mod begin;
mod case;
mod challenges;
mod drive;
mod ended;
mod shed;
mod window;

use futures_util::FutureExt;
use notafter_acme::Failure;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, FailureClass, LineageId, Subject, VersionState, Violation};
use notafter_inventory::plan::renew::Renew;
use notafter_inventory::rule;
use notafter_store::{Lease, TaskSubject};

pub use case::{Case, Loaded};
pub(crate) use ended::adopt;

use super::{Next, Task, Work, deploy};
use crate::context::Context;
use crate::findings;
use crate::operate::Fault;

/// The task's name.
pub const KIND: &str = "renew";

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "renews lineages that notafter keeps alive",
    parallel: |settings| settings.renew_parallel,
    lease_for: Span::minutes(15),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// The task about this lineage.
#[must_use]
pub fn subject(lineage: LineageId) -> TaskSubject {
    TaskSubject::of(lineage)
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing was due.
    NotDue,
    /// The order waits: for the CA, or for its own backoff.
    Waits {
        /// Until when.
        until: Time,
    },
    /// A new version is stored, its deployments scheduled.
    Issued,
    /// The attempt failed and is on record.
    Failed,
}

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let Some(mut case) = Case::load(context, id).await? else { return left_behind(context, lease, id).await };
    ended::close_orphans(context, lease, id, Some(&case)).await?;
    let offers_windows = window::refresh(context, lease, &mut case).await?;
    let step = attempt(context, lease, &mut case).await?;
    let Some(case) = Case::load(context, id).await? else { return left_behind(context, lease, id).await };
    judge(context, lease, &case).await?;
    deploy_to_new_places(context, lease, &case).await?;
    let now = context.clock.now();
    let wake = match step {
        Step::Waits { until } => until,
        // What is due now and was just tried has its pause on record; a second apart at the least, whatever the plan says.
        _ => {
            let wake = case.plan(now).wake_at(offers_windows || step == Step::Issued);
            wake.max(now + Span::seconds(1))
        }
    };
    // What waits is judged anew when time alone makes it worse.
    Ok(Next::At(case.state(now).turning_point().map_or(wake, |turn| turn.min(wake))))
}

/// The lineage is gone, or somebody else renews it: what ran while that happened leaves nothing open.
async fn left_behind(context: &Context, lease: &Lease, id: LineageId) -> Result<Next, Fault> {
    ended::close_orphans(context, lease, id, None).await?;
    let subject = Subject::Lineage(id);
    let changes = findings::end_of(context, &subject, |code| !code.starts_with("automation.")).await?;
    if !changes.is_empty() {
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(Next::Done)
}

/// A place that was added later gets the current version, too.
async fn deploy_to_new_places(context: &Context, lease: &Lease, case: &Case) -> Result<(), Fault> {
    let Some(version) = case.version.as_ref().filter(|version| version.state == VersionState::Current) else {
        return Ok(());
    };
    let changes = deploy::open(context, version, &case.places, false).await?;
    if !changes.is_empty() {
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(())
}

/// Does what the plan says is due, if anything is.
async fn attempt(context: &Context, lease: &Lease, case: &mut Case) -> Result<Step, Fault> {
    let plan = case.plan(context.clock.now());
    if !plan.is_due(context.clock.now()) {
        return Ok(Step::NotDue);
    }
    tracing::info!(op = %case.lineage.id, lineage = %case.lineage.name, why = %plan.action.why, "renewal is due");
    match &plan.action.what {
        Renew::Resume { order } => drive::resume(context, lease, case, *order).await,
        Renew::Order { identifiers, abandon, replaces, new_key } => {
            let wish = begin::Wish {
                identifiers: identifiers.clone(),
                abandon: *abandon,
                replaces: replaces.is_some(),
                new_key: *new_key,
                why: plan.action.why.clone(),
            };
            begin::order(context, lease, case, wish).await
        }
    }
}

/// Lets every rule about lineages speak.
pub(crate) async fn judge(context: &Context, lease: &Lease, case: &Case) -> Result<(), Fault> {
    let violations = rule::judge_lineage(&case.state(context.clock.now()));
    let subject = Subject::Lineage(case.lineage.id);
    let judged = |earlier: &Violation| {
        rule::find(&earlier.code).is_some_and(|rule| matches!(rule.kind, rule::Kind::Lineage(_)))
    };
    let changes = findings::of_subject(context, case.lineage.owner_id, &subject, violations, &judged).await?;
    if !changes.is_empty() {
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(())
}

/// The protocol's classes and the model's are the same five.
pub(crate) fn class_of(failure: &Failure) -> FailureClass {
    use notafter_acme::problem::Class;
    match failure.class() {
        Class::Ours => FailureClass::Ours,
        Class::Domain => FailureClass::Domain,
        Class::Ca => FailureClass::Ca,
        Class::RateLimit => FailureClass::RateLimit,
        Class::Network => FailureClass::Network,
    }
}
