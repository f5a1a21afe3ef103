//! Attempts that still fit before expiry at the present failure and rate limits.

use std::fmt;

use notafter_cert::{Span, Time};
use serde::Serialize;

use super::{State, backoff};
use crate::model::FailureClass;

/// Counting stops here: more room than this is room enough.
const ENOUGH: u32 = 999;
/// What is said of that much room: a number of nines reads like an overflow.
const PLENTY: u32 = 900;

/// How many more times a renewal can fail before the certificate ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Runway {
    /// Attempts that fit, 999 at most.
    pub attempts: u32,
    /// The end of the certificate.
    pub until: Time,
    /// The kind of failure that is assumed to go on: the last one, or a failing domain where none failed yet.
    pub assumed: FailureClass,
}

impl fmt::Display for Runway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} before {}", attempts_fit(self.attempts), self.until.for_people())
    }
}

/// How many attempts fit, in words.
#[must_use]
pub fn attempts_fit(attempts: u32) -> String {
    match attempts {
        0 => "no attempt fits".to_owned(),
        1 => "1 attempt fits".to_owned(),
        ENOUGH.. => format!("more than {PLENTY} attempts fit"),
        count => format!("{count} attempts fit"),
    }
}

/// Plays the failures that would follow if every attempt from `first` on failed like the last one.
pub(super) fn runway(state: &State<'_>, first: Time) -> Option<Runway> {
    let nets = state.nets()?;
    let failures = backoff::relevant(state);
    let assumed = failures.last().map_or(FailureClass::Domain, |last| last.class);
    let mut count = u32::try_from(failures.iter().filter(|one| one.class == assumed).count()).unwrap_or(0);
    let mut attempts = 0;
    let mut at = first.max(state.now);
    while at <= nets.end && attempts < ENOUGH {
        attempts += 1;
        count = count.saturating_add(1);
        let urgent = at >= nets.emergency.at;
        let pause = backoff::pause(state, assumed, count, at, urgent).max(Span::seconds(1));
        let next = at + pause;
        at = if at < nets.emergency.at {
            next.min(nets.emergency.at.max(at + backoff::shortest(Some(&nets), assumed)))
        } else {
            next
        };
    }
    Some(Runway { attempts, until: nets.end, assumed })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "999 or more attempts fit" read like an overflow.
    #[test]
    fn much_room_is_said_in_a_round_number() {
        let said = [0, 1, 2, 998, ENOUGH].map(attempts_fit);
        insta::assert_debug_snapshot!(said, @r#"
        [
            "no attempt fits",
            "1 attempt fits",
            "2 attempts fit",
            "998 attempts fit",
            "more than 900 attempts fit",
        ]
        "#);
    }
}
