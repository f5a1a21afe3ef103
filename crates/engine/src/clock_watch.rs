//! Notices that the clock was set back, and brings back what was planned while it was ahead: a machine whose battery was
//! empty starts years ahead, and every look, renewal and alert planned then would wait for years once the network has set
//! the clock right.

use std::sync::Mutex;

use notafter_cert::{Span, Time};
use notafter_inventory::model::Actor;
use notafter_inventory::plan::ahead::is_ahead;
use notafter_store::{Change, Scope, Store, StoreError};

use crate::context::Context;
use crate::tasks::digest;

/// How often a server compares.
pub(crate) const INTERVAL: Span = Span::seconds(30);

/// What the clock showed is written down this often: a clock that was ahead for less and is set right while nothing runs
/// leaves plans that wait for less than this longer.
const NOTED_EVERY: Span = Span::minutes(1);

/// The latest instant that this process saw.
#[derive(Debug)]
pub struct ClockWatch(Mutex<Watched>);

#[derive(Debug)]
struct Watched {
    latest: Time,
    noted: Time,
}

impl ClockWatch {
    /// Begins at `now`, which was noted.
    #[must_use]
    pub const fn new(now: Time) -> Self {
        Self(Mutex::new(Watched { latest: now, noted: now }))
    }

    /// Compares the clock with the latest instant that was seen; answers by how much it was set back, where it was.
    ///
    /// # Errors
    /// The store failed; then it is compared again.
    pub async fn look(&self, context: &Context) -> Result<Option<Span>, StoreError> {
        let now = context.clock.now();
        let (latest, noted) = {
            let mut watched = self.lock();
            // A small step back is followed; else a later one of the same size would be taken for one of both.
            if !is_ahead(watched.latest, now) {
                watched.latest = now;
            }
            (watched.latest, watched.noted)
        };
        if is_ahead(latest, now) {
            let by = latest.since(now);
            set_back(&context.store, &context.scope, now, by).await?;
            *self.lock() = Watched { latest: now, noted: now };
            context.progress.set_back(by);
            context.wake();
            return Ok(Some(by));
        }
        if now.since(noted) >= NOTED_EVERY {
            context.store.note_clock(&context.scope, now).await?;
            self.lock().noted = now;
        }
        Ok(None)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// For the start of a process: compares the clock with what the store was told last.
///
/// # Errors
/// The store failed.
pub(crate) async fn begin(store: &Store, now: Time) -> Result<(), StoreError> {
    let scope = Scope::EVERYTHING;
    let known = store.clock(&scope).await?;
    match known.filter(|known| is_ahead(known.seen_at, now)) {
        Some(known) => set_back(store, &scope, now, known.seen_at.since(now)).await,
        None if known.is_some_and(|known| now.since(known.seen_at) < NOTED_EVERY) => Ok(()),
        None => store.note_clock(&scope, now).await,
    }
}

/// Every task waits as long from now as it waited by the clock that was ahead; a digest has its day of the week.
async fn set_back(store: &Store, scope: &Scope, now: Time, by: Span) -> Result<(), StoreError> {
    tracing::warn!(
        %by,
        "the clock was set back: what was planned while it was ahead is brought back; see that the network keeps it \
         (timedatectl set-ntp true)"
    );
    let mut changes = vec![Change::SetBackClock(by)];
    changes.extend(store.owners(scope).await?.iter().map(|owner| digest::schedule(owner, now)));
    store.apply(scope, None, now, &Actor::Engine, &changes).await
}
