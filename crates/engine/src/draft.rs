//! How far a lineage is, changed from what is stored in that very moment: tasks and people change it at the same time,
//! and neither may undo what the other wrote.

use notafter_inventory::model::{Actor, Lineage, LineageId, Progress};
use notafter_store::{Change, Lease, StoreError};

use crate::context::Context;
use crate::operate::Fault;

/// A lineage as it is now, to be changed and stored. Only its progress is: what is wanted is the inventory's.
pub(crate) struct Draft {
    /// What is changed.
    pub(crate) lineage: Lineage,
    before: Progress,
}

/// Whether a draft was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// With everything that belongs to it, in one step.
    Done,
    /// Nothing was: somebody else changed the lineage since it was read. Read it again, and think again.
    Overtaken,
}

impl Draft {
    /// Reads it; `None` when the lineage is gone.
    pub(crate) async fn load(context: &Context, id: LineageId) -> Result<Option<Self>, StoreError> {
        let lineage = context.store.lineage(&context.scope, id).await?;
        Ok(lineage.map(|lineage| Self { before: lineage.progress(), lineage }))
    }

    /// What stores it.
    pub(crate) fn advance(&self) -> Change {
        Change::Advance {
            lineage: self.lineage.id,
            before: self.before.clone(),
            after: self.lineage.progress(),
        }
    }

    /// Stores it with the changes that belong to it.
    pub(crate) async fn store(
        &self,
        context: &Context,
        lease: Option<&Lease>,
        actor: &Actor,
        mut changes: Vec<Change>,
    ) -> Result<Stored, StoreError> {
        changes.push(self.advance());
        match context.apply(lease, actor, &changes).await {
            Ok(()) => Ok(Stored::Done),
            Err(StoreError::Overtaken(_)) => Ok(Stored::Overtaken),
            Err(error) => Err(error),
        }
    }
}

/// Reads, changes and stores until nobody comes in between. `change` says what belongs to it, or `None` where nothing is
/// to be done after all. Answers the lineage as it was stored; `None` where it is gone or nothing was done.
///
/// # Errors
/// The store failed, or the lease was lost.
pub(crate) async fn amend(
    context: &Context,
    lease: Option<&Lease>,
    actor: &Actor,
    id: LineageId,
    mut change: impl FnMut(&mut Lineage) -> Option<Vec<Change>> + Send,
) -> Result<Option<Lineage>, Fault> {
    loop {
        let Some(mut draft) = Draft::load(context, id).await? else { return Ok(None) };
        let Some(changes) = change(&mut draft.lineage) else { return Ok(None) };
        if draft.store(context, lease, actor, changes).await? == Stored::Done {
            return Ok(Some(draft.lineage));
        }
    }
}
