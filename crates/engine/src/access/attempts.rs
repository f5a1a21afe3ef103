//! How often somebody may try to come in: five times, then again as the minutes pass, by name or passkey, and by address.

use std::collections::HashMap;

use notafter_cert::{Span, Time};

/// So many failures in a row cost nothing but the time of the check.
const FREE: u32 = 5;
/// Each further failure doubles the wait, from a minute to a quarter of an hour: an account is never locked for good,
/// which anybody could do to anybody.
const FIRST_WAIT: Span = Span::minutes(1);
const LONGEST_WAIT: Span = Span::minutes(15);
/// What failed so long ago is forgotten.
const REMEMBERED: Span = Span::hours(1);
/// So many names and addresses are remembered; beyond them, those that failed longest ago are forgotten first.
const MOST: usize = 10_000;

/// What was tried in vain.
#[derive(Debug, Default)]
pub struct Attempts(HashMap<String, Tried>);

#[derive(Clone, Copy, Debug)]
struct Tried {
    failures: u32,
    last: Time,
}

impl Tried {
    fn open_at(self) -> Time {
        match self.failures.checked_sub(FREE) {
            None => self.last,
            Some(beyond) => {
                let wait = FIRST_WAIT.as_micros() << beyond.min(8);
                self.last + Span::micros(wait.min(LONGEST_WAIT.as_micros()))
            }
        }
    }
}

impl Attempts {
    /// Until when nothing is tried for any of these; nothing where it may be tried now.
    #[must_use]
    pub fn refused(&self, keys: &[String], now: Time) -> Option<Time> {
        keys.iter()
            .filter_map(|key| self.0.get(key))
            .map(|tried| tried.open_at())
            .filter(|at| *at > now)
            .max()
    }

    /// It was tried in vain.
    pub fn failed(&mut self, keys: &[String], now: Time) {
        self.0.retain(|_, tried| tried.last + REMEMBERED > now);
        for key in keys {
            if self.0.len() >= MOST && !self.0.contains_key(key) {
                self.forget_oldest();
            }
            let tried = self.0.entry(key.clone()).or_insert(Tried { failures: 0, last: now });
            tried.failures = tried.failures.saturating_add(1);
            tried.last = now;
        }
    }

    /// What was counted as a failure when it began went well: it does not count, and what failed before for the first of
    /// the keys, the name, does not either.
    pub fn went_well(&mut self, keys: &[String]) {
        for (position, key) in keys.iter().enumerate() {
            let left = self.0.get_mut(key).map(|tried| {
                tried.failures = if position == 0 { 0 } else { tried.failures.saturating_sub(1) };
                tried.failures
            });
            if left == Some(0) {
                self.0.remove(key);
            }
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.0.iter().min_by_key(|(_, tried)| tried.last).map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.0.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_800_000_000);

    fn keys(name: &str) -> [String; 1] {
        [name.to_owned()]
    }

    #[test]
    fn five_tries_are_free_and_then_each_waits_longer_up_to_a_quarter_of_an_hour() {
        let mut attempts = Attempts::default();
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..12 {
            attempts.failed(&keys("ada"), now);
            let open = attempts.refused(&keys("ada"), now);
            waits.push(open.map_or(0, |open| open.since(now).as_micros() / 60_000_000));
            now = open.unwrap_or(now);
            assert_eq!(attempts.refused(&keys("ada"), now), None, "open at the instant that was told");
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15, 15]);
    }

    #[test]
    fn an_address_that_tries_many_names_waits_and_others_do_not() {
        let mut attempts = Attempts::default();
        for number in 0..5 {
            attempts.failed(&[format!("name {number}"), "address 192.0.2.1".to_owned()], NOW);
        }
        let asks = |name: &str, address: &str| [format!("name {name}"), format!("address {address}")];
        assert!(attempts.refused(&asks("fresh", "192.0.2.1"), NOW).is_some());
        assert_eq!(attempts.refused(&asks("fresh", "192.0.2.2"), NOW), None);
    }

    #[test]
    fn what_went_well_or_is_an_hour_old_is_forgotten() {
        let mut attempts = Attempts::default();
        for _ in 0..6 {
            attempts.failed(&keys("ada"), NOW);
        }
        attempts.failed(&keys("bob"), NOW + REMEMBERED);
        assert_eq!(attempts.0.len(), 1);
        attempts.went_well(&keys("bob"));
        assert!(attempts.0.is_empty());
    }

    #[test]
    fn signing_in_does_not_wash_an_address_clean() {
        let mut attempts = Attempts::default();
        let at = |name: &str| [format!("name {name}"), "address 192.0.2.1".to_owned()];
        for number in 0..4 {
            attempts.failed(&at(&number.to_string()), NOW);
        }
        attempts.failed(&at("mallory"), NOW);
        attempts.went_well(&at("mallory"));
        assert_eq!(attempts.refused(&at("ada"), NOW), None);
        attempts.failed(&at("ada"), NOW);
        assert!(attempts.refused(&at("ada"), NOW).is_some(), "five failures were this address's");
    }

    #[test]
    fn whoever_tries_a_million_names_fills_no_memory() {
        let mut attempts = Attempts::default();
        for number in 0..i64::try_from(MOST).unwrap() + 10 {
            attempts.failed(&keys(&number.to_string()), NOW + Span::micros(number));
        }
        assert_eq!(attempts.0.len(), MOST);
        assert!(!attempts.0.contains_key("0"), "the oldest went first");
    }
}
