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

    /// Returns once this clock shows `until` or later; at once when it already does. Where the clock is set back meanwhile,
    /// nobody sleeps longer than was left when he lay down.
    pub async fn sleep_until(&self, until: Time) {
        match &self.0 {
            Source::Staged(time) => {
                let mut times = time.subscribe();
                let begun = *times.borrow_and_update();
                // The sender lives as long as this clone: the wait cannot end early.
                drop(times.wait_for(|now| *now >= until || *now < begun).await);
            }
            Source::System => {
                let (begun, asleep) = (self.now(), tokio::time::Instant::now());
                loop {
                    let slept = Span::from_std(asleep.elapsed());
                    let left = left(until, self.now(), until.since(begun) - slept);
                    if left <= Span::ZERO {
                        return;
                    }
                    // A microsecond more, because the timer may round down and end just before `until`.
                    let nap = left.min(LONGEST_NAP).to_std() + Duration::from_micros(1);
                    tokio::time::sleep(nap).await;
                }
            }
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

    /// Sets a staged clock, also back, as the network sets a machine's that was ahead; sleepers wake where it goes back.
    pub fn set(&self, to: Time) {
        if let Source::Staged(time) = &self.0 {
            time.send_replace(to);
        }
    }

    /// Whether this clock only moves when it is told to.
    #[must_use]
    pub const fn is_staged(&self) -> bool {
        matches!(self.0, Source::Staged(_))
    }
}

/// How long is still to be slept: by this clock, and `unslept` by one that nobody sets. The second one is asked only where
/// they disagree, because clocks are slowed down and sped up to be set right.
fn left(until: Time, now: Time, unslept: Span) -> Span {
    until.since(now).min(unslept + SLEWED)
}

/// So much may two clocks of one machine differ over one sleep without anybody having set one.
const SLEWED: Span = Span::seconds(1);

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

    /// A clock that had been 400 days ahead left every loop of the server asleep for 400 days when it was set right.
    #[tokio::test]
    async fn a_clock_that_is_set_back_prolongs_no_sleep() {
        let start = Time::from_unix_seconds(1_000);
        let clock = Clock::staged(start + Span::days(400));
        let sleeper = clock.clone();
        let mut asleep = Box::pin(async move { sleeper.sleep(Span::minutes(1)).await });
        assert!(asleep.as_mut().now_or_never().is_none());
        clock.set(start);
        asleep.await;
        assert_eq!(clock.now(), start);
        let until = start + Span::days(400);
        assert_eq!(
            left(until, start, Span::seconds(-1)),
            Span::ZERO,
            "slept long enough, whatever the clock says"
        );
        assert_eq!(left(until, start, Span::seconds(20)), Span::seconds(21));
        assert_eq!(
            left(start, start + Span::days(1), Span::seconds(20)),
            -Span::days(1),
            "it was set forward"
        );
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
