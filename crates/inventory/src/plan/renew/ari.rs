//! One instant per renewal window (RFC 9773 section 4.2), drawn once and kept while the window is the same.

use notafter_cert::{Span, Time};

use super::held::Held;
use super::nets::SHORT;
use crate::model::AriChoice;

/// When the CA is asked again where it does not say.
const USUAL: Span = Span::hours(6);

/// What the CA answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Start of the window.
    pub start: Time,
    /// End of the window.
    pub end: Time,
    /// The CA's page about it.
    pub explanation_url: Option<String>,
    /// When it wants to be asked again (Retry-After).
    pub retry_after: Option<Time>,
}

/// The choice to store for this answer; `random` is the caller's. `None` when the window is empty or ends before the
/// version began, so that it cannot be about this version.
#[must_use]
pub fn draw(
    window: &Window,
    held: &Held,
    previous: Option<&AriChoice>,
    random: u64,
    now: Time,
) -> Option<AriChoice> {
    let length = window.end.since(window.start);
    if length <= Span::ZERO || window.end <= held.not_before {
        return None;
    }
    let kept = previous.filter(|choice| {
        choice.version == held.version && choice.start == window.start && choice.end == window.end
    });
    let chosen = kept.map_or_else(|| window.start + part(length, random), |choice| choice.chosen);
    Some(AriChoice {
        version: held.version,
        start: window.start,
        end: window.end,
        chosen,
        explanation_url: window.explanation_url.clone(),
        ask_again: ask_again(held.lifetime(), window.retry_after, now),
    })
}

/// When to ask for the window again: Retry-After within one hour and seven days; both halved for a certificate of
/// less than ten days, and never more than a quarter of its lifetime.
#[must_use]
pub fn ask_again(lifetime: Span, retry_after: Option<Time>, now: Time) -> Time {
    let (divisor, latest) = (divisor(lifetime), longest_wait(lifetime));
    let earliest = Span::hours(1).share(1, divisor).min(latest);
    let wanted = retry_after.map_or(USUAL, |at| at.since(now));
    now + wanted.min(latest).max(earliest).max(Span::seconds(1))
}

/// The CA is asked again within this.
pub(super) fn longest_wait(lifetime: Span) -> Span {
    Span::days(7).share(1, divisor(lifetime)).min(lifetime.share(1, 4))
}

fn divisor(lifetime: Span) -> i64 {
    if lifetime < SHORT { 2 } else { 1 }
}

/// `length * random / 2^64`: in `[0, length)`.
fn part(length: Span, random: u64) -> Span {
    let micros = (i128::from(length.as_micros()) * i128::from(random)) >> 64;
    Span::micros(i64::try_from(micros).unwrap_or(0))
}
