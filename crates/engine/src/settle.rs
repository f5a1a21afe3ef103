//! Carries a lineage forward while a person waits: the same tasks that the server runs, now and in order.

use notafter_cert::{Span, Time};
use notafter_inventory::model::{Deployment, LineageId, ProofState, Step};
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
        context.clock.sleep_until(due.max(now + LOOK_AGAIN).min(deadline)).await;
    }
}

/// Runs what is due now; answers when the next of it is due.
async fn step(context: &Context, lineage: LineageId, begun: Time) -> Result<Option<Time>, Fault> {
    run_due(context, renew::KIND, &renew::subject(lineage)).await?;
    for deployment in open_deployments(context, lineage).await? {
        run_due(context, deploy::KIND, &deploy::subject(deployment.place_id)).await?;
    }
    if is_under_way(context, lineage).await? {
        return Ok(Some(context.clock.now()));
    }
    let mut earliest = in_progress(context, lineage).await?;
    for deployment in open_deployments(context, lineage).await? {
        if is_settled(&deployment, begun) {
            continue;
        }
        let due = context.store.due(deploy::KIND, &deploy::subject(deployment.place_id)).await?;
        earliest = [earliest, due].into_iter().flatten().min();
    }
    Ok(earliest)
}

/// Whether another loop of this process works on it at this moment: what comes of that is what somebody waits for. A
/// staged clock stands still meanwhile, and nobody waits on it.
async fn is_under_way(context: &Context, lineage: LineageId) -> Result<bool, Fault> {
    let now = context.clock.now();
    let mut tasks = vec![(renew::KIND, renew::subject(lineage))];
    for deployment in open_deployments(context, lineage).await? {
        tasks.push((deploy::KIND, deploy::subject(deployment.place_id)));
    }
    for (kind, subject) in tasks {
        if !context.clock.is_staged() && context.store.is_claimed(kind, &subject, now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When an order that is under way goes on; nothing where no order is, or a failed attempt waits out its pause.
async fn in_progress(context: &Context, lineage: LineageId) -> Result<Option<Time>, Fault> {
    let known = context.store.lineage(&context.scope, lineage).await?;
    let Some(lineage) = known.filter(|lineage| lineage.renewal.order.is_some()) else { return Ok(None) };
    Ok(context.store.due(renew::KIND, &renew::subject(lineage.id)).await?)
}

async fn run_due(context: &Context, kind: &'static str, subject: &TaskSubject) -> Result<(), Fault> {
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
/// retries, not for somebody who waits.
fn is_settled(deployment: &Deployment, begun: Time) -> bool {
    let looked = !deployment.proofs.is_empty()
        && deployment.proofs.iter().all(|proof| proof.state != ProofState::Pending);
    let refused = deployment.step < Step::Activated
        && deployment.log.last().is_some_and(|last| !last.ok && last.at >= begun);
    deployment.step >= Step::Proven || refused || (looked && deployment.attempts > 2)
}
