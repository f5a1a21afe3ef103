//! Many certificates in one row.

use std::collections::BTreeMap;

use notafter_cert::Time;

use super::{BINS, Group, Lifetime, Picture, State};

/// Many certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// What they have in common; empty where they are those without the label.
    pub key: String,
    /// How many they are.
    pub count: usize,
    /// How many of them need a person, or have ended.
    pub amiss: usize,
    /// The next end that is still to come; where all have ended, the last of them.
    pub nearest: Time,
    /// The first end.
    pub first: Time,
    /// The last end.
    pub last: Time,
    /// How many ended before the view.
    pub before: usize,
    /// How many end in each part of the view.
    pub ends: [u32; BINS],
    /// The worst state of these.
    pub worst: [Option<State>; BINS],
    /// How many end after the view.
    pub after: usize,
    /// Of how many the renewal window begins in each part of the view.
    pub renewals: [u32; BINS],
}

impl GroupRow {
    fn new(key: &str, end: Time) -> Self {
        Self {
            key: key.to_owned(),
            count: 0,
            amiss: 0,
            nearest: end,
            first: end,
            last: end,
            before: 0,
            ends: [0; BINS],
            worst: [None; BINS],
            after: 0,
            renewals: [0; BINS],
        }
    }

    fn add(&mut self, one: &Lifetime, picture: &Picture) {
        let (end, now) = (one.not_after, picture.now);
        self.count += 1;
        self.amiss += usize::from(one.state(now) <= State::Person);
        self.first = self.first.min(end);
        self.last = self.last.max(end);
        self.nearest = match (self.nearest >= now, end >= now) {
            (true, true) => self.nearest.min(end),
            (false, false) => self.nearest.max(end),
            (true, false) => self.nearest,
            (false, true) => end,
        };
        match end {
            end if end < picture.from => self.before += 1,
            end if end > picture.to => self.after += 1,
            end => {
                let (at, state) = (bin(end, picture), one.state(now));
                self.ends[at] += 1;
                self.worst[at] = Some(self.worst[at].map_or(state, |worst| worst.min(state)));
            }
        }
        if let Some((begin, _)) = one.renewal
            && begin >= picture.from
            && begin <= picture.to
        {
            self.renewals[bin(begin, picture)] += 1;
        }
    }
}

/// The part of the view that an instant within it falls in.
fn bin(at: Time, picture: &Picture) -> usize {
    let whole = i128::from(picture.to.since(picture.from).as_micros()).max(1);
    let passed = i128::from(at.since(picture.from).as_micros()) * BINS as i128 / whole;
    usize::try_from(passed).unwrap_or(0).min(BINS - 1)
}

/// Every group, the one whose next end comes first at the top; of states, the worst.
pub(super) fn rows(chosen: &[&Lifetime], group: &Group, picture: &Picture) -> Vec<GroupRow> {
    let mut groups: BTreeMap<&str, GroupRow> = BTreeMap::new();
    for one in chosen {
        let key = group.of(one, picture.now);
        groups.entry(key).or_insert_with(|| GroupRow::new(key, one.not_after)).add(one, picture);
    }
    let mut rows: Vec<GroupRow> = groups.into_values().collect();
    let rank = |row: &GroupRow| State::ALL.iter().position(|state| state.key() == row.key);
    match group {
        Group::State => rows.sort_by_key(rank),
        _ => rows.sort_by_key(|row| (row.nearest < picture.now, row.nearest)),
    }
    rows
}
