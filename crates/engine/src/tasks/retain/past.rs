//! The past of lineages: certificates that ended long ago, with everything that belonged to them. What may go is decided
//! by [`plan`]; what goes of a lineage goes in one step, so that nothing ever points to what is gone.

use notafter_cert::Span;
use notafter_inventory::model::{Actor, Finding, KeyId, Lineage, LineageId, Subject, Version};
use notafter_inventory::plan::Action;
use notafter_inventory::plan::forget::{self as plan, Forget};
use notafter_store::{Change, Lease, Past};
use serde_json::json;

use super::TASK;
use crate::context::Context;
use crate::draft::{Draft, Stored};
use crate::operate::{Fault, adopt};

/// Lineages after which the lease is made longer.
const LINEAGES_AT_ONCE: usize = 200;

/// How much went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gone {
    pub(super) versions: usize,
    pub(super) orders: usize,
    pub(super) deployments: usize,
    pub(super) keys: usize,
}

/// Forgets what was over for so long.
pub(super) async fn cut(context: &Context, lease: &Lease, keep: Span) -> Result<Gone, Fault> {
    let before = context.clock.now() - keep;
    let lineages = context.store.lineages_with_a_past(&context.scope, before).await?;
    let mut gone = Gone::default();
    for some in lineages.chunks(LINEAGES_AT_ONCE) {
        context.store.extend(lease, context.clock.now() + TASK.lease_for).await?;
        for id in some {
            cut_one(context, lease, (*id, keep), &mut gone).await?;
        }
    }
    Ok(gone)
}

/// Of one lineage. Where somebody else changes it at the same time it has its turn another day.
async fn cut_one(
    context: &Context,
    lease: &Lease,
    (id, keep): (LineageId, Span),
    gone: &mut Gone,
) -> Result<(), Fault> {
    let draft = Draft::load(context, id).await?;
    let lineage = draft.as_ref().map(|draft| &draft.lineage);
    if let Some(lineage) = lineage
        && adopt::is_being_given_back(context, lineage).await?
    {
        return Ok(());
    }
    let past = context.store.past_of(&context.scope, id, context.clock.now() - keep).await?;
    let actions = planned(context, lineage, &past, keep).await?;
    let changes = changes(context, id, &past.versions, &actions).await?;
    if changes.is_empty() {
        return Ok(());
    }
    tracing::debug!(op = %id, things = actions.len(), "forgetting what was over long ago");
    let stored = match draft {
        Some(draft) => draft.store(context, Some(lease), &Actor::Engine, changes).await?,
        None => {
            context.apply(Some(lease), &Actor::Engine, &changes).await?;
            Stored::Done
        }
    };
    if stored == Stored::Done {
        gone.count(&actions);
    }
    Ok(())
}

impl Gone {
    fn count(&mut self, actions: &[Action<Forget>]) {
        for action in actions {
            *match action.what {
                Forget::Version(_) => &mut self.versions,
                Forget::Order(_) => &mut self.orders,
                Forget::Deployment(_) => &mut self.deployments,
                Forget::Key(_) => &mut self.keys,
            } += 1;
        }
    }
}

/// What is served is asked only of versions that would go otherwise.
async fn planned(
    context: &Context,
    lineage: Option<&Lineage>,
    known: &Past,
    keep: Span,
) -> Result<Vec<Action<Forget>>, Fault> {
    let findings = findings(context, lineage, known).await?;
    let Past { versions, orders, deployments, places } = known;
    let (served, now) = (Default::default(), context.clock.now());
    let findings = findings.as_slice();
    let past =
        plan::Past { lineage, places, versions, orders, deployments, findings, served: &served, keep, now };
    let actions = plan::forget(&past);
    let would_go = |version: &&Version| actions.iter().any(|one| one.what == Forget::Version(version.id));
    let leaves: Vec<_> = versions.iter().filter(would_go).map(|version| version.fingerprint).collect();
    let served = context.store.served_among(&context.scope, leaves).await?;
    match served.is_empty() {
        true => Ok(actions),
        false => Ok(plan::forget(&plan::Past { served: &served, ..past })),
    }
}

async fn findings(context: &Context, lineage: Option<&Lineage>, known: &Past) -> Result<Vec<Finding>, Fault> {
    let of_lineage = lineage.map(|lineage| Subject::Lineage(lineage.id));
    let of_places = known.places.iter().copied().map(Subject::Place);
    let subjects: Vec<Subject> = of_lineage.into_iter().chain(of_places).collect();
    Ok(context.store.findings_open_among(&context.scope, &subjects).await?)
}

/// What removes them. That a version went, and why, is in the log.
async fn changes(
    context: &Context,
    lineage: LineageId,
    versions: &[Version],
    actions: &[Action<Forget>],
) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for Action { what, why, .. } in actions {
        match what {
            Forget::Deployment(id) => changes.push(Change::RemoveDeployment(*id)),
            Forget::Order(id) => changes.push(Change::RemoveOrder(*id)),
            Forget::Key(id) if is_there(context, *id).await? => changes.push(Change::DestroyKey(*id)),
            Forget::Key(_) => {}
            Forget::Version(id) => {
                changes.push(Change::RemoveVersion(*id));
                let version = versions.iter().find(|version| version.id == *id);
                changes.extend(version.map(|version| forgotten(lineage, version, why)));
            }
        }
    }
    Ok(changes)
}

fn forgotten(lineage: LineageId, version: &Version, why: &str) -> Change {
    Change::Event {
        kind: "notafter.version.forgotten.v1".to_owned(),
        subject: Subject::Lineage(lineage),
        data: json!({
            "version": version.id,
            "fingerprint": version.fingerprint,
            "not_after": version.not_after,
            "why": why,
        }),
    }
}

/// Whether a key still has to be destroyed: most of them were when their version was past those kept for `rollback`.
async fn is_there(context: &Context, id: KeyId) -> Result<bool, Fault> {
    let row = context.store.key(&context.scope, id).await?;
    Ok(row.is_some_and(|row| row.destroyed_at.is_none()))
}
