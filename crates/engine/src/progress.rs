//! Every loop proves that it gets on (law 12): the dead-man ping stops when one does not.

use std::collections::BTreeMap;
use std::sync::Mutex;

use notafter_cert::{Span, Time};

/// The last sign of life of each loop.
#[derive(Debug, Default)]
pub struct Progress(Mutex<BTreeMap<&'static str, Beat>>);

#[derive(Clone, Copy, Debug)]
struct Beat {
    at: Time,
    allowance: Span,
}

/// A loop that gave no sign of life within its allowance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// The loop's name.
    pub name: &'static str,
    /// Its last sign of life.
    pub since: Time,
}

impl Progress {
    /// The loop of this name got on; it promises to do so again within `allowance`.
    pub fn beat(&self, name: &'static str, at: Time, allowance: Span) {
        self.lock().insert(name, Beat { at, allowance });
    }

    /// A loop that ended on purpose is not missed.
    pub fn end(&self, name: &'static str) {
        self.lock().remove(name);
    }

    /// Loops that broke their promise.
    #[must_use]
    pub fn stalled(&self, now: Time) -> Vec<Stalled> {
        let late = |beat: &Beat| now.since(beat.at) > beat.allowance;
        self.lock()
            .iter()
            .filter(|(_, beat)| late(beat))
            .map(|(name, beat)| Stalled { name, since: beat.at })
            .collect()
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
        assert_eq!(late, [Stalled { name: "alert", since: start }]);
        progress.beat("alert", start + Span::minutes(2), Span::minutes(1));
        progress.end("scan");
        assert_eq!(progress.stalled(start + Span::minutes(3)), []);
    }
}
