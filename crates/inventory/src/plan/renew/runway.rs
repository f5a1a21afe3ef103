//! Attempts that still fit before expiry at the present failure and rate limits.

use std::fmt;

use notafter_cert::{Span, Time};
use serde::Serialize;

use super::{State, backoff};
use crate::model::FailureClass;

/// Counting stops here: more room than this is room enough.
const ENOUGH: u32 = 999;

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
        match self.attempts {
            0 => write!(f, "no attempt fits before {}", self.until),
            1 => write!(f, "1 attempt fits before {}", self.until),
            ENOUGH => write!(f, "{ENOUGH} or more attempts fit before {}", self.until),
            count => write!(f, "{count} attempts fit before {}", self.until),
        }
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
