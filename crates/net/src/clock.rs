//! The one clock: made in `main`, handed down as a value.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use notafter_cert::{Span, Time};
use tokio::sync::watch;

/// Tells the time and wakes sleepers. Cheap to clone; clones share the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Staged(Arc<watch::Sender<Time>>),
}

/// The wall clock may be set while somebody sleeps: look at it again this often.
const LONGEST_NAP: Span = Span::seconds(60);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `start` until it is advanced.
    #[must_use]
    pub fn staged(start: Time) -> Self {
        Self(Source::Staged(Arc::new(watch::Sender::new(start))))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Time {
        match &self.0 {
            Source::Staged(time) => *time.borrow(),
            Source::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                let micros = since.map_or_else(
                    |before| -Span::from_std(before.duration()).as_micros(),
                    |after| Span::from_std(after).as_micros(),
                );
                Time::from_micros(micros)
            }
        }
    }

    /// Returns once this clock shows `until` or later; at once when it already does.
    pub async fn sleep_until(&self, until: Time) {
        match &self.0 {
            // The sender lives as long as this clone: the wait cannot end early.
            Source::Staged(time) => drop(time.subscribe().wait_for(|now| *now >= until).await),
            Source::System => loop {
                let left = until.since(self.now());
                if left <= Span::ZERO {
                    return;
                }
                // A microsecond more, because the timer may round down and end just before `until`.
                let nap = left.min(LONGEST_NAP).to_std() + Duration::from_micros(1);
                tokio::time::sleep(nap).await;
            },
        }
    }

    /// Returns after `span` on this clock.
    pub async fn sleep(&self, span: Span) {
        self.sleep_until(self.now() + span).await;
    }

    /// Moves a staged clock forward and wakes those whose time has come. A staged clock never goes back, and the
    /// machine's clock is not ours to set: both are left as they are.
    pub fn advance_to(&self, to: Time) {
        if let Source::Staged(time) = &self.0 {
            time.send_if_modified(|now| {
                let forward = to > *now;
                *now = to.max(*now);
                forward
            });
        }
    }

    /// Whether this clock only moves when it is told to.
    #[must_use]
    pub const fn is_staged(&self) -> bool {
        matches!(self.0, Source::Staged(_))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn sleepers_wake_only_when_a_staged_clock_reaches_their_time() {
        let start = Time::from_unix_seconds(1_000);
        let clock = Clock::staged(start);
        let sleeper = clock.clone();
        let mut asleep = Box::pin(async move { sleeper.sleep(Span::hours(1)).await });
        assert!(asleep.as_mut().now_or_never().is_none());
        clock.advance_to(start + Span::minutes(59));
        assert!(asleep.as_mut().now_or_never().is_none());
        clock.advance_to(start + Span::hours(1));
        asleep.await;
        clock.advance_to(start);
        assert_eq!(clock.now(), start + Span::hours(1), "a staged clock never goes back");
    }

    #[tokio::test]
    async fn the_systems_clock_is_past_the_day_this_was_written_and_does_not_sleep_for_the_past() {
        let clock = Clock::system();
        assert!(clock.now() > Time::from_unix_seconds(1_780_000_000));
        clock.sleep_until(Time::from_unix_seconds(0)).await;
        let soon = clock.now() + Span::millis(2);
        clock.sleep_until(soon).await;
        assert!(clock.now() >= soon);
    }
}
