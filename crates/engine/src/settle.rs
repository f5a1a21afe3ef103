//! Carries a lineage forward while a person waits: the same tasks that the server runs, now and in order.

use notafter_cert::{Span, Time};
use notafter_inventory::model::{Deployment, Lineage, LineageId, ProofState, Step};
use notafter_inventory::plan::deploy::is_being_mended;
use notafter_store::TaskSubject;

use crate::context::Context;
use crate::driver::run_claimed;
use crate::operate::Fault;
use crate::tasks::{self, deploy, renew};

/// The pause between two looks at work that another loop of this process is doing.
const LOOK_AGAIN: Span = Span::millis(20);

/// Runs what is due of this lineage and its deployments until nothing is, or `patience` has passed. What waits longer
/// stays scheduled and goes on in the server.
///
/// # Errors
/// The store failed, or a run ended with a fault that is on no record: whoever waits must hear it.
pub async fn settle(context: &Context, lineage: LineageId, patience: Span) -> Result<(), Fault> {
    let begun = context.clock.now();
    let deadline = begun + patience;
    loop {
        let earliest = step(context, lineage, begun).await?;
        let now = context.clock.now();
        let Some(due) = earliest.filter(|due| *due <= deadline) else { return Ok(()) };
        if now >= deadline || (context.clock.is_staged() && due > now) {
            return Ok(());
        }
        match context.clock.is_staged() {
            true => tokio::task::yield_now().await,
            false => context.clock.sleep_until(due.max(now + LOOK_AGAIN).min(deadline)).await,
        }
    }
}

/// Runs what is due now; answers when the next of it is due.
async fn step(context: &Context, lineage: LineageId, begun: Time) -> Result<Option<Time>, Fault> {
    run_due(context, renew::KIND, &renew::subject(lineage)).await?;
    let open = open_deployments(context, lineage).await?;
    for deployment in &open {
        run_due(context, deploy::KIND, &deploy::subject(deployment.place_id)).await?;
    }
    let mut earliest = renewal(context, lineage, begun).await?;
    let still_open = if open.is_empty() { open } else { open_deployments(context, lineage).await? };
    for deployment in still_open {
        let planned = planned(context, deploy::KIND, &deploy::subject(deployment.place_id)).await?;
        if is_settled(&deployment, begun) && planned.is_none_or(|planned| planned.later) {
            continue;
        }
        earliest = [earliest, planned.map(|planned| planned.at)].into_iter().flatten().min();
    }
    Ok(earliest)
}

/// When a piece of work goes on.
#[derive(Clone, Copy)]
struct Planned {
    at: Time,
    /// It waits for that instant; else somebody works on it, or is about to.
    later: bool,
}

/// What another loop has claimed is under way: the end of its lease says nothing about when it is done.
async fn planned(context: &Context, kind: &str, subject: &TaskSubject) -> Result<Option<Planned>, Fault> {
    let now = context.clock.now();
    let planned = context.store.planned(kind, subject).await?;
    Ok(planned.map(|planned| match planned.holder {
        Some(_) => Planned { at: now + LOOK_AGAIN, later: false },
        None => Planned { at: planned.due_at, later: planned.due_at > now },
    }))
}

/// When the renewal goes on: while it is at work, and while the CA works on an order. A failed attempt that waits out its
/// pause is nothing to wait for, also where its order stays open: whoever waits is told of the failure, and when it is
/// tried again.
async fn renewal(context: &Context, lineage: LineageId, begun: Time) -> Result<Option<Time>, Fault> {
    let planned = planned(context, renew::KIND, &renew::subject(lineage)).await?;
    let Some(planned) = planned else { return Ok(None) };
    let known = context.store.lineage(&context.scope, lineage).await?;
    let ordered = known.is_some_and(|Lineage { renewal, .. }| {
        renewal.order.is_some() && renewal.failures.last().is_none_or(|failure| failure.at < begun)
    });
    Ok((ordered || !planned.later).then_some(planned.at))
}

/// Runs this subject now, if it is due and nobody works on it.
///
/// # Errors
/// As [`settle`].
pub(crate) async fn run_due(
    context: &Context,
    kind: &'static str,
    subject: &TaskSubject,
) -> Result<(), Fault> {
    let Some(task) = tasks::find(kind) else { return Ok(()) };
    let now = context.clock.now();
    if let Some(lease) = context.store.claim_one(kind, subject, now, &context.holder, task.lease_for).await? {
        run_claimed(context, task, &lease).await?;
    }
    Ok(())
}

async fn open_deployments(context: &Context, lineage: LineageId) -> Result<Vec<Deployment>, Fault> {
    let mut all = context.store.deployments_of(&context.scope, lineage, 50).await?;
    all.retain(|deployment| deployment.closed_at.is_none());
    Ok(all)
}

/// Proven at every address, or known not to be, or failed with nothing changed since `begun`: what is left is for the
/// retries, not for somebody who waits. What became worse is seen to its end: without a server nobody else puts it back.
fn is_settled(deployment: &Deployment, begun: Time) -> bool {
    if is_being_mended(deployment) {
        return false;
    }
    let looked = !deployment.proofs.is_empty()
        && deployment.proofs.iter().all(|proof| proof.state != ProofState::Pending);
    let refused = deployment.step < Step::Activated
        && deployment.log.last().is_some_and(|last| !last.ok && last.at >= begun);
    deployment.step >= Step::Proven || refused || (looked && deployment.attempts > 2)
}
