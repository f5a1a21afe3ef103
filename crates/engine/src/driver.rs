//! The driver: claims what is due, runs it, and sees to it that it is looked at again. It decides nothing.
//!
//! One loop per kind of task, never one per subject: a million endpoints are a million rows and one loop. In a server
//! the loops run side by side on the system clock; in a story ([`Driver::run_until`]) one loop takes everything in the
//! order of time and moves a staged clock from one due instant to the next.

use std::sync::Arc;

use futures_util::FutureExt;
use notafter_cert::{Span, Time};
use notafter_inventory::model::Actor;
use notafter_inventory::plan::ahead::is_ahead;
use notafter_store::{Change, Lease, StoreError};
use tokio::task::JoinSet;

use crate::clock_watch;
use crate::context::Context;
use crate::operate::Fault;
use crate::tasks::{self, Next, Task, Work};
use crate::trust_watch;

/// A loop looks at the store at least this often, so that work scheduled by another process is found.
const LONGEST_WAIT: Span = Span::seconds(30);

/// A loop that gave no sign of life for this long is stalled: the longest wait, and the longest batch.
const ALLOWANCE: Span = Span::minutes(5);

/// The pause after a run that failed or panicked, or a store that did not answer.
const PAUSE: Span = Span::minutes(1);

/// Runs tasks.
pub struct Driver {
    context: Arc<Context>,
}

impl Driver {
    /// A driver over this context.
    #[must_use]
    pub const fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Runs every loop until the future is dropped: the work of a server.
    pub async fn run(&self) {
        let mut loops = JoinSet::new();
        for task in tasks::ALL {
            loops.spawn(run_loop(Arc::clone(&self.context), task));
        }
        loops.spawn(watch_clock(Arc::clone(&self.context)));
        while let Some(ended) = loops.join_next().await {
            // A loop never returns; a panic in its own code (not in a run) is told and stays visible as a stall.
            if let Err(error) = ended {
                tracing::error!(%error, "a loop of the driver died");
            }
        }
    }

    /// Runs what is due in the order of time, moving the staged clock, until nothing is due before `end`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn run_until(&self, end: Time) -> Result<(), StoreError> {
        loop {
            let (mut ran, mut next) = (0, None);
            for task in tasks::ALL {
                self.beat(task);
                let Some(due) = self.context.store.next_due(task.kind).await? else { continue };
                if due <= self.context.clock.now() {
                    ran += self.turn(task).await?;
                } else if due <= end {
                    next = [next, Some((due + task.gathers()).min(end))].into_iter().flatten().min();
                }
            }
            if ran > 0 {
                continue;
            }
            self.context.clock.advance_to(next.unwrap_or(end));
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// Claims and runs what is due of one kind; answers how many subjects.
    ///
    /// # Errors
    /// The store failed.
    pub async fn turn(&self, task: &'static Task) -> Result<usize, StoreError> {
        let context = &self.context;
        let leases = context.claim(task, room(context, task)).await?;
        self.beat(task);
        let count = leases.len();
        match task.work {
            Work::Batch { .. } => run_batch(context, task, leases).await,
            Work::One(_) => {
                let mut runs = JoinSet::new();
                for lease in leases {
                    runs.spawn(run_one(Arc::clone(context), task, lease));
                }
                runs.join_all().await;
            }
        }
        Ok(count)
    }

    fn beat(&self, task: &Task) {
        self.context.progress.beat(task.kind, self.context.clock.now(), ALLOWANCE);
    }
}

/// A clock that is set back while the server runs is noticed by no task: all of them wait for what it showed before. Trust
/// anchors that were mended in their file are noticed beside it.
async fn watch_clock(context: Arc<Context>) {
    loop {
        context.clock.sleep(clock_watch::INTERVAL).await;
        if let Err(error) = context.clock_watch.look(&context).await {
            let code = notafter_cert::Trouble::code(&error);
            tracing::error!(code, %error, "cannot write down what the clock shows");
        }
        if let Err(fault) = trust_watch::look(&context).await {
            tracing::error!(code = fault.code, error = fault.what, "cannot have endpoints judged anew");
        }
    }
}

/// How many subjects one turn takes.
fn room(context: &Context, task: &Task) -> usize {
    match task.work {
        Work::One(_) => (task.parallel)(&context.settings).max(1),
        Work::Batch { most, .. } => most,
    }
}

async fn run_loop(context: Arc<Context>, task: &'static Task) {
    let most = (task.parallel)(&context.settings).max(1);
    let mut runs: JoinSet<()> = JoinSet::new();
    // It begins now; from here on only what the store let it claim shows that it gets on.
    context.progress.beat(task.kind, context.clock.now(), ALLOWANCE);
    loop {
        while runs.try_join_next().is_some() {}
        let free = match task.work {
            Work::One(_) => most.saturating_sub(runs.len()),
            Work::Batch { most, .. } => most,
        };
        let woken = context.woken();
        context.progress.turned(task.kind, context.clock.now());
        let claimed = if free == 0 { Ok(Vec::new()) } else { context.claim(task, free).await };
        if claimed.is_ok() {
            context.progress.beat(task.kind, context.clock.now(), ALLOWANCE);
        }
        match claimed {
            Ok(leases) if leases.is_empty() => wait(&context, task, woken, &mut runs).await,
            Ok(leases) => match task.work {
                Work::Batch { .. } => run_batch(&context, task, leases).await,
                Work::One(_) => {
                    for lease in leases {
                        runs.spawn(run_one(Arc::clone(&context), task, lease));
                    }
                }
            },
            Err(error) => {
                context.progress.failed(task.kind, context.clock.now(), &error.to_string());
                unusable(task, error, "cannot claim work");
                context.clock.sleep(PAUSE).await;
            }
        }
    }
}

/// Until the next due instant, a wake-up, the end of a run, or the longest wait.
async fn wait(context: &Context, task: &Task, woken: impl Future<Output = ()>, runs: &mut JoinSet<()>) {
    let now = context.clock.now();
    let latest = now + LONGEST_WAIT;
    let due = match context.store.next_due(task.kind).await {
        Ok(due) => due.map_or(latest, |due| if due <= now { due } else { latest.min(due + task.gathers()) }),
        Err(error) => {
            unusable(task, error, "cannot ask for due work");
            latest
        }
    };
    // What is due and not claimed is under another's lease, or this loop is full.
    let until = if due <= now { now + Span::seconds(1) } else { due };
    tokio::select! {
        () = context.clock.sleep_until(until) => {}
        () = woken => {}
        Some(_) = runs.join_next(), if !runs.is_empty() => {}
    }
}

/// Runs what was claimed of a task that takes many at once; a fault is told, and the subjects come again.
pub(crate) async fn run_batch(context: &Context, task: &Task, leases: Vec<Lease>) {
    let Work::Batch { run, .. } = task.work else { return };
    if leases.is_empty() {
        return;
    }
    let begun = context.clock.now();
    let outcome = std::panic::AssertUnwindSafe(run(context, &leases)).catch_unwind().await;
    let fault = match outcome {
        Ok(Ok(())) if is_ahead(begun, context.clock.now()) => return plan_again(context, task, leases).await,
        Ok(Ok(())) => return,
        Ok(Err(fault)) => fault,
        Err(panic) => panicked(&*panic),
    };
    report(task, &leases[0], &fault);
    for lease in &leases {
        // Told already; the lease ends by itself.
        drop(reschedule(context, lease, Next::At(context.clock.now() + PAUSE)).await);
    }
}

/// What was planned during this run was planned by a clock that was set back before it ended.
async fn plan_again(context: &Context, task: &Task, leases: Vec<Lease>) {
    let due_at = context.clock.now();
    let again = |lease: Lease| Change::Schedule { task: task.kind, subject: lease.subject, due_at };
    let changes: Vec<Change> = leases.into_iter().map(again).collect();
    if let Err(error) = context.apply(None, &Actor::Engine, &changes).await {
        unusable(task, error, "cannot plan anew what was planned while the clock was ahead");
    }
}

async fn run_one(context: Arc<Context>, task: &'static Task, lease: Lease) {
    // Told and rescheduled; nobody waits for it here.
    drop(run_claimed(&context, task, &lease).await);
}

/// Runs one claimed subject and puts it back; the fault is told already, and is for whoever waits for this run.
pub(crate) async fn run_claimed(context: &Context, task: &Task, lease: &Lease) -> Result<(), Fault> {
    let Work::One(run) = task.work else { return Ok(()) };
    let begun = context.clock.now();
    let outcome = std::panic::AssertUnwindSafe(run(context, lease)).catch_unwind().await;
    // A panic must not lose the subject: the same run comes again, and is told.
    let outcome = outcome.unwrap_or_else(|panic| Err(panicked(&*panic)));
    let now = context.clock.now();
    let next = match &outcome {
        // It was decided by a clock that was set back meanwhile.
        Ok(Next::At(_)) if is_ahead(begun, now) => Next::At(now),
        Ok(next) => *next,
        Err(fault) => {
            report(task, lease, fault);
            Next::At(now + PAUSE)
        }
    };
    let put_back = reschedule(context, lease, next).await;
    outcome.map(drop).and(put_back)
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Fault {
    let words = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Fault::new(
        "engine.panic",
        "a task panicked",
        "report this with the log around it; the work is tried again",
    )
    .because(words)
}

/// The store failed under a loop. The log is the last way to tell it; besides, no dead-man ping goes out, because the
/// heartbeat cannot be claimed either.
fn unusable(task: &Task, error: StoreError, doing: &str) {
    let fault = Fault::from(error);
    let why = fault.why.as_deref().unwrap_or("");
    tracing::error!(task = task.kind, code = %fault.code, error = %fault.what, why, hint = %fault.hint, "{doing}");
}

fn report(task: &Task, lease: &Lease, fault: &Fault) {
    tracing::error!(
        task = task.kind,
        subject = ?lease.subject,
        code = %fault.code,
        error = %fault.what,
        why = fault.why.as_deref().unwrap_or(""),
        "a task failed; it is tried again"
    );
}

/// Puts the subject back; if the lease was lost meanwhile, whoever holds it now does so. One that cannot be put back stays
/// claimed until its lease ends: nobody should wait for that.
async fn reschedule(context: &Context, lease: &Lease, next: Next) -> Result<(), Fault> {
    let change = match next {
        Next::At(due_at) => Change::Schedule { task: lease.kind, subject: lease.subject.clone(), due_at },
        Next::Done => Change::Unschedule { task: lease.kind, subject: lease.subject.clone() },
    };
    if let Err(error) = context.apply(Some(lease), &Actor::Engine, &[change]).await {
        let code = notafter_cert::Trouble::code(&error);
        tracing::warn!(task = lease.kind, subject = ?lease.subject, code, %error, "cannot reschedule; the lease will lapse");
        return if matches!(error, StoreError::LeaseLost { .. }) { Ok(()) } else { Err(error.into()) };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use notafter_net::Clock;

    use super::*;
    use crate::open;
    use crate::settings::Settings;

    /// Lets the loops run until they wait.
    async fn turns(count: usize) {
        for _ in 0..count {
            tokio::task::yield_now().await;
        }
    }

    /// Loops whose every claim failed, as on a full disk, were said to get on.
    #[tokio::test]
    async fn a_loop_whose_claims_fail_is_stalled() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(folder.path().join(name));
        let settings =
            Settings { data: path("data"), key_encryption_key: path("kek"), ..Settings::default() };
        let clock = Clock::staged(Time::from_unix_seconds(1_796_000_000));
        let installation = open::open(&settings, clock.clone()).await.unwrap();
        let context = Arc::clone(&installation.context);
        context.store.close().await;
        let driver = Driver::new(Arc::clone(&context));
        let later = async {
            for _ in 0..10 {
                turns(1000).await;
                clock.advance_to(clock.now() + PAUSE);
            }
        };
        tokio::select! {
            () = driver.run() => panic!("the loops ended"),
            () = later => {}
        }
        assert_eq!(context.progress.stalled(clock.now()).len(), tasks::ALL.len());
        assert_eq!(context.progress.dead(clock.now()), [], "and a new process would get no further");
    }
}
