//! Looks at endpoints that are critical, each by itself and many at once: none waits behind others, however many are due or
//! do not answer.
//!
//! What fails is looked at again a second later, as [`notafter_inventory::plan::scan`] plans it, and told when it fails then
//! as well.

use futures_util::FutureExt;
use notafter_cert::Span;
use notafter_inventory::model::{Actor, Criticality, Subject};
use notafter_store::{Change, Lease, Looked};

use super::{Next, Task, Work, scan};
use crate::context::Context;
use crate::operate::Fault;
use crate::private_roots;

/// The task's name.
pub const KIND: &str = "urgent";

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "looks at endpoints that are critical, which wait behind no others",
    parallel: |settings| settings.scan_parallel,
    lease_for: Span::minutes(5),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let (store, scope) = (&context.store, &context.scope);
    let Some(endpoint) = store.endpoint(scope, id).await? else { return Ok(Next::Done) };
    if endpoint.criticality != Criticality::Critical {
        // It is one of many again.
        let (subject, due_at) = (scan::subject(id), context.clock.now());
        let back = Change::Schedule { task: scan::KIND, subject, due_at };
        context.apply(None, &Actor::Engine, &[back]).await?;
        return Ok(Next::Done);
    }
    let earlier = store.findings_open_of(scope, &Subject::Endpoint(id)).await?;
    private_roots::refresh(context).await?;
    let looked = scan::look(context, lease, &endpoint, &earlier).await;
    let next = looked.next_due.map_or(Next::Done, Next::At);
    // The lease is kept until the driver puts the endpoint back.
    scan::keep(context, &[Looked { next_due: None, ..looked }]).await?;
    Ok(next)
}
