//! How long an attempt waits after failures, and why.
//!
//! Pauses double per class of failure, up to a cap that shrinks with the time that is left; they are never endless, and
//! nothing is given up.

use notafter_cert::{Span, Time};
use serde::Serialize;

use super::{Nets, State, corrected};
use crate::ledger::Prediction;
use crate::model::{AttemptFailure, FailureClass, Renewal, Tried};
use crate::plan::ahead::{is_ahead, within};

/// Failures kept per lineage: the first one, since which it fails, and the newest ones.
pub(crate) const KEPT: usize = 50;
/// Five failed authorizations an hour are the budget of a public CA, not a target: four at the most.
const SUSTAINABLE: Span = Span::minutes(15);
/// The longest wait that a CA can impose by Retry-After: the slowest bucket of a public CA refills in a week.
const LONGEST_RETRY_AFTER: Span = Span::days(7);
/// After the last call nothing that asks to wait is believed further than this.
const LONGEST_WAIT_LATE: Span = Span::hours(6);

/// Why a renewal that is due waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// Until when.
    pub until: Time,
    /// In words.
    pub text: String,
}

/// Adds a failed attempt to a renewal's record, with what it was made with.
pub fn note_attempt(renewal: &mut Renewal, failure: AttemptFailure, tried: Tried) {
    note_failure(renewal, failure);
    renewal.tried = Some(Box::new(tried));
}

/// Adds a failed attempt of which no more is known to a renewal's record. What a clock that was ahead dated after it goes:
/// nothing fails since then.
pub fn note_failure(renewal: &mut Renewal, failure: AttemptFailure) {
    renewal.failures.retain(|earlier| !is_ahead(earlier.at, failure.at));
    renewal.failures.push(failure);
    let surplus = renewal.failures.len().saturating_sub(KEPT);
    renewal.failures.drain(1..=surplus);
}

/// Clears what a finished renewal leaves behind: failures, pauses, a person's wish, the order, the old window.
pub fn note_success(renewal: &mut Renewal) {
    *renewal = Renewal {
        blocked_keys: std::mem::take(&mut renewal.blocked_keys),
        shed: std::mem::take(&mut renewal.shed),
        went_back_from: std::mem::take(&mut renewal.went_back_from),
        ..Renewal::default()
    };
}

/// The waits of this state that do not come from a limit's ledger.
pub(super) fn holds(state: &State<'_>, urgent: bool) -> Vec<Hold> {
    let renewal = &state.lineage.renewal;
    let failures = relevant(state);
    let last = failures.last();
    // A person who asked for a renewal since the last failure does not wait for it. One who asked while the clock was ahead
    // has not asked since every failure to come.
    let forced = renewal.forced_at.filter(|forced| !is_ahead(*forced, state.now));
    if forced.is_some_and(|forced| last.is_none_or(|last| last.at < forced)) {
        return Vec::new();
    }
    // An answer of this plan to a failure that is not believed is not believed either.
    let believed = !renewal.failures.iter().any(|failure| is_ahead(failure.at, state.now));
    let mut holds = Vec::new();
    match (last, renewal.not_before) {
        // `not_before` then repeats an earlier answer of this plan, for people to read.
        (Some(last), _) => {
            let corrected = corrected::of(state);
            if corrected.is_none() {
                holds.push(after_failures(state, last, urgent));
            }
            // What the CA itself asked for holds as long as it is the CA.
            if corrected.is_none_or(|corrected| !corrected.another_ca) {
                holds.extend(retry_after(state, last));
            }
        }
        (None, Some(until)) if believed => {
            let until = cut_at_last_call(state, within(until, LONGEST_RETRY_AFTER, state.now));
            holds.push(Hold { until, text: "held back".to_owned() });
        }
        (None, _) => {}
    }
    holds
}

/// A wait that a predicted limit imposes.
pub(super) fn of_limit(state: &State<'_>, prediction: &Prediction) -> Hold {
    let until = cut_at_last_call(state, prediction.safe_at);
    Hold { until, text: format!("limit of the CA: {prediction}") }
}

/// When the next attempt may be made if another failure of `class` follows `failures` of its kind at `at`.
pub(super) fn pause(state: &State<'_>, class: FailureClass, failures: u32, at: Time, urgent: bool) -> Span {
    let nets = state.nets();
    let doublings = failures.saturating_sub(1).min(20);
    let doubled = class.first_pause().share(1 << doublings, 1);
    let longest = longest(nets.as_ref(), class, at, urgent);
    let shortest = shortest(nets.as_ref(), class);
    spread(state, doubled.min(longest).max(shortest))
}

/// The failures that say something about what is wanted now: one for a name that was dropped since does not, nor one that
/// has yet to happen by a clock that was set right since.
pub(super) fn relevant<'a>(state: &State<'a>) -> Vec<&'a AttemptFailure> {
    let wanted = state.wanted();
    state
        .lineage
        .renewal
        .failures
        .iter()
        .filter(|failure| !is_ahead(failure.at, state.now))
        .filter(|failure| {
            failure.identifiers.is_empty() || failure.identifiers.iter().any(|one| wanted.contains(one))
        })
        .collect()
}

fn after_failures(state: &State<'_>, last: &AttemptFailure, urgent: bool) -> Hold {
    let count = relevant(state).iter().filter(|failure| failure.class == last.class).count();
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let until = last.at + pause(state, last.class, count, last.at, urgent);
    let until = match state.nets() {
        // Entering the emergency ends a pause that was chosen before it.
        Some(nets) if last.at < nets.emergency.at => {
            let gap = last.at + shortest(Some(&nets), last.class);
            until.min(nets.emergency.at.max(gap))
        }
        _ => until,
    };
    let attempts = if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") };
    Hold { until, text: format!("{attempts} failed because of {}", words(last.class)) }
}

fn retry_after(state: &State<'_>, last: &AttemptFailure) -> Option<Hold> {
    let asked = last.retry_after?;
    let until = cut_at_last_call(state, asked.min(last.at + LONGEST_RETRY_AFTER));
    Some(Hold { until, text: format!("the CA asked to wait until {}", asked.for_people()) })
}

/// How long the CA asked to wait after this failure, as far as that is believed.
pub(crate) fn asked_to_wait(state: &State<'_>, failure: &AttemptFailure) -> Option<Span> {
    retry_after(state, failure).map(|hold| hold.until.since(failure.at))
}

/// Whatever asks to wait, one attempt is made while there is still time to deploy. Never sooner after a failure than the
/// CA's budget sustains.
fn cut_at_last_call(state: &State<'_>, until: Time) -> Time {
    let Some(nets) = state.nets() else { return until };
    let last = relevant(state).last().map(|failure| (failure.at, failure.class));
    match last {
        Some((at, _)) if at >= nets.last_call.at => until.min(at + LONGEST_WAIT_LATE),
        Some((at, class)) => until.min(nets.last_call.at.max(at + shortest(Some(&nets), class))),
        None if state.now >= nets.last_call.at => until.min(state.now),
        None => until.min(nets.last_call.at),
    }
}

/// The cap of a pause: by class, by the time left, and shorter in an emergency and shortly after the end.
fn longest(nets: Option<&Nets>, class: FailureClass, at: Time, urgent: bool) -> Span {
    let Some(nets) = nets else { return class.longest_pause() };
    let left = nets.end.since(at);
    let long_dead = left < -Span::days(1).max(nets.lifetime.share(1, 20));
    if long_dead {
        return class.longest_pause();
    }
    let cap = if urgent || at >= nets.emergency.at { emergency_pause(class) } else { class.longest_pause() };
    if left > Span::ZERO { cap.min(left.share(1, 8)) } else { cap }
}

const fn emergency_pause(class: FailureClass) -> Span {
    match class {
        FailureClass::Ours | FailureClass::Network => Span::minutes(10),
        FailureClass::Ca | FailureClass::Domain => Span::minutes(30),
        FailureClass::RateLimit => Span::hours(1),
    }
}

/// No attempt sooner than this after a failure: what a public CA's budget sustains, less for certificates of minutes.
pub(super) fn shortest(nets: Option<&Nets>, class: FailureClass) -> Span {
    let share = nets.map_or(SUSTAINABLE, |nets| nets.lifetime.share(1, 50));
    class.first_pause().min(SUSTAINABLE).min(share).max(Span::seconds(1))
}

/// Up to a tenth longer, fixed per lineage, so that a fleet that failed together does not retry together.
fn spread(state: &State<'_>, pause: Span) -> Span {
    let [.., high, low] = *state.lineage.id.as_bytes();
    let share = i64::from(u16::from_be_bytes([high, low])) % 1000;
    pause + pause.share(share, 10_000)
}

const fn words(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Ours => "this installation",
        FailureClass::Domain => "the domain",
        FailureClass::Ca => "the CA",
        FailureClass::RateLimit => "a limit of the CA",
        FailureClass::Network => "the network",
    }
}
