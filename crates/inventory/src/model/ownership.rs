//! That an owner still answers for what it owns: since when it is asked, who said so, and until when that counts.

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::{Actor, Owner, OwnerId};

/// What is known of an owner that is asked. How often it is asked is the inventory's ([`Owner::acknowledge`]), this is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// Who is asked.
    pub owner_id: OwnerId,
    /// Since when it is.
    pub since: Time,
    /// When a message asked it last, after it said so last.
    pub asked_at: Option<Time>,
    /// Who said so last.
    pub given: Option<Given>,
}

/// Somebody said that an owner still answers for what it owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// When.
    pub at: Time,
    /// Who.
    pub by: Actor,
}

impl Ownership {
    /// How long whoever never said so has, from when it is asked first; where it is asked oftener, as long as that.
    pub const FIRST_WITHIN: Span = Span::days(14);
    /// Nobody is asked oftener.
    pub const SHORTEST: Span = Span::days(1);
    /// Nobody is asked more seldom: a team that was there three years ago says little.
    pub const LONGEST: Span = Span::days(1_096);

    /// Until when what was said counts, or the first answer is waited for: that instant is the first one that is too late.
    #[must_use]
    pub fn until(&self, every: Span) -> Time {
        match &self.given {
            Some(given) => given.at + every,
            None => self.since + Self::FIRST_WITHIN.min(every),
        }
    }

    /// Whether nobody says at this instant that the owner answers.
    #[must_use]
    pub fn is_over(&self, every: Span, now: Time) -> bool {
        now >= self.until(every)
    }

    /// For people: `payments said at 2026-11-30 09:00 UTC (ada) that it still answers; that counts until ...`. Nothing where
    /// the owner is not asked.
    #[must_use]
    pub fn for_people(owner: &Owner, known: Option<&Self>, now: Time) -> Option<String> {
        let every = owner.acknowledge?;
        let Some(known) = known else {
            return Some(format!("is asked every {every} whether it still answers"));
        };
        let (until, over) = (known.until(every).for_people(), known.is_over(every, now));
        Some(match (&known.given, over) {
            (Some(Given { at, by }), false) => {
                format!("{by} said at {} that it still answers; that counts until {until}", at.for_people())
            }
            (Some(Given { at, by }), true) => format!(
                "nobody says that it still answers since {until}; {by} last did at {}",
                at.for_people()
            ),
            (None, false) => format!("is asked until {until} whether it answers"),
            (None, true) => format!("nobody ever said that it answers; asked until {until}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_until_its_instant_and_not_at_it() {
        let at = |text: &str| -> Time { text.parse().unwrap() };
        let never = Ownership {
            owner_id: OwnerId::from_bytes([1; 16]),
            since: at("2026-11-01T09:00:00Z"),
            asked_at: None,
            given: None,
        };
        let by = Actor::User("ada".to_owned());
        let given = Ownership { given: Some(Given { at: at("2026-11-10T09:00:00Z"), by }), ..never.clone() };
        let (half_a_year, three_days) = (Span::days(180), Span::days(3));
        let table = [
            (&never, half_a_year, "2026-11-15T08:59:59Z", false),
            (&never, half_a_year, "2026-11-15T09:00:00Z", true),
            (&never, three_days, "2026-11-04T08:59:59Z", false),
            (&never, three_days, "2026-11-04T09:00:00Z", true),
            (&given, half_a_year, "2027-05-09T08:59:59Z", false), // a second before day 0
            (&given, half_a_year, "2027-05-09T09:00:00Z", true),
            (&given, half_a_year, "2027-05-10T09:00:00Z", true), // day -1
            // Asked oftener than when it was given: it counts for less.
            (&given, three_days, "2026-11-13T09:00:00Z", true),
        ];
        for (known, every, now, over) in table {
            assert_eq!(known.is_over(every, at(now)), over, "{every}, {now}");
        }
    }
}
