//! Looks whether the pings of other people's jobs come, at the instants at which time alone makes that worse.

use futures_util::FutureExt;
use notafter_cert::Span;
use notafter_store::{Lease, StoreError};

use super::{Next, Task, Work};
use crate::context::Context;
use crate::operate::Fault;
use crate::ping;

/// The kind of this task.
pub const KIND: &str = "ping";

/// What was written meanwhile is looked at a moment later.
const AGAIN: Span = Span::seconds(1);

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "looks whether the pings of other people's jobs come",
    parallel: |_| 2,
    lease_for: Span::minutes(5),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    // A lineage that is gone has no findings any more.
    let Some(lineage) = context.store.lineage(&context.scope, id).await? else { return Ok(Next::Done) };
    let now = context.clock.now();
    match ping::look_after(context, lease, &lineage).await {
        Ok(None) => Ok(Next::Done),
        Ok(Some((pings, expected))) => {
            // What is late already gets no worse: the next ping wakes this.
            Ok(pings.turns_at(expected, now).map_or(Next::Done, Next::At))
        }
        Err(StoreError::Overtaken(_)) => Ok(Next::At(now + AGAIN)),
        Err(error) => Err(error.into()),
    }
}
