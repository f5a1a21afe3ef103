//! Instants and spans: UTC microseconds inside, RFC 3339 outside, whole seconds at the edges of X.509 and ACME.

use std::fmt;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const MICROS: i64 = 1_000_000;

/// An instant: microseconds since 1970-01-01T00:00:00Z. Arithmetic saturates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A signed length of time in microseconds. Arithmetic saturates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

impl Time {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded towards the past.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// How long after `earlier` this is; negative when it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// Calendar form, for the rare judgement that needs weekdays or dates. `None` outside years -9999 to 9999.
    #[must_use]
    pub fn calendar(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).ok()
    }

    /// The end of something, as people read it at an instant: `ends 2026-12-03 04:11 UTC (in 29 d 3 h)`, `ended 2026-10-03
    /// 04:11 UTC (50 d ago)`.
    #[must_use]
    pub fn as_end(self, at: Self) -> String {
        let left = self.since(at);
        let is_over = left.is_negative() && left.abs() >= Span::seconds(1);
        format!("{} {}", if is_over { "ended" } else { "ends" }, self.with_distance(at))
    }

    /// The same below a heading that says what it is: `2026-12-03 04:11 UTC (in 29 d 3 h)`, `2026-10-03 04:11 UTC (50 d ago)`.
    #[must_use]
    pub fn with_distance(self, at: Self) -> String {
        let left = self.since(at);
        let distance = match left.is_negative() {
            _ if left.abs() < Span::seconds(1) => "now".to_owned(),
            true => format!("{} ago", left.abs()),
            false => format!("in {left}"),
        };
        format!("{} ({distance})", self.for_people())
    }

    /// `2026-12-03 04:11 UTC`: the form people read.
    #[must_use]
    pub fn for_people(self) -> String {
        self.calendar().map_or_else(
            || format!("{} s after 1970", self.unix_seconds()),
            |at| {
                let (year, month, day) = at.to_calendar_date();
                format!("{year:04}-{:02}-{day:02} {:02}:{:02} UTC", u8::from(month), at.hour(), at.minute())
            },
        )
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From microseconds.
    #[must_use]
    pub const fn micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From milliseconds.
    #[must_use]
    pub const fn millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// From seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS))
    }

    /// From minutes.
    #[must_use]
    pub const fn minutes(minutes: i64) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// From hours.
    #[must_use]
    pub const fn hours(hours: i64) -> Self {
        Self::minutes(hours.saturating_mul(60))
    }

    /// From days of 86,400 seconds.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self::hours(days.saturating_mul(24))
    }

    /// Microseconds, signed.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded towards the past.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// `self * numerator / denominator`, without overflow; the denominator must not be zero.
    #[must_use]
    pub const fn share(self, numerator: i64, denominator: i64) -> Self {
        let product = self.0 as i128 * numerator as i128 / denominator as i128;
        if product > i64::MAX as i128 {
            Self(i64::MAX)
        } else if product < i64::MIN as i128 {
            Self(i64::MIN)
        } else {
            Self(product as i64)
        }
    }

    /// Whether it points into the past.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The same length, pointing forward.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// How long something lasted, as people say it: `2 h 5 min`; of what just began, or began by a clock that was ahead,
    /// `less than a minute`.
    #[must_use]
    pub fn for_people(self) -> String {
        if self < Self::minutes(1) { "less than a minute".to_owned() } else { self.to_string() }
    }

    /// For the standard library's timers; nothing when negative.
    #[must_use]
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0).unwrap_or(0))
    }

    /// From the standard library's timers.
    #[must_use]
    pub fn from_std(duration: std::time::Duration) -> Self {
        Self(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Span {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

/// RFC 3339 in UTC to the whole second, rounded towards the past, as texts show it: `2026-12-03T04:11:00Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Self::from_unix_seconds(self.unix_seconds()), f)
    }
}

/// RFC 3339 in UTC, exact: with a fraction where there is one.
impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.calendar().and_then(|at| at.format(&Rfc3339).ok()) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}us", self.0),
        }
    }
}

/// The two largest units that matter: `9 h 12 min`, `29 d 3 h`, `-1 d`, `4 s`, `12 ms`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 4] =
            [(86_400 * MICROS, "d"), (3_600 * MICROS, "h"), (60 * MICROS, "min"), (MICROS, "s")];
        if self.is_negative() {
            f.write_str("-")?;
        }
        let length = self.abs().0;
        for (index, (unit, name)) in UNITS.iter().enumerate() {
            if length < *unit {
                continue;
            }
            write!(f, "{} {name}", length / unit)?;
            if let Some((smaller, smaller_name)) = UNITS.get(index + 1) {
                let rest = length % unit / smaller;
                if rest > 0 {
                    write!(f, " {rest} {smaller_name}")?;
                }
            }
            return Ok(());
        }
        write!(f, "{} ms", length / 1000)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not an RFC 3339 instant.
#[derive(Debug, thiserror::Error)]
#[error("not an RFC 3339 instant such as 2026-12-03T04:11:00Z: {0:?}")]
pub struct ParseTimeError(String);

impl FromStr for Time {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| ParseTimeError(text.to_owned()))?;
        i64::try_from(at.unix_timestamp_nanos() / 1000).map(Self).map_err(|_| ParseTimeError(text.to_owned()))
    }
}

/// A text that is not a whole number with a unit.
#[derive(Debug, thiserror::Error)]
#[error("not a length of time such as 21d, 48h, 30min or 5s: {0:?}")]
pub struct ParseSpanError(String);

impl FromStr for Span {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseSpanError(text.to_owned());
        let split = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let (digits, unit) = text.split_at(split);
        let count: i64 = digits.parse().map_err(|_| wrong())?;
        match unit.trim_start() {
            "d" => Ok(Self::days(count)),
            "h" => Ok(Self::hours(count)),
            "m" | "min" => Ok(Self::minutes(count)),
            "s" => Ok(Self::seconds(count)),
            "ms" => Ok(Self::millis(count)),
            _ => Err(wrong()),
        }
    }
}

/// From the first to the last instant of a certificate, both inclusive (RFC 5280 section 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// The first instant.
    pub not_before: Time,
    /// The last instant.
    pub not_after: Time,
}

/// Exact, for programs.
impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Microseconds as a number: exact, and arithmetic for the reader.
impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        let table = [
            (Span::hours(9) + Span::minutes(12), "9 h 12 min"),
            (Span::days(29) + Span::hours(3), "29 d 3 h"),
            (Span::days(90), "90 d"),
            (-Span::days(1), "-1 d"),
            (Span::seconds(61), "1 min 1 s"),
            (Span::millis(12), "12 ms"),
            (Span::ZERO, "0 ms"),
        ];
        for (span, text) in table {
            assert_eq!(span.to_string(), text);
        }
    }

    /// A recovery was "WARNING for 27 ms".
    #[test]
    fn what_lasted_less_than_a_minute_is_told_without_its_milliseconds() {
        for short in [Span::ZERO, Span::millis(27), Span::seconds(59), -Span::days(400)] {
            assert_eq!(short.for_people(), "less than a minute");
        }
        assert_eq!(Span::minutes(1).for_people(), "1 min");
        assert_eq!((Span::hours(2) + Span::minutes(5)).for_people(), "2 h 5 min");
    }

    #[test]
    fn spans_parse_with_their_unit_and_nothing_else() {
        assert_eq!("21d".parse::<Span>().unwrap(), Span::days(21));
        assert_eq!("48h".parse::<Span>().unwrap(), Span::hours(48));
        assert_eq!("30min".parse::<Span>().unwrap(), Span::minutes(30));
        for wrong in ["", "d", "21", "-3d", "1.5h", "3 weeks", "99999999999999999999d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn instants_round_trip_through_rfc3339_before_and_after_the_epoch() {
        for micros in [0, -1, 1, 1_796_256_000_000_000, -62_135_596_800_000_000] {
            let time = Time::from_micros(micros);
            assert_eq!(format!("{time:?}").parse::<Time>().unwrap(), time);
            let document = serde_json::to_value(time).unwrap();
            assert_eq!(serde_json::from_value::<Time>(document).unwrap(), time);
        }
        assert_eq!("2026-12-03T05:11:00+01:00".parse::<Time>().unwrap().to_string(), "2026-12-03T04:11:00Z");
        assert_eq!(Time::from_micros(-1).unix_seconds(), -1);
    }

    /// `(since 2026-11-03T04:10:58.999999Z)` was shown.
    #[test]
    fn people_read_whole_seconds_and_programs_every_microsecond() {
        let at: Time = "2026-11-03T04:10:58.999999Z".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-03T04:10:58Z");
        assert_eq!(serde_json::to_value(at).unwrap(), "2026-11-03T04:10:58.999999Z");
        assert_eq!(Time::from_micros(-1).to_string(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        let last = Time::from_micros(i64::MAX);
        assert_eq!(last + Span::days(1), last);
        assert_eq!(Span::micros(i64::MAX).share(3, 2), Span::micros(i64::MAX));
        assert_eq!(Span::days(90).share(1, 3), Span::days(30));
    }

    #[test]
    fn ends_are_told_absolutely_and_relatively() {
        let end = Time::from_unix_seconds(1_800_000_000);
        assert_eq!(end.as_end(end - Span::days(29)), "ends 2027-01-15 08:00 UTC (in 29 d)");
        assert_eq!(end.as_end(end), "ends 2027-01-15 08:00 UTC (now)", "not `in 0 ms`");
        assert_eq!(end.as_end(end + Span::hours(1)), "ended 2027-01-15 08:00 UTC (1 h ago)");
        assert_eq!(
            end.with_distance(end - Span::days(29)),
            "2027-01-15 08:00 UTC (in 29 d)",
            "no second `ends`"
        );
        assert_eq!(end.with_distance(end + Span::hours(1)), "2027-01-15 08:00 UTC (1 h ago)");
    }
}
