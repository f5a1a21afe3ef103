//! When an endpoint is looked at next.

use notafter_cert::{Span, Time};

use crate::model::{Criticality, EndpointId, Severity};

/// What the last look tells about when to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastLook {
    /// When it was.
    pub at: Time,
    /// The worst verdict over the endpoint's addresses.
    pub verdict: Severity,
    /// The shortest lifetime among the leaves that were served; `None` when none was seen.
    pub lifetime: Option<Span>,
    /// The next instant at which the judgement changes by itself (a threshold or an end is passed), if any.
    pub turning_point: Option<Time>,
}

/// Never more often than this, whatever the lifetime.
const SHORTEST: Span = Span::minutes(1);

/// What is not well is looked at again this soon, so that recovery is seen and told.
const UNWELL: Span = Span::minutes(5);

/// A lifetime holds at least this many looks: a 6-day certificate is seen every 96 minutes.
const LOOKS_PER_LIFETIME: i64 = 96;

/// The instant of the next look: a share of the lifetime, within what the criticality allows, sooner when the endpoint
/// is unwell or about to become so. Endpoints spread over the interval by their identity, so that a fleet that was
/// registered at one instant is not looked at in one instant for ever.
#[must_use]
pub fn next_look(endpoint: EndpointId, criticality: Criticality, last: LastLook) -> Time {
    let longest = criticality.longest_interval();
    let by_lifetime = last.lifetime.map_or(longest, |lifetime| lifetime.share(1, LOOKS_PER_LIFETIME));
    let well = matches!(last.verdict, Severity::Ok | Severity::Warning);
    let interval = if well { by_lifetime.min(longest) } else { by_lifetime.min(longest).min(UNWELL) };
    let interval = interval.max(SHORTEST);
    let planned = last.at + interval - spread(endpoint, interval);
    match last.turning_point {
        // Not just before it either: the look that sees the turn would then have to keep its distance from that one.
        Some(turn) if turn > last.at && turn < planned + SHORTEST => turn.max(last.at + SHORTEST),
        _ => planned,
    }
}

/// Up to a tenth of the interval, the same for the same endpoint.
fn spread(endpoint: EndpointId, interval: Span) -> Span {
    let bytes = endpoint.as_bytes();
    let share = u16::from_be_bytes([bytes[14], bytes[15]]);
    interval.share(i64::from(share), i64::from(u16::MAX) * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time::from_unix_seconds(1_800_000_000);

    fn after(lifetime: Option<Span>, verdict: Severity, turning_point: Option<Time>) -> Span {
        let last = LastLook { at: START, verdict, lifetime, turning_point };
        next_look(EndpointId::from_bytes([0; 16]), Criticality::Normal, last).since(START)
    }

    #[test]
    fn the_interval_follows_the_lifetime_within_the_criticality() {
        let table = [
            (Span::hours(12), Span::hours(12).share(1, 96)),
            (Span::hours(160), Span::minutes(100)),
            (Span::days(47), Span::hours(6)),
            (Span::days(398), Span::hours(6)),
            (Span::minutes(10), SHORTEST),
        ];
        for (lifetime, interval) in table {
            assert_eq!(after(Some(lifetime), Severity::Ok, None), interval, "{lifetime}");
        }
        assert_eq!(after(None, Severity::Ok, None), Span::hours(6));
    }

    #[test]
    fn what_is_unwell_or_unknown_is_seen_again_soon() {
        assert_eq!(after(Some(Span::days(90)), Severity::Critical, None), UNWELL);
        assert_eq!(after(None, Severity::Unknown, None), UNWELL);
    }

    #[test]
    fn a_turning_point_before_the_next_look_is_not_missed() {
        assert_eq!(after(Some(Span::days(90)), Severity::Ok, Some(START + Span::hours(1))), Span::hours(1));
        assert_eq!(after(Some(Span::days(90)), Severity::Ok, Some(START - Span::hours(1))), Span::hours(6));
        assert_eq!(after(Some(Span::days(90)), Severity::Ok, Some(START + Span::seconds(1))), SHORTEST);
        for seconds in [-59, 0, 59] {
            let turn = Span::minutes(5) + Span::seconds(seconds);
            assert_eq!(after(Some(Span::days(90)), Severity::Critical, Some(START + turn)), turn, "{turn}");
        }
    }

    #[test]
    fn endpoints_spread_over_a_tenth_of_the_interval() {
        let last = LastLook { at: START, verdict: Severity::Ok, lifetime: None, turning_point: None };
        let early = next_look(EndpointId::from_bytes([0xff; 16]), Criticality::Normal, last);
        assert_eq!(early.since(START), Span::hours(6) - Span::minutes(36));
    }
}
