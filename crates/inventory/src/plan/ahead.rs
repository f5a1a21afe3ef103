//! What a clock wrote down that was ahead: a battery was empty, and the network set the clock right later. Whatever is dated
//! like this holds nothing back until its date comes.

use notafter_cert::{Span, Time};

/// Clocks are set by small steps all the time, and two machines never agree.
pub const TOLERANCE: Span = Span::minutes(5);

/// Whether what was written down at `at` was written by a clock that was ahead of the present one.
#[must_use]
pub fn is_ahead(at: Time, now: Time) -> bool {
    at.since(now) > TOLERANCE
}

/// Until when something is waited for that never waits longer than `longest`: what lies further ahead was planned by a clock
/// that was ahead, and is due.
#[must_use]
pub fn within(until: Time, longest: Span, now: Time) -> Time {
    if until.since(now) > longest + TOLERANCE { now } else { until }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_the_clock_is_no_clock_that_was_ahead() {
        let now = Time::from_unix_seconds(1_796_000_000);
        for (ahead, expected) in [(-60, false), (0, false), (300, false), (301, true), (400 * 86_400, true)] {
            assert_eq!(is_ahead(now + Span::seconds(ahead), now), expected, "{ahead}");
        }
        let hour = Span::hours(1);
        for (until, left) in [(-5, -5), (60, 60), (65, 65), (66, 0)] {
            let until = now + Span::minutes(until);
            assert_eq!(within(until, hour, now), now + Span::minutes(left), "{until}");
        }
    }
}
