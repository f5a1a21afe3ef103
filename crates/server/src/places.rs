//! How many of a listener's places one source takes: whoever opens as many connections as there are places leaves room for others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places of a listener, by who takes them.
#[derive(Debug)]
pub(crate) struct Places {
    all: usize,
    of_one: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<IpAddr, usize>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    of: Arc<Places>,
    source: Option<IpAddr>,
}

impl Places {
    /// So many in all, and so many that one source has for sure.
    pub(crate) fn new(all: usize, of_one: usize) -> Arc<Self> {
        Arc::new(Self { all, of_one, taken: Mutex::default() })
    }

    /// Takes one. Beyond its share a source has those that nobody else is likely to need, while more than half are free: behind
    /// one address there may be an office, or a proxy. Nothing where it has too many; who is no source to count may have any.
    pub(crate) fn take(self: &Arc<Self>, source: Option<IpAddr>) -> Option<Place> {
        let mut taken = self.taken();
        let is_ample = taken.all < self.all / 2;
        if let Some(source) = source {
            let held = taken.by.get(&source).copied().unwrap_or_default();
            if held >= self.of_one && !is_ample {
                return None;
            }
            taken.by.insert(source, held + 1);
        }
        taken.all += 1;
        Some(Place { of: Arc::clone(self), source })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        taken.all = taken.all.saturating_sub(1);
        let Some(source) = self.source else { return };
        match taken.by.get_mut(&source) {
            Some(held) if *held > 1 => *held -= 1,
            _ => drop(taken.by.remove(&source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One client held every place of the listener.
    #[test]
    fn one_source_leaves_places_to_others() {
        let places = Places::new(256, 64);
        let source = |number: u8| Some(IpAddr::from([192, 0, 2, number]));
        let take = |number| -> Vec<Place> { std::iter::from_fn(|| places.take(source(number))).collect() };
        let mut first = take(1);
        assert_eq!(first.len(), 128, "while more than half are free");
        let second = take(2);
        assert_eq!(second.len(), 64);
        assert!(places.take(None).is_some(), "nobody knows who that is");
        drop(first.split_off(63));
        assert!(
            places.take(source(2)).is_some() && places.take(source(1)).is_some(),
            "places were given back"
        );
        drop((first, second));
        let taken = places.taken();
        assert_eq!((taken.all, taken.by.len()), (0, 0));
    }
}
