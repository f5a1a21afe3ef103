//! Rehearses lineages: those that are planned for it, and those that somebody wants rehearsed now.

use futures_util::FutureExt;
use notafter_cert::{Span, Time};
use notafter_inventory::drill::due_at;
use notafter_inventory::model::{Actor, Drill, Lineage, Script};
use notafter_store::Lease;

use super::{Next, Task, Work};
use crate::context::Context;
use crate::drill;
use crate::operate::Fault;

/// The kind of this task.
pub const KIND: &str = "drill";

/// While an alarm waits for somebody to take it, it is looked at this often.
const LOOK: Span = Span::seconds(5);

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "rehearses what would happen if a certificate ran out",
    parallel: |_| 1,
    lease_for: Span::minutes(10),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let lineage = context.store.lineage(&context.scope, id).await?;
    let drills = context.store.drills_of(&context.scope, id).await?;
    let now = context.clock.now();
    let open = match drills.iter().find(|drill| drill.is_open()) {
        Some(open) => open.clone(),
        None => match lineage.as_ref().and_then(|lineage| Some((lineage, lineage.rehearsed?))) {
            None => return Ok(Next::Done),
            Some((lineage, rehearsed)) => {
                if let Some(due_at) =
                    drills.first().map(|last| due_at(rehearsed, last)).filter(|due| *due > now)
                {
                    return Ok(Next::At(due_at));
                }
                let script = Script { fault: rehearsed.fault, ..Script::default() };
                drill::begin(context, &Actor::Engine, lineage, script, Some(lease)).await?
            }
        },
    };
    let stepped = drill::step(context, lease, open).await?;
    if stepped.is_open() {
        return Ok(Next::At(context.clock.now() + LOOK));
    }
    Ok(next_of(lineage.as_ref(), &stepped).map_or(Next::Done, Next::At))
}

/// When the lineage is rehearsed again.
fn next_of(lineage: Option<&Lineage>, last: &Drill) -> Option<Time> {
    let rehearsed = lineage?.rehearsed?;
    Some(due_at(rehearsed, last))
}
