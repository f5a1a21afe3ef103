//! When the time that is left becomes a warning, and when it becomes critical (law 8: shares of the lifetime, with
//! absolute floors).

use std::fmt;
use std::str::FromStr;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::Severity;

/// One limit as a person sets it: `25%` of the lifetime, or `21d`, or `48h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// A share of the lifetime, in hundredths.
    Percent(u8),
    /// A fixed length.
    Left(Span),
}

/// The limits of a judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thresholds {
    /// For a server's certificate, where it is not the default.
    pub warning: Option<Threshold>,
    /// For a server's certificate, where it is not the default.
    pub critical: Option<Threshold>,
}

/// What is left is a warning below the first, critical below the second; the second is never above the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Less than this: a warning.
    pub warning: Span,
    /// Less than this: critical.
    pub critical: Span,
}

impl Limits {
    /// For CA certificates: replacing one takes longer, whatever its lifetime.
    pub const CA: Self = Self { warning: Span::days(60), critical: Span::days(14) };

    /// How bad it is that this much is left; negative is long past.
    #[must_use]
    pub fn severity(&self, left: Span) -> Severity {
        match left {
            left if left < self.critical => Severity::Critical,
            left if left < self.warning => Severity::Warning,
            _ => Severity::Ok,
        }
    }

    /// The first instants, in order, at which what ends at `end` is a warning, is critical, and is over: limits are passed
    /// when less than they say is left, and the last second of a certificate belongs to it (RFC 5280 section 4.1.2.5).
    #[must_use]
    pub fn turning_points(&self, end: Time) -> [Time; 3] {
        let second = Span::seconds(1);
        [end - self.warning + second, end - self.critical + second, end + second]
    }
}

impl Thresholds {
    /// The limits for a server's certificate of this lifetime.
    ///
    /// Without settings: a warning below a quarter of the lifetime or 30 days, whichever is less; critical below an
    /// eighth or 14 days, whichever is less, but never below 24 hours (or half the lifetime, if that is less). Who sets
    /// the warning alone wants one: the critical limit is then at most half of it. A critical limit that was set above the
    /// other one lifts it.
    #[must_use]
    pub fn leaf(&self, lifetime: Span) -> Limits {
        let lifetime = lifetime.max(Span::ZERO);
        let floor = Span::hours(24).min(lifetime.share(1, 2));
        let warning = lifetime.share(1, 4).min(Span::days(30));
        let critical = lifetime.share(1, 8).min(Span::days(14)).max(floor);
        let warning = self.warning.map_or(warning, |set| set.of(lifetime));
        let below = if self.warning.is_some() { critical.min(warning.share(1, 2)) } else { critical };
        let critical = self.critical.map_or(below, |set| set.of(lifetime));
        Limits { warning: warning.max(critical), critical }
    }
}

impl Threshold {
    fn of(self, lifetime: Span) -> Span {
        match self {
            Self::Percent(percent) => lifetime.share(i64::from(percent), 100),
            Self::Left(span) => span,
        }
    }
}

/// A text that is neither a share nor a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a limit such as 25%, 21d or 48h: {0:?}")]
pub struct ParseThresholdError(String);

impl FromStr for Threshold {
    type Err = ParseThresholdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseThresholdError(text.to_owned());
        match text.strip_suffix('%') {
            Some(digits) => match digits.parse() {
                Ok(percent @ 0..=100) => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            },
            None => text.parse().map(Self::Left).map_err(|_| wrong()),
        }
    }
}

/// The form that is read: whole days as days, whole hours as hours.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "min")];
        match self {
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Left(span) => {
                let seconds = span.as_seconds();
                let unit = UNITS.iter().find(|(unit, _)| seconds > 0 && seconds % unit == 0);
                let (unit, name) = unit.unwrap_or(&(1, "s"));
                write!(f, "{}{name}", seconds / unit)
            }
        }
    }
}

impl Serialize for Threshold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lifetime; the default limits.
    const TABLE: [(Span, Span, Span); 7] = [
        (Span::hours(12), Span::hours(6), Span::hours(6)),
        (Span::hours(160), Span::hours(40), Span::hours(24)),
        (Span::days(47), Span::hours(282), Span::hours(141)),
        (Span::days(90), Span::hours(540), Span::hours(270)),
        (Span::days(200), Span::days(30), Span::days(14)),
        (Span::days(398), Span::days(30), Span::days(14)),
        (Span::days(3650), Span::days(30), Span::days(14)),
    ];

    #[test]
    fn the_default_limits_follow_the_lifetime() {
        for (lifetime, warning, critical) in TABLE {
            let limits = Thresholds::default().leaf(lifetime);
            assert_eq!(limits, Limits { warning, critical }, "{lifetime}");
        }
    }

    #[test]
    fn severity_turns_exactly_at_the_limits_and_stays_bad_after_the_end() {
        for (lifetime, warning, critical) in TABLE {
            let limits = Thresholds::default().leaf(lifetime);
            let moment = Span::micros(1);
            let table = [
                (lifetime, Severity::Ok),
                (warning, Severity::Ok),
                (critical - moment, Severity::Critical),
                (moment, Severity::Critical),
                (Span::ZERO, Severity::Critical),
                (-moment, Severity::Critical),
                (-Span::days(1), Severity::Critical),
            ];
            for (left, severity) in table {
                assert_eq!(limits.severity(left), severity, "{lifetime}, {left} left");
            }
            if warning > critical {
                assert_eq!(limits.severity(warning - moment), Severity::Warning, "{lifetime}");
                assert_eq!(limits.severity(critical), Severity::Warning, "{lifetime}");
            }
        }
    }

    #[test]
    fn settings_replace_one_limit_each() {
        let set = |warning: &str, critical: &str| {
            let parse = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
            Thresholds { warning: parse(warning), critical: parse(critical) }.leaf(Span::days(90))
        };
        assert_eq!(set("50%", "").warning, Span::days(45));
        assert_eq!(set("21d", "48h"), Limits { warning: Span::days(21), critical: Span::hours(48) });
        assert_eq!(set("1d", "7d"), Limits { warning: Span::days(7), critical: Span::days(7) });
        assert_eq!(set("0%", "0%"), Limits { warning: Span::ZERO, critical: Span::ZERO });
    }

    #[test]
    fn limits_are_read_and_shown_in_one_form() {
        for text in ["25%", "21d", "48h", "0%", "100%", "90min", "5s"] {
            let shown = text.parse::<Threshold>().unwrap().to_string();
            assert_eq!(shown.parse::<Threshold>().unwrap(), text.parse().unwrap(), "{text}");
        }
        assert_eq!("36h".parse::<Threshold>().unwrap().to_string(), "36h");
        for wrong in ["", "%", "101%", "-1%", "2.5%", "d", "21", "x"] {
            assert!(wrong.parse::<Threshold>().is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn critical_never_exceeds_warning_and_longer_lives_never_get_shorter_limits(
            one in 0_i64..400_000_000, two in 0_i64..400_000_000,
        ) {
            let (short, long) = (Span::seconds(one.min(two)), Span::seconds(one.max(two)));
            let (low, high) = (Thresholds::default().leaf(short), Thresholds::default().leaf(long));
            prop_assert!(low.critical <= low.warning);
            prop_assert!(low.critical <= high.critical && low.warning <= high.warning);
            prop_assert!(low.warning <= short);
        }

        #[test]
        fn less_time_is_never_less_bad(lifetime in 0_i64..400_000_000, a in -9_999_999_i64..99_999_999, b in -9_999_999_i64..99_999_999) {
            let limits = Thresholds::default().leaf(Span::seconds(lifetime));
            let (less, more) = (Span::seconds(a.min(b)), Span::seconds(a.max(b)));
            prop_assert!(limits.severity(less) >= limits.severity(more));
        }
    }

    #[test]
    fn a_warning_that_is_set_alone_is_given_before_it_is_critical() {
        let of = |warning: &str, critical: Option<&str>, lifetime: Span| {
            let set = |text: &str| text.parse().unwrap();
            Thresholds { warning: Some(set(warning)), critical: critical.map(set) }.leaf(lifetime)
        };
        let days = Span::days;
        let ninety = of("5d", None, days(90));
        assert_eq!((ninety.warning, ninety.critical), (days(5), Span::hours(60)));
        // A wide one leaves the critical limit as it is: 11.25 days of 90.
        let wide = of("40d", None, days(90));
        assert_eq!((wide.warning, wide.critical), (days(40), Span::hours(270)));
        let both = of("5d", Some("4d"), days(90));
        assert_eq!((both.warning, both.critical), (days(5), days(4)));
    }
}
