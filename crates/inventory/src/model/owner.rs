//! Teams and persons who answer for a subject.

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::OwnerId;

/// A team or person who answers for subjects; reachable, with an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Identity.
    pub id: OwnerId,
    /// Unique name, as written in the inventory file; `default` always exists.
    pub name: String,
    /// Who is told, in this order: the next one when the one before did not acknowledge.
    pub contacts: Vec<Contact>,
    /// Names that this owner answers for where nothing else is said: `*.pay.example`, `shop.example`.
    pub owns: Vec<String>,
    /// When warnings may be expected to be read.
    pub hours: BusinessHours,
}

/// One way to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Contact {
    /// Name of the channel that carries the message.
    pub channel: String,
    /// The address on that channel (a mail address); nothing where the channel knows it itself.
    pub to: Option<String>,
}

impl Contact {
    /// Who it is, in words: the address, or the channel where that knows it itself.
    #[must_use]
    pub fn shown(&self) -> String {
        self.to.clone().unwrap_or_else(|| self.channel.clone())
    }
}

/// Working hours, in UTC offset; Monday to Friday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessHours {
    /// First working minute of the day.
    pub from_minute: u16,
    /// Minute after the last one.
    pub to_minute: u16,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

impl Default for BusinessHours {
    fn default() -> Self {
        Self { from_minute: 9 * 60, to_minute: 17 * 60, offset_minutes: 0 }
    }
}

impl BusinessHours {
    /// When work begins: `09:00`.
    #[must_use]
    pub fn from(self) -> String {
        clock(self.from_minute)
    }

    /// When work ends: `17:00`.
    #[must_use]
    pub fn to(self) -> String {
        clock(self.to_minute)
    }

    /// How far it is from UTC: `+05:30`.
    #[must_use]
    pub fn offset(self) -> String {
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        format!("{sign}{}", clock(self.offset_minutes.unsigned_abs()))
    }

    /// The first instant from `start` on that lies within the working hours.
    #[must_use]
    pub fn working_from(self, start: Time) -> Time {
        let offset = Span::minutes(i64::from(self.offset_minutes));
        let local = start + offset;
        let today = local.as_micros().div_euclid(Span::days(1).as_micros());
        for day in today..today.saturating_add(7) {
            // 1970-01-01 was a Thursday: day 0 is weekday 3 counted from Monday.
            let works = (day + 3).rem_euclid(7) < 5;
            let midnight = Time::from_micros(day.saturating_mul(Span::days(1).as_micros()));
            if works && local < midnight + Span::minutes(i64::from(self.to_minute)) {
                return local.max(midnight + Span::minutes(i64::from(self.from_minute))) - offset;
            }
        }
        start
    }

    /// The instant one business day after `start`: the same time of day on the next working day, moved into the
    /// working hours.
    #[must_use]
    pub fn next_business_day(self, start: Time) -> Time {
        let local = start + Span::minutes(i64::from(self.offset_minutes));
        let day = local.as_micros().div_euclid(Span::days(1).as_micros());
        let minute = local.as_micros().rem_euclid(Span::days(1).as_micros()) / Span::minutes(1).as_micros();
        let minute = minute.clamp(i64::from(self.from_minute), i64::from(self.to_minute));
        // 1970-01-01 was a Thursday: day 0 is weekday 3 counted from Monday.
        let weekday = (day + 3).rem_euclid(7);
        let ahead = match weekday {
            4 => 3,
            5 => 2,
            _ => 1,
        };
        let local = Time::from_micros((day + ahead).saturating_mul(Span::days(1).as_micros()))
            + Span::minutes(minute);
        local - Span::minutes(i64::from(self.offset_minutes))
    }
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_begins_where_it_is_morning_on_a_working_day() {
        let table = [
            ("2026-11-20T15:00:00Z", 0, "2026-11-20T15:00:00Z"), // Friday
            ("2026-11-20T17:00:00Z", 0, "2026-11-23T09:00:00Z"),
            ("2026-11-21T12:00:00Z", 0, "2026-11-23T09:00:00Z"), // Saturday
            ("2026-11-23T03:00:00Z", 0, "2026-11-23T09:00:00Z"), // Monday
            ("2026-11-23T03:00:00Z", 480, "2026-11-23T03:00:00Z"),
            ("2026-11-23T12:00:00Z", 480, "2026-11-24T01:00:00Z"),
            ("2026-11-22T23:30:00Z", 60, "2026-11-23T08:00:00Z"), // Monday there
        ];
        for (start, offset_minutes, begins) in table {
            let hours = BusinessHours { offset_minutes, ..BusinessHours::default() };
            let found = hours.working_from(start.parse().unwrap()).to_string();
            assert_eq!(found, begins, "{start} at {offset_minutes}");
        }
    }

    #[test]
    fn a_business_day_skips_the_weekend_and_the_night() {
        let hours = BusinessHours::default();
        let table = [
            ("2026-11-20T15:00:00Z", "2026-11-23T15:00:00Z"), // Friday
            ("2026-11-21T03:00:00Z", "2026-11-23T09:00:00Z"), // Saturday
            ("2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z"), // Sunday
            ("2026-11-23T22:00:00Z", "2026-11-24T17:00:00Z"), // Monday night
        ];
        for (start, end) in table {
            assert_eq!(hours.next_business_day(start.parse().unwrap()).to_string(), end, "{start}");
        }
    }
}
