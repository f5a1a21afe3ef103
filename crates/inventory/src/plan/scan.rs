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
    /// When it was over, where it saw for the first time what another look must confirm before anybody is told.
    pub unconfirmed_at: Option<Time>,
}

/// Never more often than this, whatever the lifetime, unless the criticality asks for it.
const SHORTEST: Span = Span::minutes(1);

/// What a look saw of a critical endpoint for the first time is confirmed this much later: after more than a lost packet or
/// a restarted listener, and early enough to be told within 5 seconds of the first failure.
const CONFIRMED_AFTER: Span = Span::seconds(1);

/// A look so long after the first one is no longer the one that confirms it: less than the longest interval of what is critical.
pub const SOON_CONFIRMED: Span = Span::seconds(15);

/// How long a sample may take that confirms what the last look saw of a critical endpoint: what does not answer by then has
/// not recovered.
pub const CONFIRMING: Span = Span::millis(2500);

/// How long the sample may take that follows a failed one of a critical endpoint at once.
pub const AT_ONCE: Span = Span::seconds(1);

/// What is not well is looked at again this soon, so that recovery is seen and told.
const UNWELL: Span = Span::minutes(5);

/// A lifetime holds at least this many looks: a 6-day certificate is seen every 96 minutes.
const LOOKS_PER_LIFETIME: i64 = 96;

/// The instant of the next look: a share of the lifetime, within what the criticality allows, sooner when the endpoint
/// is unwell or about to become so. Endpoints spread over the interval by their identity, so that a fleet that was
/// registered at one instant is not looked at in one instant for ever.
#[must_use]
pub fn next_look(endpoint: EndpointId, criticality: Criticality, last: LastLook) -> Time {
    if let Some(ended) = last.unconfirmed_at.filter(|_| criticality == Criticality::Critical) {
        return ended + CONFIRMED_AFTER;
    }
    let longest = criticality.longest_interval();
    let by_lifetime = last.lifetime.map_or(longest, |lifetime| lifetime.share(1, LOOKS_PER_LIFETIME));
    let well = matches!(last.verdict, Severity::Ok | Severity::Warning);
    let interval = if well { by_lifetime.min(longest) } else { by_lifetime.min(longest).min(UNWELL) };
    let shortest = SHORTEST.min(longest);
    let interval = interval.max(shortest);
    let planned = last.at + interval - spread(endpoint, interval);
    match last.turning_point {
        // Not just before it either: the look that sees the turn would then have to keep its distance from that one.
        Some(turn) if turn > last.at && turn < planned + shortest => turn.max(last.at + shortest),
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
    const LOOKED: LastLook = LastLook {
        at: START,
        verdict: Severity::Ok,
        lifetime: None,
        turning_point: None,
        unconfirmed_at: None,
    };

    fn after(lifetime: Option<Span>, verdict: Severity, turning_point: Option<Time>) -> Span {
        let last = LastLook { at: START, verdict, lifetime, turning_point, unconfirmed_at: None };
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
        for (level, interval) in [
            (Criticality::Normal, Span::hours(6) - Span::minutes(36)),
            (Criticality::Critical, Span::seconds(18)),
        ] {
            let early = next_look(EndpointId::from_bytes([0xff; 16]), level, LOOKED);
            assert_eq!(early.since(START), interval, "{level}");
        }
    }

    #[test]
    fn the_level_sets_how_long_an_endpoint_waits_and_what_is_critical_waits_seconds() {
        let of = |level, last| next_look(EndpointId::from_bytes([0; 16]), level, last).since(START);
        for (level, interval) in [
            (Criticality::Low, Span::hours(24)),
            (Criticality::Normal, Span::hours(6)),
            (Criticality::High, Span::hours(1)),
            (Criticality::Critical, Span::seconds(20)),
        ] {
            assert_eq!(of(level, LOOKED), interval, "{level}");
            let unwell = LastLook { verdict: Severity::Critical, ..LOOKED };
            assert_eq!(of(level, unwell), interval.min(UNWELL), "{level}, unwell");
            let short = LastLook { lifetime: Some(Span::minutes(10)), ..LOOKED };
            assert_eq!(of(level, short), interval.min(SHORTEST), "{level}, a short lifetime");
            let turns = LastLook { turning_point: Some(START + Span::seconds(31)), ..LOOKED };
            let seen = if level == Criticality::Critical { 31 } else { 60 };
            assert_eq!(of(level, turns), Span::seconds(seen), "{level}, before a turning point");
        }
    }

    #[test]
    fn only_what_is_critical_is_seen_again_at_once_to_be_confirmed() {
        let last = LastLook {
            verdict: Severity::Critical,
            unconfirmed_at: Some(START + Span::seconds(10)),
            ..LOOKED
        };
        for (level, interval) in [
            (Criticality::Low, UNWELL),
            (Criticality::High, UNWELL),
            (Criticality::Critical, Span::seconds(11)),
        ] {
            let next = next_look(EndpointId::from_bytes([0; 16]), level, last);
            assert_eq!(next.since(START), interval, "{level}");
        }
    }
}
