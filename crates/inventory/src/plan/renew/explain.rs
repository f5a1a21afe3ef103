//! The decision in words.

use std::fmt;

use notafter_cert::Time;

use super::{Hold, Nets, RenewPlan};
use crate::model::{AttemptFailure, Renewal};

/// Failures shown in full; older ones are counted.
const SHOWN: usize = 3;

impl RenewPlan {
    /// What `notafter explain` prints about a renewal, line by line.
    #[must_use]
    pub fn lines(&self, renewal: &Renewal, now: Time) -> Vec<String> {
        let mut lines = vec![self.headline(now)];
        lines.extend(self.holds.iter().map(|Hold { until, text }| format!("waits until {until}: {text}")));
        lines.extend(
            self.reasons
                .iter()
                .filter(|reason| reason.at <= now && reason.text != self.action.why)
                .map(|reason| format!("also: {} (since {})", reason.text, reason.at)),
        );
        lines.extend(failures(&renewal.failures));
        if !renewal.shed.is_empty() {
            let names: Vec<String> = renewal.shed.iter().map(ToString::to_string).collect();
            lines.push(format!("left out, because the self-check fails: {}", names.join(", ")));
        }
        lines
            .extend(self.limits.iter().filter(|one| one.left < one.burst).map(|one| format!("limit: {one}")));
        if let Some(runway) = &self.runway {
            lines.push(format!("runway: {runway}"));
            // Whoever wants it now is not late.
            if renewal.forced_at.is_none() {
                lines.push(match self.margin.is_negative() {
                    true => format!("margin: none, {} late", -self.margin),
                    false => format!("margin: {}", self.margin),
                });
            }
        }
        lines
    }

    fn headline(&self, now: Time) -> String {
        let Self { action, nets, .. } = self;
        let when = if action.not_before <= now {
            "now".to_owned()
        } else {
            format!("{} (in {})", to_the_minute(action.not_before), action.not_before.since(now))
        };
        match nets {
            Some(nets) => format!("next renewal {when}: {}; nets: {nets}", action.why),
            None => format!("first certificate {when}: {}", action.why),
        }
    }
}

impl fmt::Display for Nets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { regular, emergency, end, .. } = self;
        write!(
            f,
            "{} at {}, {} at {}, end at {}",
            regular.name,
            to_the_minute(regular.at),
            emergency.name,
            to_the_minute(emergency.at),
            to_the_minute(*end)
        )
    }
}

/// `2026-12-03T04:11Z`.
fn to_the_minute(at: Time) -> String {
    let text = at.to_string();
    text.get(..16).map_or_else(|| text.clone(), |minutes| format!("{minutes}Z"))
}

fn failures(failures: &[AttemptFailure]) -> Vec<String> {
    let (Some(first), count) = (failures.first(), failures.len()) else { return Vec::new() };
    let mut lines = vec![format!("failures: {count} since {}", first.at)];
    lines.extend(failures.iter().skip(count.saturating_sub(SHOWN)).map(|failure| {
        let AttemptFailure { at, code, message, .. } = failure;
        format!("  {at} {code}: {message}")
    }));
    lines
}
