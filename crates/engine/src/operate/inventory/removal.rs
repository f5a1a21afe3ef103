//! What ends with a thing that is removed from the inventory: its findings and its tasks. Renewals and deployments have
//! one more run, which closes what was under way and leaves nothing open.
//! What stays is evidence: versions, orders, the history of findings, the event log, and the sealed keys, until
//! `notafter vault prune`.

use notafter_inventory::code::Write;
use notafter_inventory::model::{Drill, DrillEnd, DrillEnding, LineageId, Subject};
use notafter_store::{Change, TaskSubject};

use crate::context::Context;
use crate::findings;
use crate::operate::Fault;
use crate::settle::run_due;
use crate::tasks::{deploy, drill, ping, renew, scan, urgent, watch};

/// The changes that belong to these removals, in the same step.
pub(super) async fn ends(context: &Context, writes: &[Write]) -> Result<Vec<Change>, Fault> {
    let mut changes = findings_close(context, writes).await?;
    let due_at = context.clock.now();
    for write in writes {
        match write {
            Write::RemoveEndpoint(id) => {
                let ended = |task| Change::Unschedule { task, subject: scan::subject(*id) };
                changes.extend([scan::KIND, urgent::KIND].map(ended));
            }
            Write::RemoveLineage(id) => {
                changes.push(Change::Unschedule { task: watch::KIND, subject: renew::subject(*id) });
                changes.push(Change::Unschedule { task: ping::KIND, subject: renew::subject(*id) });
                changes.extend(called_off(context, *id).await?);
            }
            _ => {}
        }
    }
    changes.extend(running(writes).map(|(task, subject)| Change::Schedule { task, subject, due_at }));
    Ok(changes)
}

/// A drill of what is gone has nothing to show.
async fn called_off(context: &Context, id: LineageId) -> Result<Vec<Change>, Fault> {
    let mut changes = vec![Change::Unschedule { task: drill::KIND, subject: renew::subject(id) }];
    let drills = context.store.drills_of(&context.scope, id).await?;
    for mut open in drills.into_iter().filter(Drill::is_open) {
        let why = "the lineage was removed".to_owned();
        let how = DrillEnding::BrokenOff { why };
        open.ended = Some(DrillEnd { at: context.clock.now(), how, score: None });
        changes.extend(findings::end_of(context, &Subject::Drill(open.id), |_| true).await?);
        changes.push(Change::PutDrill(open));
    }
    Ok(changes)
}

/// The last runs, once the removal is stored: here and now where nobody works there, else by whoever does.
pub(super) async fn last_runs(context: &Context, writes: &[Write]) {
    for (task, subject) in running(writes) {
        // What fails is told and tried again; the removal itself is done.
        drop(run_due(context, task, &subject).await);
    }
}

/// What has a last run.
fn running(writes: &[Write]) -> impl Iterator<Item = (&'static str, TaskSubject)> {
    writes.iter().filter_map(|write| match write {
        Write::RemovePlace(id) => Some((deploy::KIND, deploy::subject(*id))),
        Write::RemoveLineage(id) => Some((renew::KIND, renew::subject(*id))),
        _ => None,
    })
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
