//! Asks owners whether they still answer for what they own, where the inventory wants that.

use futures_util::FutureExt;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Owner};
use notafter_inventory::plan::ownership::{self, Holdings, Step};
use notafter_store::{Acknowledging, Change, Lease, Scope, TaskSubject};

use super::{Next, Task, Work, deliver, digest};
use crate::context::Context;
use crate::findings;
use crate::operate::Fault;

/// The kind of this task.
pub const KIND: &str = "ownership";

/// Somebody who answers moves the next question: look at least this often.
const LONGEST_WAIT: Span = Span::days(1);

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "asks owners whether they still answer for what they own",
    parallel: |_| 2,
    lease_for: Span::minutes(5),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// Looks after an owner from now on.
#[must_use]
pub fn schedule(owner: &Owner, now: Time) -> Change {
    Change::Schedule { task: KIND, subject: TaskSubject::of(owner.id), due_at: now }
}

/// Makes sure that every owner is looked after; for the start of a server.
///
/// # Errors
/// The store failed.
pub async fn ensure(context: &Context) -> Result<(), Fault> {
    let now = context.clock.now();
    let mut changes = Vec::new();
    for owner in context.store.owners(&context.scope).await? {
        if context.store.due(KIND, &TaskSubject::of(owner.id)).await?.is_none() {
            changes.push(schedule(&owner, now));
        }
    }
    if !changes.is_empty() {
        context.apply(None, &Actor::Engine, &changes).await?;
    }
    Ok(())
}

/// Does what is due for one owner. A question is stored before it is sent, by its own task.
async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let (store, scope) = (&context.store, &context.scope);
    let Some(owner) = store.owner(scope, id).await? else { return Ok(Next::Done) };
    let known = store.ownership(scope, id).await?;
    let now = context.clock.now();
    let plan = ownership::decide(&owner, known.as_ref(), now);
    let mut changes = match plan.step {
        Step::Rest => Vec::new(),
        Step::Begin => vec![Acknowledging::Begin(id, now).into()],
        Step::Forget => vec![Acknowledging::Forget(id).into()],
        Step::Ask => ask(context, &owner, now).await?,
    };
    if matches!(plan.step, Step::Begin | Step::Forget) {
        // When that is over is another instant now.
        changes.push(Change::Schedule { task: findings::ALERT, subject: lease.subject.clone(), due_at: now });
    }
    if !changes.is_empty() {
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(Next::At(plan.next_at.unwrap_or(now + LONGEST_WAIT).min(now + LONGEST_WAIT)))
}

/// The question to the first who is on duty and can be reached; nothing where nobody can: it is tried again tomorrow.
async fn ask(context: &Context, owner: &Owner, now: Time) -> Result<Vec<Change>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let (Some(known), Some(every)) = (store.ownership(scope, owner.id).await?, owner.acknowledge) else {
        return Ok(Vec::new());
    };
    let (channels, paths) = (store.channels(scope).await?, store.paths(scope).await?);
    let Some((contact, channel)) = digest::reachable(owner, &channels, &paths, now) else {
        return Ok(Vec::new());
    };
    let holdings = holdings(context, owner).await?;
    let asked = (owner, &known, every);
    let message = ownership::question(asked, holdings, (&contact, channel), now, &mut || context.random());
    let sent = deliver::begin(message, "it is time to ask whether the owner still answers", now);
    let asked = Acknowledging::Ask(owner.id, now).into();
    Ok(sent.into_iter().chain([asked]).collect())
}

/// What an owner answers for.
///
/// # Errors
/// The store failed.
pub async fn holdings(context: &Context, owner: &Owner) -> Result<Holdings, Fault> {
    let (store, mine) = (&context.store, &Scope::owner(owner.id));
    let lineages = store.lineages_by_owner(mine).await?;
    Ok(Holdings {
        lineages: lineages.get(&owner.id).copied().unwrap_or(0),
        endpoints: u64::try_from(store.endpoint_count(mine).await?).unwrap_or(0),
    })
}
