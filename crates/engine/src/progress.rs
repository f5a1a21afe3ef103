//! Every loop proves that it gets on (law 12): the dead-man ping stops when one does not. One that turns without getting
//! on, because nothing can be stored, lives all the same: to begin anew would not help it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use notafter_cert::{Span, Time};

/// The last sign of life of each loop.
#[derive(Debug, Default)]
pub struct Progress(Mutex<BTreeMap<&'static str, Beat>>);

#[derive(Clone, Debug)]
struct Beat {
    at: Time,
    turned_at: Time,
    /// Since when it could claim nothing, and why.
    failing: Option<(Time, String)>,
    allowance: Span,
}

/// A store that does not answer for less is none to speak of: another process may have had it.
const HICCUP: Span = Span::seconds(10);

/// A loop that gave no sign of life within its allowance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// The loop's name.
    pub name: &'static str,
    /// Its last sign of life.
    pub since: Time,
    /// Why it gets at no work, where that is known.
    pub why: Option<String>,
}

impl Progress {
    /// The loop of this name got on; it promises to do so again within `allowance`.
    pub fn beat(&self, name: &'static str, at: Time, allowance: Span) {
        self.lock().insert(name, Beat { at, turned_at: at, failing: None, allowance });
    }

    /// The loop turned, whether or not it got on.
    pub fn turned(&self, name: &'static str, at: Time) {
        if let Some(beat) = self.lock().get_mut(name) {
            beat.turned_at = at;
        }
    }

    /// The loop could not claim its work: the disk is full, or the database does not answer.
    pub fn failed(&self, name: &'static str, at: Time, why: &str) {
        if let Some(beat) = self.lock().get_mut(name) {
            let since = beat.failing.as_ref().map_or(at, |(since, _)| *since);
            beat.failing = Some((since, why.to_owned()));
        }
    }

    /// The clock was set back: signs of life that it dated into the future would hide a loop that stalls.
    pub fn set_back(&self, by: Span) {
        for beat in self.lock().values_mut() {
            (beat.at, beat.turned_at) = (beat.at - by, beat.turned_at - by);
            beat.failing = beat.failing.take().map(|(since, why)| (since - by, why));
        }
    }

    /// A loop that ended on purpose is not missed.
    pub fn end(&self, name: &'static str) {
        self.lock().remove(name);
    }

    /// Loops that broke their promise: their work is not done.
    #[must_use]
    pub fn stalled(&self, now: Time) -> Vec<Stalled> {
        let beats = self.lock();
        let is_late = |beat: &Beat| now.since(beat.at) > beat.allowance;
        let fails = |beat: &Beat| beat.failing.as_ref().is_some_and(|(since, _)| now.since(*since) >= HICCUP);
        let stalled = beats.iter().filter(|(_, beat)| is_late(beat) || fails(beat));
        stalled
            .map(|(name, beat)| Stalled {
                name,
                since: beat.at,
                why: beat.failing.as_ref().map(|(_, why)| why.clone()),
            })
            .collect()
    }

    /// Loops that do not even turn any more: only a new process gets on with their work.
    #[must_use]
    pub fn dead(&self, now: Time) -> Vec<Stalled> {
        let beats = self.lock();
        let dead = beats.iter().filter(|(_, beat)| now.since(beat.turned_at) > beat.allowance);
        dead.map(|(name, beat)| Stalled { name, since: beat.turned_at, why: None }).collect()
    }

    /// Every loop with its last sign of life.
    #[must_use]
    pub fn beats(&self) -> Vec<(&'static str, Time)> {
        self.lock().iter().map(|(name, beat)| (*name, beat.at)).collect()
    }

    /// A loop that panicked while it held the lock left a whole map behind: every write is one insert.
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Beat>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_stalled_once_its_allowance_has_passed_and_not_before() {
        let progress = Progress::default();
        let start = Time::from_unix_seconds(0);
        progress.beat("scan", start, Span::minutes(5));
        progress.beat("alert", start, Span::minutes(1));
        assert_eq!(progress.stalled(start + Span::minutes(1)), []);
        let late = progress.stalled(start + Span::minutes(2));
        assert_eq!(late, [Stalled { name: "alert", since: start, why: None }]);
        progress.beat("alert", start + Span::minutes(2), Span::minutes(1));
        progress.end("scan");
        assert_eq!(progress.stalled(start + Span::minutes(3)), []);
    }

    /// A clock that had been ahead hid for as long that a loop stood still.
    #[test]
    fn a_loop_that_stands_still_is_stalled_although_the_clock_was_set_back() {
        let progress = Progress::default();
        let (start, ahead) = (Time::from_unix_seconds(0), Span::days(400));
        progress.beat("scan", start + ahead, Span::minutes(5));
        progress.set_back(ahead);
        assert_eq!(progress.stalled(start), []);
        assert_eq!(progress.stalled(start + Span::minutes(6)).len(), 1);
    }

    /// A full disk was told after five minutes: so long a loop may be busy.
    #[test]
    fn a_loop_that_can_claim_nothing_is_stalled_at_once_and_gets_on_when_it_can() {
        let progress = Progress::default();
        let start = Time::from_unix_seconds(0);
        progress.beat("scan", start, Span::minutes(5));
        progress.failed("scan", start + Span::seconds(1), "locked");
        assert_eq!(progress.stalled(start + Span::seconds(10)), [], "it may pass");
        let now = start + Span::seconds(11);
        progress.failed("scan", now, "no space left");
        let why = Some("no space left".to_owned());
        assert_eq!(
            progress.stalled(now),
            [Stalled { name: "scan", since: start, why }],
            "since the first time"
        );
        progress.beat("scan", now, Span::minutes(5));
        assert_eq!(progress.stalled(now + Span::minutes(1)), []);
    }

    #[test]
    fn a_loop_that_turns_and_gets_nowhere_is_stalled_and_not_dead() {
        let progress = Progress::default();
        let start = Time::from_unix_seconds(0);
        progress.beat("scan", start, Span::minutes(5));
        progress.turned("scan", start + Span::minutes(4));
        let now = start + Span::minutes(6);
        assert_eq!((progress.stalled(now).len(), progress.dead(now).len()), (1, 0));
        let now = start + Span::minutes(10);
        assert_eq!(
            progress.dead(now),
            [Stalled { name: "scan", since: start + Span::minutes(4), why: None }]
        );
    }
}
