//! What ends with a thing that is removed from the inventory: its findings, its tasks, its open order and deployments.
//! What stays is evidence: versions, orders, the history of findings, the event log, and the sealed keys, until
//! `notafter vault prune`.

use notafter_inventory::code::{Present, Write};
use notafter_inventory::model::{LineageId, PlaceId, Subject};
use notafter_store::Change;

use super::Fault;
use crate::context::Context;
use crate::findings;
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

async fn place(context: &Context, id: PlaceId) -> Result<Vec<Change>, Fault> {
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
    let mut changes: Vec<Change> = [renew::KIND, watch::KIND]
        .map(|task| Change::Unschedule { task, subject: renew::subject(id) })
        .into_iter()
        .collect();
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
