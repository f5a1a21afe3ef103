//! What the driver runs, one file per task; each run is safe to repeat after a crash at any instruction.

pub mod alert;
pub mod deliver;
pub mod deploy;
pub mod digest;
pub mod drill;
pub mod heartbeat;
pub mod mailing;
pub mod ownership;
pub mod ping;
pub mod prove;
pub mod renew;
pub mod retain;
pub mod scan;
pub mod urgent;
pub mod watch;

use futures_util::future::BoxFuture;
use notafter_cert::{Span, Time};
use notafter_inventory::model::Actor;
use notafter_store::{Change, Lease, TaskSubject};

use crate::ca::private;
use crate::context::Context;
use crate::operate::Fault;
use crate::settings::Settings;
use crate::{own_certificate, trust_watch};

/// A kind of work with how it is run.
pub struct Task {
    /// Name in the store, in logs and metrics.
    pub kind: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// How many run at once.
    pub parallel: fn(&Settings) -> usize,
    /// How long one run may take before another process may take the work over.
    pub lease_for: Span,
    /// What is run.
    pub work: Work,
}

impl Task {
    /// How long the first subject that falls due waits for others, so that they share a transaction: a million endpoints
    /// fall due at a million instants. What is scheduled for now is taken at once.
    #[must_use]
    pub const fn gathers(&self) -> Span {
        match self.work {
            Work::One(_) => Span::ZERO,
            Work::Batch { gathers, .. } => gathers,
        }
    }
}

/// A run over one subject.
pub type RunOne = for<'a> fn(&'a Context, &'a Lease) -> BoxFuture<'a, Result<Next, Fault>>;

/// A run over many subjects.
pub type RunBatch = for<'a> fn(&'a Context, &'a [Lease]) -> BoxFuture<'a, Result<(), Fault>>;

/// One subject at a time, or many at once where the store and the network like batches.
pub enum Work {
    /// Each claimed subject by itself.
    One(RunOne),
    /// All claimed subjects together; the task reschedules them itself, in bulk.
    Batch {
        /// The most subjects claimed for one run.
        most: usize,
        /// How long the first due subject waits for others.
        gathers: Span,
        /// The work.
        run: RunBatch,
    },
}

/// When the subject is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At this instant.
    At(Time),
    /// Not until something schedules it.
    Done,
}

/// Every task, in the order of the loop: see, renew, install, tell.
pub static ALL: &[&Task] = &[
    &scan::TASK,
    &urgent::TASK,
    &renew::TASK,
    &deploy::TASK,
    &alert::TASK,
    &deliver::TASK,
    &prove::TASK,
    &ownership::TASK,
    &digest::TASK,
    &mailing::TASK,
    &heartbeat::TASK,
    &watch::TASK,
    &ping::TASK,
    &drill::TASK,
    &retain::TASK,
];

/// The task of this name.
#[must_use]
pub fn find(kind: &str) -> Option<&'static Task> {
    ALL.iter().find(|task| task.kind == kind).copied()
}

/// Plans what nobody else schedules: who is told, the digests, the dead-man ping; ends what a setting was to blame for, and
/// has endpoints judged anew where other anchors are in force. For the start of a server; repeating it changes nothing.
///
/// # Errors
/// The store failed.
pub async fn ensure(context: &Context) -> Result<(), Fault> {
    own_certificate::ensure(context).await?;
    private::ensure(context).await?;
    alert::ensure(context).await?;
    prove::ensure(context).await?;
    ownership::ensure(context).await?;
    trust_watch::look(context).await?;
    retain::ensure(context).await?;
    mailing::ensure(context).await?;
    heartbeat::ensure(context).await
}

/// Plans the first turn of a task that there is one of, where none is planned.
async fn ensure_one(context: &Context, kind: &'static str) -> Result<(), Fault> {
    if context.store.due(kind, &TaskSubject::ONLY).await?.is_some() {
        return Ok(());
    }
    let due_at = context.clock.now();
    let change = Change::Schedule { task: kind, subject: TaskSubject::ONLY, due_at };
    Ok(context.apply(None, &Actor::Engine, &[change]).await?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_folder_and_the_list_are_the_same() {
        let entries = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tasks")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = names
            .map(|name| name.strip_suffix(".rs").unwrap_or(&name).to_owned())
            .filter(|name| name != "mod")
            .collect();
        let listed: BTreeSet<String> = ALL.iter().map(|task| task.kind.to_owned()).collect();
        assert_eq!(files, listed);
        assert_eq!(listed.len(), ALL.len(), "a task is listed twice");
    }
}
