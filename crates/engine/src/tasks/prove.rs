//! Tests the ways to people and programs by themselves, before their proofs are too old to be believed.

use futures_util::FutureExt;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Owner};
use notafter_inventory::plan::deliver as outcome;
use notafter_inventory::plan::prove::{self, State};
use notafter_providers::notify;
use notafter_store::{Change, Lease, TaskSubject};

use super::{Next, Task, Work, deliver};
use crate::context::Context;
use crate::operate::Fault;

/// The kind of this task.
pub const KIND: &str = "prove";

/// What people and programs prove meanwhile moves the next test: look at least this often.
const LONGEST_WAIT: Span = Span::days(1);

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "tests the ways to people and programs by itself",
    parallel: |_| 2,
    lease_for: Span::minutes(5),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// Looks after the ways to an owner from now on.
#[must_use]
pub fn schedule(owner: &Owner, now: Time) -> Change {
    Change::Schedule { task: KIND, subject: TaskSubject::of(owner.id), due_at: now }
}

/// Makes sure that the ways to every owner are looked after; for the start of a server.
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

/// Tests what is due of one owner's ways. Each test is stored with the question that it asks, and sent by its own task.
async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let Some(id) = lease.subject.id() else { return Ok(Next::Done) };
    let (store, scope) = (&context.store, &context.scope);
    let _telling = context.telling.lock().await;
    let Some(owner) = store.owner(scope, id).await? else { return Ok(Next::Done) };
    let (owners, channels) = (store.owners(scope).await?, store.channels(scope).await?);
    let (paths, kinds) = (store.paths(scope).await?, notify::kinds());
    let now = context.clock.now();
    let state = State { owner: &owner, owners: &owners, channels: &channels, kinds: &kinds, paths: &paths };
    let plan = prove::decide(&state, now);
    let mut changes = Vec::new();
    for test in &plan.tests {
        let way = (test.channel, test.proof);
        let message = outcome::test(&owner, &test.contact, way, test.occasion, now, &mut || context.random());
        let mut path = outcome::path_of(&paths, &message, owner.id);
        prove::begun(&mut path, test.proof, now);
        changes.extend(deliver::begin(message, "the proof of this path grows old", now));
        changes.push(Change::PutPath(path));
    }
    if !changes.is_empty() {
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(Next::At(plan.next_at.unwrap_or(now + LONGEST_WAIT).min(now + LONGEST_WAIT)))
}
