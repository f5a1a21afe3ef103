//! How a component is, from what looks show of its endpoints.

use std::collections::BTreeSet;

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

/// How a component was at an instant, as far as findings tell.
pub(super) fn at(component: &Component, at: Time) -> ComponentState {
    let holds = |finding: &Finding| {
        finding.opened_at <= at
            && (finding.state == FindingState::Open || finding.closed_at.is_none_or(|closed| closed > at))
    };
    together(component.endpoints.iter().map(|endpoint| of_endpoint(endpoint, holds)))
}

/// How an endpoint is, as far as findings tell that count.
pub(super) fn of_endpoint(endpoint: &Watched, holds: impl Fn(&Finding) -> bool) -> ComponentState {
    let mut failing: BTreeSet<String> = BTreeSet::new();
    let (mut whole, mut hinders, mut hides) = (false, false, false);
    for violation in endpoint.findings.iter().filter(|finding| holds(finding)).map(|one| &one.violation) {
        match effect(violation) {
            Some(Effect::Fails) => match addresses(violation) {
                addresses if addresses.is_empty() => whole = true,
                addresses => failing.extend(addresses),
            },
            Some(Effect::Hinders) => hinders = true,
            Some(Effect::Hides) => hides = true,
            None => {}
        }
    }
    match () {
        () if whole || failing.len() >= endpoint.addresses.max(1) => ComponentState::MajorOutage,
        () if !failing.is_empty() => ComponentState::PartialOutage,
        () if hinders => ComponentState::DegradedPerformance,
        () if hides => ComponentState::Unknown,
        () => ComponentState::Operational,
    }
}

/// The addresses that it is about; none where it is about all of them.
fn addresses(violation: &Violation) -> Vec<String> {
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
