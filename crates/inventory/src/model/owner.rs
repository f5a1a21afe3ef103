//! Teams and persons who answer for a subject.

use std::fmt;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::{OwnerId, Rung, Zone};

/// A team or person who answers for subjects; reachable, with an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Identity.
    pub id: OwnerId,
    /// Unique name, as written in the inventory file; `default` always exists.
    pub name: String,
    /// Who is told, in this order: the next one when the one before did not acknowledge.
    pub contacts: Vec<Rung>,
    /// Names that this owner answers for where nothing else is said: `*.pay.example`, `shop.example`.
    pub owns: Vec<String>,
    /// When warnings may be expected to be read.
    pub hours: BusinessHours,
    /// How often it is asked whether it still answers for what it owns; nothing where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge: Option<Span>,
}

impl Owner {
    /// Everybody who may be told, in the order of the rungs.
    #[must_use]
    pub fn everybody(&self) -> Vec<Contact> {
        self.contacts.iter().flat_map(Rung::everybody).collect()
    }

    /// Everybody who is on duty at an instant, in the order of the rungs.
    #[must_use]
    pub fn on_duty(&self, at: Time) -> Vec<Contact> {
        self.contacts.iter().filter_map(|rung| rung.on_duty(at)).collect()
    }
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

impl fmt::Display for Contact {
    /// `ops@example.org (mail)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.to {
            Some(to) => write!(f, "{to} ({})", self.channel),
            None => f.write_str(&self.channel),
        }
    }
}

/// Working hours, Monday to Friday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessHours {
    /// First working minute of the day.
    pub from_minute: u16,
    /// Minute after the last one.
    pub to_minute: u16,
    /// Minutes east of UTC, where no zone is named.
    pub offset_minutes: i16,
    /// Whose clock counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
}

impl Default for BusinessHours {
    fn default() -> Self {
        Self { from_minute: 9 * 60, to_minute: 17 * 60, offset_minutes: 0, zone: None }
    }
}

impl BusinessHours {
    /// When work begins: `09:00`.
    #[must_use]
    pub fn from(self) -> String {
        time_of_day(self.from_minute)
    }

    /// When work ends: `17:00`.
    #[must_use]
    pub fn to(self) -> String {
        time_of_day(self.to_minute)
    }

    /// How far it is from UTC: `+05:30`.
    #[must_use]
    pub fn offset(self) -> String {
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        format!("{sign}{}", time_of_day(self.offset_minutes.unsigned_abs()))
    }

    /// The first instant from `start` on that lies within the working hours.
    #[must_use]
    pub fn working_from(self, start: Time) -> Time {
        let (today, _) = self.local(start);
        for day in today..today.saturating_add(7) {
            // 1970-01-01 was a Thursday: day 0 is weekday 3 counted from Monday.
            let works = (day + 3).rem_euclid(7) < 5;
            if works && start < self.instant(day, i64::from(self.to_minute)) {
                return start.max(self.instant(day, i64::from(self.from_minute)));
            }
        }
        start
    }

    /// The instant one business day after `start`: the same time of day on the next working day, moved into the
    /// working hours.
    #[must_use]
    pub fn next_business_day(self, start: Time) -> Time {
        let (day, minute) = self.local(start);
        let minute = minute.clamp(i64::from(self.from_minute), i64::from(self.to_minute));
        // 1970-01-01 was a Thursday: day 0 is weekday 3 counted from Monday.
        let weekday = (day + 3).rem_euclid(7);
        let ahead = match weekday {
            4 => 3,
            5 => 2,
            _ => 1,
        };
        self.instant(day + ahead, minute)
    }

    /// The day (counted from 1970-01-01) and the minute of it that a clock shows where they hold.
    pub(crate) fn local(self, at: Time) -> (i64, i64) {
        match self.zone {
            Some(zone) => zone.local(at),
            None => Zone::UTC.local(at + self.east()),
        }
    }

    /// When a clock there shows this minute of this day.
    pub(crate) fn instant(self, day: i64, minute: i64) -> Time {
        match self.zone {
            Some(zone) => zone.instant(day, minute),
            None => Zone::UTC.instant(day, minute) - self.east(),
        }
    }

    fn east(self) -> Span {
        Span::minutes(i64::from(self.offset_minutes))
    }

    /// Whose clock counts, for people: `Europe/Berlin`, `UTC+05:30`.
    #[must_use]
    pub fn clock(self) -> String {
        match (self.zone, self.offset_minutes) {
            (Some(zone), _) => zone.to_string(),
            (None, 0) => "UTC".to_owned(),
            (None, _) => format!("UTC{}", self.offset()),
        }
    }
}

/// A time of day: `09:00`.
pub(crate) fn time_of_day(minutes: u16) -> String {
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
        let berlin = BusinessHours { zone: "Europe/Berlin".parse().ok(), ..BusinessHours::default() };
        // Summer time ends over this weekend.
        let found = berlin.working_from("2026-10-23T15:00:00Z".parse().unwrap()).to_string();
        assert_eq!(found, "2026-10-26T08:00:00Z");
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

    #[test]
    fn a_business_day_is_one_of_the_wall_where_the_clock_is_set() {
        let berlin = BusinessHours { zone: "Europe/Berlin".parse().ok(), ..BusinessHours::default() };
        let table = [
            // From summer time into winter time, and back.
            ("2026-10-23T14:00:00Z", "2026-10-26T15:00:00Z"),
            ("2026-10-23T20:00:00Z", "2026-10-26T16:00:00Z"),
            ("2026-03-27T09:00:00Z", "2026-03-30T08:00:00Z"),
            ("2028-02-28T23:30:00Z", "2028-03-01T08:00:00Z"),
        ];
        for (start, end) in table {
            assert_eq!(berlin.next_business_day(start.parse().unwrap()).to_string(), end, "{start}");
        }
        assert_eq!(
            (berlin.clock(), BusinessHours::default().clock()),
            ("Europe/Berlin".into(), "UTC".into())
        );
    }
}
