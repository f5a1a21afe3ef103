//! How a component is, from what looks show of its endpoints.

use std::collections::BTreeMap;

use notafter_cert::{Span, Time};

use super::{Component, Watched};
use crate::model::{ComponentState, Criticality, Finding, FindingState, Severity, Violation};
use crate::rule::Mark;

/// What a finding means to whoever uses the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nobody is served at the addresses that it is about.
    Fails,
    /// Some programs are not.
    Hinders,
    /// How that is cannot be seen.
    Hides,
}

/// What a violation means to whoever uses the service; nothing where they do not notice it.
pub(super) fn effect(violation: &Violation) -> Option<Effect> {
    match violation.fails_clients() {
        true if violation.is_marked(Mark::ForSome) => Some(Effect::Hinders),
        true => Some(Effect::Fails),
        false if violation.severity == Severity::Unknown && violation.is_of_a_look() => Some(Effect::Hides),
        false => None,
    }
}

/// Two looks may be missing; a server that begins needs a moment, too.
pub(super) fn is_old(criticality: Criticality, looked_at: Time, now: Time) -> bool {
    const AT_LEAST: Span = Span::minutes(15);
    let interval = criticality.longest_interval();
    now.since(looked_at) > (interval + interval).max(AT_LEAST)
}

/// How a component is now.
pub(super) fn now(component: &Component, now: Time) -> ComponentState {
    let state = |endpoint: &Watched| match endpoint.looked_at {
        Some(at) if !is_old(endpoint.criticality, at, now) => {
            of_endpoint(endpoint, |finding| finding.state == FindingState::Open)
        }
        // What was wrong when somebody last looked may be mended, and what was well may not be any more.
        _ => ComponentState::Unknown,
    };
    together(component.endpoints.iter().map(state))
}

/// How a component was, from its beginning on: each finding is taken in and out once, in the order of time, so that what a
/// shared cause does to many endpoints at one instant is not counted again for each of them.
pub(super) struct Course {
    /// Oldest first: whether a finding begins to hold or ends, at which endpoint, and what it weighs.
    turns: std::iter::Peekable<std::vec::IntoIter<(Time, bool, usize, Weight)>>,
    endpoints: Vec<Load>,
    /// How many endpoints are how.
    states: BTreeMap<ComponentState, usize>,
}

impl Course {
    pub(super) fn of(component: &Component) -> Self {
        let mut turns = Vec::new();
        for (number, endpoint) in component.endpoints.iter().enumerate() {
            for finding in &endpoint.findings {
                let ended = until(finding);
                let Some(weight) = Weight::of(&finding.violation) else { continue };
                if ended.is_some_and(|ended| ended <= finding.opened_at) {
                    continue;
                }
                turns.extend(ended.map(|ended| (ended, false, number, weight.clone())));
                turns.push((finding.opened_at, true, number, weight));
            }
        }
        turns.sort_by_key(|(at, begins, ..)| (*at, *begins));
        let endpoints: Vec<Load> =
            component.endpoints.iter().map(|endpoint| Load::none(endpoint.addresses)).collect();
        let mut states = BTreeMap::new();
        for load in &endpoints {
            *states.entry(load.state()).or_default() += 1;
        }
        Self { turns: turns.into_iter().peekable(), endpoints, states }
    }

    /// How it was at an instant, as far as findings tell. Instants are asked for in their order.
    pub(super) fn at(&mut self, at: Time) -> ComponentState {
        while let Some((_, begins, number, weight)) = self.turns.next_if(|(turn, ..)| *turn <= at) {
            let load = &mut self.endpoints[number];
            let before = load.state();
            if begins {
                load.add(&weight);
            } else {
                load.take(&weight);
            }
            let after = load.state();
            if before != after {
                *self.states.entry(after).or_default() += 1;
                if let Some(count) = self.states.get_mut(&before) {
                    *count -= 1;
                }
            }
        }
        let held = self.states.iter().filter(|(_, count)| **count > 0);
        together(held.map(|(state, _)| *state))
    }
}

/// When a finding was over; nothing while it holds.
pub(super) fn until(finding: &Finding) -> Option<Time> {
    match finding.state {
        FindingState::Open => None,
        FindingState::Closed => Some(finding.closed_at.unwrap_or(finding.changed_at)),
    }
}

/// What a finding means to whoever uses the endpoint.
#[derive(Clone, Debug)]
enum Weight {
    /// All of it serves nobody.
    Whole,
    /// These addresses serve nobody.
    Addresses(Vec<String>),
    /// Some programs are not served.
    Hinders,
    /// How it is cannot be seen.
    Hides,
}

impl Weight {
    fn of(violation: &Violation) -> Option<Self> {
        Some(match effect(violation)? {
            Effect::Fails => match addresses(violation) {
                addresses if addresses.is_empty() => Self::Whole,
                addresses => Self::Addresses(addresses),
            },
            Effect::Hinders => Self::Hinders,
            Effect::Hides => Self::Hides,
        })
    }
}

/// What holds of an endpoint at one time.
#[derive(Debug)]
struct Load {
    addresses: usize,
    whole: usize,
    failing: BTreeMap<String, usize>,
    hinders: usize,
    hides: usize,
}

impl Load {
    const fn none(addresses: usize) -> Self {
        Self { addresses, whole: 0, failing: BTreeMap::new(), hinders: 0, hides: 0 }
    }

    fn add(&mut self, weight: &Weight) {
        match weight {
            Weight::Whole => self.whole += 1,
            Weight::Addresses(addresses) => {
                for address in addresses {
                    *self.failing.entry(address.clone()).or_default() += 1;
                }
            }
            Weight::Hinders => self.hinders += 1,
            Weight::Hides => self.hides += 1,
        }
    }

    /// Takes out what was added before.
    fn take(&mut self, weight: &Weight) {
        match weight {
            Weight::Whole => self.whole -= 1,
            Weight::Addresses(addresses) => {
                for address in addresses {
                    if let Some(count) = self.failing.get_mut(address) {
                        *count -= 1;
                    }
                }
                self.failing.retain(|_, count| *count > 0);
            }
            Weight::Hinders => self.hinders -= 1,
            Weight::Hides => self.hides -= 1,
        }
    }

    fn state(&self) -> ComponentState {
        match () {
            () if self.whole > 0 || self.failing.len() >= self.addresses.max(1) => {
                ComponentState::MajorOutage
            }
            () if !self.failing.is_empty() => ComponentState::PartialOutage,
            () if self.hinders > 0 => ComponentState::DegradedPerformance,
            () if self.hides > 0 => ComponentState::Unknown,
            () => ComponentState::Operational,
        }
    }
}

/// How an endpoint is, as far as findings tell that count.
pub(super) fn of_endpoint(endpoint: &Watched, counts: impl Fn(&Finding) -> bool) -> ComponentState {
    let mut load = Load::none(endpoint.addresses);
    for finding in endpoint.findings.iter().filter(|finding| counts(finding)) {
        if let Some(weight) = Weight::of(&finding.violation) {
            load.add(&weight);
        }
    }
    load.state()
}

/// The addresses that it is about; none where it is about all of them.
pub(super) fn addresses(violation: &Violation) -> Vec<String> {
    serde_json::from_value(violation.evidence["addresses"].clone()).unwrap_or_default()
}

/// Several together: a part that serves nobody makes it partial, unless no part serves anybody.
fn together(states: impl Iterator<Item = ComponentState> + Clone) -> ComponentState {
    let worst = states.clone().max().unwrap_or(ComponentState::Unknown);
    let is_whole = states.clone().all(|state| state == worst);
    match worst {
        ComponentState::MajorOutage if !is_whole => ComponentState::PartialOutage,
        worst => worst,
    }
}

/// All components together; nothing where there is none.
pub(super) fn overall(states: impl Iterator<Item = ComponentState> + Clone) -> Option<ComponentState> {
    states.clone().next().map(|_| together(states))
}
