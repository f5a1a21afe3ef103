//! Failures that may pass by themselves while a flow is under way.

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Pauses after consecutive setbacks; the last one repeats.
const PAUSES: [Span; 6] = [
    Span::seconds(1),
    Span::seconds(5),
    Span::seconds(30),
    Span::minutes(2),
    Span::minutes(10),
    Span::minutes(30),
];

/// A pause, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Nothing to do before this instant.
    pub until: Time,
    /// What is waited for.
    pub why: String,
    /// What went wrong last, when that is the reason for the pause.
    pub setback: Option<Failure>,
}

/// Consecutive setbacks, and the pause they impose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Setbacks {
    count: u32,
    last: Option<Failure>,
    not_before: Option<Time>,
    /// When that was decided.
    #[serde(default)]
    since: Option<Time>,
}

/// What was decided by a clock that was further ahead than this is not waited for: the clock was set right since.
const AHEAD: Span = Span::minutes(5);

impl Setbacks {
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// One more. `Retry-After` is honoured where it asks for more than our own pause.
    pub(super) fn note(&mut self, failure: Failure, now: Time) {
        self.note_again(failure, self.count, now);
    }

    /// One more of a kind that is counted elsewhere: `before` of it came earlier.
    pub(super) fn note_again(&mut self, failure: Failure, before: u32, now: Time) {
        let step = usize::try_from(before).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
        let ours = now + PAUSES[step];
        self.not_before = Some(failure.retry_after.map_or(ours, |theirs| theirs.max(ours)));
        self.since = Some(now);
        self.count = self.count.saturating_add(1);
        self.last = Some(failure);
    }

    /// Nothing before this instant, although nothing went wrong.
    pub(super) fn pause(&mut self, until: Time, now: Time) {
        self.not_before = Some(until);
        self.since = Some(now);
    }

    /// An answer came that helped.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The pause that is still to be kept.
    pub(super) fn wait(&self, now: Time, why: &str) -> Option<Wait> {
        let believed = self.since.is_none_or(|since| since.since(now) <= AHEAD);
        let until = self.not_before.filter(|until| now < *until && believed)?;
        let why = self.last.as_ref().map_or_else(|| why.to_owned(), |failure| format!("{why} ({failure})"));
        Some(Wait { until, why, setback: self.last.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An order that waited while the clock was 400 days ahead went on waiting when it was set right.
    #[test]
    fn a_pause_that_began_while_the_clock_was_ahead_is_not_kept() {
        let now = Time::from_unix_seconds(1_796_000_000);
        let ahead = now + Span::days(400);
        let mut setbacks = Setbacks::default();
        setbacks.pause(ahead + Span::minutes(1), ahead);
        assert!(setbacks.wait(ahead, "for the CA").is_some());
        assert_eq!(setbacks.wait(now, "for the CA"), None);
        setbacks.pause(now + Span::minutes(1), now);
        let step_back = now - Span::seconds(2);
        assert!(
            setbacks.wait(step_back, "for the CA").is_some(),
            "clocks are set by small steps all the time"
        );
    }
}
