//! What ends with a thing that is removed from the inventory: its findings, its tasks, its open order and deployments.
//! What a task works on at that moment ends with that task: it has one more run, which leaves nothing open.
//! What stays is evidence: versions, orders, the history of findings, the event log, and the sealed keys, until
//! `notafter vault prune`.

use notafter_inventory::code::{Present, Write};
use notafter_inventory::model::{LineageId, PlaceId, Subject};
use notafter_store::{Change, TaskSubject};

use crate::context::Context;
use crate::findings;
use crate::operate::Fault;
use crate::tasks::{deploy, renew, scan, watch};

/// The changes that belong to these removals, in the same step.
pub(super) async fn ends(
    context: &Context,
    present: &Present,
    writes: &[Write],
) -> Result<Vec<Change>, Fault> {
    let mut changes = findings_close(context, writes).await?;
    for write in writes {
        match write {
            Write::RemoveEndpoint(id) => {
                changes.push(Change::Unschedule { task: scan::KIND, subject: scan::subject(*id) });
            }
            Write::RemovePlace(id) => changes.extend(place(context, *id).await?),
            Write::RemoveLineage(id) => changes.extend(lineage(context, present, *id).await?),
            _ => {}
        }
    }
    Ok(changes)
}

/// A last run where somebody works on it now; `None` where nobody does.
async fn last_run(
    context: &Context,
    task: &'static str,
    subject: TaskSubject,
) -> Result<Option<Change>, Fault> {
    let planned = context.store.planned(task, &subject).await?;
    let is_held = planned.is_some_and(|planned| planned.holder.is_some());
    Ok(is_held.then(|| Change::Schedule { task, subject, due_at: context.clock.now() }))
}

async fn place(context: &Context, id: PlaceId) -> Result<Vec<Change>, Fault> {
    if let Some(last) = last_run(context, deploy::KIND, deploy::subject(id)).await? {
        return Ok(vec![last]);
    }
    let mut changes = vec![Change::Unschedule { task: deploy::KIND, subject: deploy::subject(id) }];
    for mut deployment in context.store.deployments_to(&context.scope, id, 1).await? {
        if deployment.closed_at.is_none() {
            deployment.closed_at = Some(context.clock.now());
            changes.push(Change::PutDeployment(deployment));
        }
    }
    Ok(changes)
}

async fn lineage(context: &Context, present: &Present, id: LineageId) -> Result<Vec<Change>, Fault> {
    let mut changes = vec![Change::Unschedule { task: watch::KIND, subject: renew::subject(id) }];
    if let Some(last) = last_run(context, renew::KIND, renew::subject(id)).await? {
        changes.push(last);
        return Ok(changes);
    }
    changes.push(Change::Unschedule { task: renew::KIND, subject: renew::subject(id) });
    let known = present.lineages.iter().find(|lineage| lineage.id == id);
    if let Some(order) = known.and_then(|lineage| lineage.renewal.order)
        && let Some(mut order) = context.store.order(&context.scope, order).await?
    {
        order.closed_at = Some(context.clock.now());
        order.ended = Some("the lineage was removed from the inventory".to_owned());
        changes.push(Change::PutOrder(order));
    }
    Ok(changes)
}

/// What is removed cannot be bad any more: whoever was told of it hears so.
async fn findings_close(context: &Context, writes: &[Write]) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for write in writes {
        let subject = match write {
            Write::RemovePlace(id) => Subject::Place(*id),
            Write::RemoveEndpoint(id) => Subject::Endpoint(*id),
            Write::RemoveLineage(id) => Subject::Lineage(*id),
            Write::RemoveIssuer(id) => Subject::Issuer(*id),
            Write::RemoveOwner(id) => Subject::Owner(*id),
            Write::RemoveChannel(id) => Subject::Channel(*id),
            _ => continue,
        };
        changes.extend(findings::end_of(context, &subject, |_| true).await?);
    }
    Ok(changes)
}
