//! What was fetched, kept as long as it is good; whoever asks for what is on its way waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use notafter_cert::{Span, Time};

use crate::Clock;

/// Nothing is fetched again sooner: not what failed either.
pub(super) const AT_LEAST: Span = Span::minutes(1);
/// Nothing is kept longer, whatever it says: a certificate may be revoked any time.
const AT_MOST: Span = Span::hours(1);

type Slot<T> = Arc<tokio::sync::Mutex<Option<(T, Time)>>>;

/// Something per key. Its size is bounded by the number of keys: when there are too many, all that is not being fetched goes.
pub(super) struct Cache<T> {
    slots: Mutex<HashMap<String, Slot<T>>>,
    most: usize,
}

/// What was fetched, and how long that is good for.
pub(super) struct Fetched<T> {
    pub(super) value: T,
    /// Until when it says that it is good.
    pub(super) until: Option<Time>,
    /// How long its server says so.
    pub(super) max_age: Option<Span>,
}

impl<T> Fetched<T> {
    /// What says nothing of how long it is good for.
    pub(super) const fn undated(value: T) -> Self {
        Self { value, until: None, max_age: None }
    }

    /// The shorter one counts, within bounds; without either, the shortest (RFC 6960 section 4.2.2.1: something newer may be there
    /// all the time).
    fn good_until(&self, now: Time) -> Time {
        let said = [self.until.map(|until| until.since(now)), self.max_age];
        let shortest = said.into_iter().flatten().min().unwrap_or(AT_LEAST);
        now + shortest.max(AT_LEAST).min(AT_MOST)
    }
}

impl<T: Clone> Cache<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { slots: Mutex::default(), most }
    }

    /// What is kept of this key, or else what `fetch` gives.
    pub(super) async fn of(&self, key: String, clock: &Clock, fetch: impl AsyncFnOnce() -> Fetched<T>) -> T {
        let slot = self.slot(key);
        let mut kept = slot.lock().await;
        if let Some((value, until)) = kept.as_ref()
            && clock.now() < *until
        {
            return value.clone();
        }
        let fetched = fetch().await;
        let until = fetched.good_until(clock.now());
        *kept = Some((fetched.value.clone(), until));
        fetched.value
    }

    fn slot(&self, key: String) -> Slot<T> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= self.most && !slots.contains_key(&key) {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn start() -> Time {
        Time::from_unix_seconds(1_790_000_000)
    }

    #[test]
    fn the_shorter_limit_counts_within_bounds() {
        let good_for = |until: Option<Span>, max_age: Option<Span>| {
            let fetched = Fetched { value: (), until: until.map(|span| start() + span), max_age };
            fetched.good_until(start()).since(start())
        };
        assert_eq!(good_for(None, None), AT_LEAST);
        assert_eq!(good_for(Some(Span::minutes(30)), None), Span::minutes(30));
        assert_eq!(good_for(Some(Span::minutes(30)), Some(Span::minutes(5))), Span::minutes(5));
        assert_eq!(good_for(Some(Span::days(7)), Some(Span::days(1))), AT_MOST);
        assert_eq!(good_for(Some(-Span::days(1)), None), AT_LEAST, "what is out of date already");
    }

    #[tokio::test]
    async fn what_is_good_is_fetched_once_and_what_is_kept_is_bounded() {
        let (cache, clock) = (Cache::new(2), Clock::staged(start()));
        let fetches = AtomicUsize::new(0);
        let ask = async |key: &str| {
            let fetch = async || Fetched::undated(fetches.fetch_add(1, Ordering::Relaxed));
            cache.of(key.to_owned(), &clock, fetch).await
        };
        let (one, other) = tokio::join!(ask("a"), ask("a"));
        assert_eq!((one, other), (0, 0), "whoever comes second waits for the first");
        clock.advance_to(start() + AT_LEAST);
        assert_eq!(ask("a").await, 1);
        assert_eq!((ask("b").await, ask("c").await), (2, 3));
        assert!(cache.slots.lock().unwrap().len() <= 2);
    }
}
