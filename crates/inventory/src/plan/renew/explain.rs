//! The decision in words.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{Hold, Nets, Prediction, Reason, RenewPlan};
use crate::cause::steady;
use crate::model::{AttemptFailure, Lineage, Renewal};

/// Causes that are told; older ones are counted.
const SHOWN: usize = 3;

/// What attempts failed for since the last success: one cause, however many attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCause {
    /// Attempts that failed so.
    pub times: usize,
    /// The first of them.
    pub first: Time,
    /// The last of them.
    pub last: Time,
    /// The catalogue's code.
    pub code: String,
    /// What happened, in words.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl FailedCause {
    /// How often, and when: `failed 2 times since 2026-11-30 10:01 UTC, last at 2026-11-30 10:06 UTC`.
    #[must_use]
    pub fn when(&self) -> String {
        match self.times {
            1 => format!("failed at {}", self.last.for_people()),
            times => {
                let (first, last) = (self.first.for_people(), self.last.for_people());
                format!("failed {times} times since {first}, last at {last}")
            }
        }
    }
}

/// The causes of failed attempts of this lineage, where CAs ask at this port: each once, the one that failed last first.
#[must_use]
pub fn failed_causes(lineage: &Lineage, failures: &[AttemptFailure], http01_port: u16) -> Vec<FailedCause> {
    let mut causes: Vec<FailedCause> = Vec::new();
    for failure in failures.iter().rev() {
        let message = steady(&failure.message);
        match causes.iter_mut().find(|known| known.code == failure.code && known.message == message) {
            Some(known) => (known.times, known.first) = (known.times + 1, failure.at),
            None => causes.push(FailedCause {
                times: 1,
                first: failure.at,
                last: failure.at,
                code: failure.code.clone(),
                message,
                hint: failure.hint(lineage, http01_port),
            }),
        }
    }
    causes
}

/// What stands in place of the hint of a finding that asks why a certificate was not renewed, above where that is told.
#[must_use]
pub fn known_below(code: &str, failed: &[FailedCause]) -> Option<String> {
    let asks = matches!(code, "certificate.expires-soon" | "certificate.expired") && !failed.is_empty();
    asks.then(|| "Its renewal fails: why, and what mends it, stands below.".to_owned())
}

impl RenewPlan {
    /// What `notafter explain` prints about a renewal, line by line: first when it is, and why then; `failed` is what failed
    /// since the last success.
    #[must_use]
    pub fn lines(&self, renewal: &Renewal, failed: &[FailedCause], now: Time) -> Vec<String> {
        let mut lines = vec![self.headline(now)];
        let other = self.holds.iter().rev().skip(1).rev();
        lines.extend(other.map(|Hold { until, text }| format!("waits until {}: {text}", until.for_people())));
        lines.extend(self.also(now));
        lines.extend(told(failed));
        if !renewal.shed.is_empty() {
            let names: Vec<String> = renewal.shed.iter().map(ToString::to_string).collect();
            lines.push(format!("left out, because the self-check fails: {}", names.join(", ")));
        }
        lines.extend(self.limits.iter().filter(|one| one.left < one.burst).map(|one| limit(one, now)));
        lines.extend(self.nets.as_ref().map(|nets| by_lifetime(nets, now)));
        lines.extend(self.runway.iter().map(|runway| format!("room to fail: {runway}")));
        lines
    }

    /// A try that waits says what for; why it is due at all follows in its own line.
    fn headline(&self, now: Time) -> String {
        let action = &self.action;
        let when = match action.not_before <= now {
            true => "now".to_owned(),
            false => action.not_before.with_distance(now),
        };
        match (self.holds.last(), &self.nets) {
            (Some(hold), Some(_)) => format!("next try {when}: {}", hold.text),
            (None, Some(_)) => format!("next renewal {when}: {}", action.why),
            (hold, None) => {
                let why = hold.map_or(&action.why, |hold| &hold.text);
                format!("first certificate {when}: {why}")
            }
        }
    }

    /// The rules that ask for it already, but for one that the headline tells.
    fn also(&self, now: Time) -> impl Iterator<Item = String> {
        let is_told = |reason: &Reason| self.holds.is_empty() && reason.text == self.action.why;
        let due = self.reasons.iter().filter(move |reason| reason.at <= now && !is_told(reason));
        due.map(move |Reason { at, text, .. }| match *at == now {
            true => format!("due: {text}"),
            false => format!("due since {}: {text}", at.for_people()),
        })
    }
}

/// What holds whatever the CA's windows and limits say.
fn by_lifetime(Nets { regular, emergency, end, .. }: &Nets, now: Time) -> String {
    format!(
        "by its lifetime alone: due {} ({} left), urgent {} ({} left); it {}",
        regular.at.for_people(),
        regular.name,
        emergency.at.for_people(),
        emergency.name,
        end.as_end(now)
    )
}

fn limit(limit: &Prediction, now: Time) -> String {
    match limit.safe_at > now {
        true => format!("limit of the CA: {limit}"),
        false => {
            let Prediction { limit, subject, left, burst, .. } = limit;
            format!("limit of the CA: {limit} ({subject}): {left} of {burst} left")
        }
    }
}

fn told(failed: &[FailedCause]) -> Vec<String> {
    let mut lines = Vec::new();
    for cause in failed.iter().take(SHOWN) {
        lines.push(format!("{}: {} ({})", cause.when(), cause.message, cause.code));
        lines.push(format!("  hint: {}", cause.hint));
    }
    let earlier: usize = failed.iter().skip(SHOWN).map(|cause| cause.times).sum();
    if earlier > 0 {
        lines.push(format!("and {earlier} more before, for other reasons"));
    }
    lines
}
