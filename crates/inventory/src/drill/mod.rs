//! What a drill showed: its steps, what would have failed, the runway, and the score. What somebody is told of it.

mod heard;
mod score;
#[cfg(test)]
mod tests;

use notafter_cert::{Span, Time};

use crate::model::{Alarm, Alert, Contact, Drill, DrillEnd, DrillEnding, Finding, Rehearsed, Subject};

pub use heard::{Heard, heard};
pub use score::{Judgement, PASS, Step, StepName, Verdict, end, judge};

/// The code of the alarm.
pub const ALARM: &str = "drill.alarm";
/// What is said of a message of the alarm that a drill keeps from arriving.
pub const HELD_BACK: &str = "held back: the drill plays that this way is silent";
/// How long a contact has to take the alarm of a drill before the next one hears; whoever is told last has as long.
pub const PATIENCE: Span = Span::minutes(5);

/// Drills are not planned oftener, or more seldom.
pub const SHORTEST: Span = Span::hours(1);
/// See [`SHORTEST`].
pub const LONGEST: Span = Span::days(400);
/// What could not be played is tried again after this, where it is planned.
const AGAIN: Span = Span::hours(6);

/// A fault goes by with half of the time that is left, and no longer than this: over a weekend.
const LONGEST_FAULT: Span = Span::days(4);
/// Everything is in its place on the stage so long before the renewal falls due: a hundredth of the lifetime, or this.
const LONGEST_PRELUDE: Span = Span::days(1);

/// How long after the stage was set a renewal falls due, and the fault begins.
#[must_use]
pub fn prelude(lifetime: Span) -> Span {
    lifetime.share(1, 100).min(LONGEST_PRELUDE)
}

/// When a fault is mended that begins as the renewal falls due, of a certificate that ends then.
#[must_use]
pub fn mended_at(due_at: Time, ends_at: Time) -> Time {
    due_at + ends_at.since(due_at).share(1, 2).min(LONGEST_FAULT)
}

/// When a lineage is rehearsed for the first time: a day after that was planned, so that nobody is woken for having applied a
/// file.
#[must_use]
pub fn first_at(rehearsed: Rehearsed, planned_at: Time) -> Time {
    planned_at + Span::days(1).min(rehearsed.every)
}

/// When a lineage is rehearsed next, from its last drill.
#[must_use]
pub fn due_at(rehearsed: Rehearsed, last: &Drill) -> Time {
    match &last.ended {
        Some(DrillEnd { at, how: DrillEnding::BrokenOff { .. }, .. }) => *at + AGAIN.min(rehearsed.every),
        _ => last.begun_at + rehearsed.every,
    }
}

/// Whether an alert is the alarm of a drill.
#[must_use]
pub const fn is_alarm(alert: &Alert) -> bool {
    matches!(alert.root, Subject::Drill(_))
}

/// Whether this finding is an alarm whose first contact is played to be out of reach.
#[must_use]
pub fn first_is_silent(finding: &Finding) -> bool {
    let violation = &finding.violation;
    violation.code == ALARM && violation.evidence["first_contact_silent"] == serde_json::Value::Bool(true)
}

/// Whether an alarm is over: somebody took it, or all of these contacts had their time.
#[must_use]
pub fn is_over(alarm: &Alarm, contacts: &[Contact], now: Time) -> bool {
    let last = alarm.told.iter().map(|told| told.at).max().unwrap_or(alarm.at);
    let all_told = contacts.iter().all(|contact| alarm.told.iter().any(|told| told.contact == *contact));
    let turns = i64::try_from(contacts.len()).unwrap_or(i64::MAX).saturating_add(1);
    // Whoever is out of reach, or not on duty, is never told.
    let latest = alarm.at + PATIENCE.share(turns, 1);
    alarm.taken.is_some() || (all_told && now.since(last) >= PATIENCE) || now >= latest
}
