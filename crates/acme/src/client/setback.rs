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
}

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
        self.count = self.count.saturating_add(1);
        self.last = Some(failure);
    }

    /// Nothing before this instant, although nothing went wrong.
    pub(super) fn pause(&mut self, until: Time) {
        self.not_before = Some(until);
    }

    /// An answer came that helped.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The pause that is still to be kept.
    pub(super) fn wait(&self, now: Time, why: &str) -> Option<Wait> {
        let until = self.not_before.filter(|until| now < *until)?;
        let why = self.last.as_ref().map_or_else(|| why.to_owned(), |failure| format!("{why} ({failure})"));
        Some(Wait { until, why, setback: self.last.clone() })
    }
}
