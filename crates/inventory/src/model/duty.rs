//! Who of an owner's contacts is on duty: by days and hours, and by turns.

use std::fmt;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::Contact;
use super::zone::{DAY, Zone};

/// One rung of an owner's ladder: somebody to be told, or several who take turns, always or while on duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Name of the channel that carries the messages.
    pub channel: String,
    /// The address on that channel; nothing where the channel knows it itself, or where people take turns.
    pub to: Option<String>,
    /// Who takes turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// When somebody is on duty; always where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<Duty>,
}

/// Hours of duty on some days of the week. Those that end before they begin go on into the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// The days on which they begin.
    pub days: Days,
    /// First minute of the day.
    pub from_minute: u16,
    /// Minute after the last one; the same as the first where it is a whole day.
    pub to_minute: u16,
    /// Whose clock counts.
    pub zone: Zone,
}

/// Days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(u8);

/// The days of the week in files, from Monday on.
const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// From their names; `None` where one is no day, or there is none.
    #[must_use]
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut days = 0;
        for name in names {
            days |= 1 << WEEK.iter().position(|day| *day == name)?;
        }
        (days != 0).then_some(Self(days))
    }

    /// Their names, from Monday on.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        (0..7).filter(|day| self.0 & (1 << day) != 0).map(|day| WEEK[day]).collect()
    }

    /// Whether this day is one, counted from 1970-01-01.
    fn has(self, day: i64) -> bool {
        // That was a Thursday: day 0 is weekday 3 counted from Monday.
        self.0 & (1 << (day + 3).rem_euclid(7)) != 0
    }
}

/// People who take turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Their addresses on the channel, in turn; after the last one the first one follows.
    pub people: Vec<String>,
    /// How long a turn is.
    pub every: Turn,
    /// The day on which the first turn begins, counted from 1970-01-01.
    pub from_day: i64,
    /// The minute of the day at which turns change.
    pub at_minute: u16,
    /// Whose clock counts.
    pub zone: Zone,
}

/// How long a turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// A day.
    Day,
    /// A week.
    Week,
}

impl Turn {
    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    const fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }
}

impl Rotation {
    /// The number of the turn at an instant, from 0; nothing before the first one.
    fn turn(&self, at: Time) -> Option<i64> {
        let (day, _) = self.zone.local(at);
        let turn = (day - self.from_day).div_euclid(self.every.days());
        // By instants: a clock that is set back must not give the turn back.
        let turn = if self.begins(turn) > at { turn - 1 } else { turn };
        (turn >= 0).then_some(turn)
    }

    /// When a turn begins.
    fn begins(&self, turn: i64) -> Time {
        self.zone.instant(self.from_day + turn * self.every.days(), i64::from(self.at_minute))
    }

    fn person(&self, at: Time) -> Option<&str> {
        let people = i64::try_from(self.people.len()).ok().filter(|count| *count > 0)?;
        let index = usize::try_from(self.turn(at)?.rem_euclid(people)).ok()?;
        self.people.get(index).map(String::as_str)
    }

    /// When the next turn begins.
    fn next(&self, after: Time) -> Time {
        self.begins(self.turn(after).map_or(0, |turn| turn + 1))
    }
}

impl Duty {
    /// The hours that begin on this day, where there are some.
    fn on(&self, day: i64) -> Option<(Time, Time)> {
        let (from, to) = (i64::from(self.from_minute), i64::from(self.to_minute));
        let to = if to <= from { to + DAY } else { to };
        self.days.has(day).then(|| (self.zone.instant(day, from), self.zone.instant(day, to)))
    }

    /// The hours of the days around an instant, in order: yesterday's may last until today, and no week has none.
    fn around(&self, at: Time) -> impl Iterator<Item = (Time, Time)> {
        let (today, _) = self.zone.local(at);
        (today - 1..=today + 8).filter_map(move |day| self.on(day))
    }

    fn is_on(&self, at: Time) -> bool {
        self.around(at).any(|(from, to)| from <= at && at < to)
    }

    /// When it begins or ends next.
    fn next(&self, after: Time) -> Option<Time> {
        self.around(after).flat_map(|(from, to)| [from, to]).filter(|at| *at > after).min()
    }
}

/// So many turns and hours are gone through in search of a change.
const FURTHEST: usize = 64;

impl Rung {
    /// Whoever may be told at this rung, whoever's turn it is.
    #[must_use]
    pub fn everybody(&self) -> Vec<Contact> {
        let contact = |to: Option<&String>| Contact { channel: self.channel.clone(), to: to.cloned() };
        match &self.rotation {
            None => vec![contact(self.to.as_ref())],
            Some(rotation) => {
                let mut people: Vec<Contact> = Vec::new();
                for person in &rotation.people {
                    let next = contact(Some(person));
                    if !people.contains(&next) {
                        people.push(next);
                    }
                }
                people
            }
        }
    }

    /// Who is on duty at an instant.
    #[must_use]
    pub fn on_duty(&self, at: Time) -> Option<Contact> {
        let has_begun = self.rotation.as_ref().is_none_or(|rotation| rotation.turn(at).is_some());
        let has_hours = self.duty.is_none_or(|duty| duty.is_on(at));
        if has_begun && has_hours { self.whose_turn(at) } else { None }
    }

    /// Whose turn it is, on duty or not; the first one before the first turn.
    #[must_use]
    pub fn whose_turn(&self, at: Time) -> Option<Contact> {
        let to = match &self.rotation {
            None => self.to.clone(),
            Some(rotation) => {
                Some(rotation.person(at).or(rotation.people.first().map(String::as_str))?.to_owned())
            }
        };
        Some(Contact { channel: self.channel.clone(), to })
    }

    /// When another one is on duty, or nobody, and who it is then; nothing where that never changes.
    #[must_use]
    pub fn next_change(&self, after: Time) -> Option<(Time, Option<Contact>)> {
        let now = self.on_duty(after);
        let mut at = after;
        for _ in 0..FURTHEST {
            at = self.next_instant(at)?;
            let then = self.on_duty(at);
            if then != now {
                return Some((at, then));
            }
        }
        None
    }

    /// When somebody is on duty next who is wanted: at once, where somebody is.
    #[must_use]
    pub fn next_on_duty(&self, from: Time, is_wanted: impl Fn(&Contact) -> bool) -> Option<(Time, Contact)> {
        let mut at = from;
        for _ in 0..FURTHEST {
            if let Some(contact) = self.on_duty(at).filter(&is_wanted) {
                return Some((at, contact));
            }
            at = self.next_instant(at)?;
        }
        None
    }

    /// Who is on duty now and who is next, for people; nothing where that is always the same.
    #[must_use]
    pub fn duty_for_people(&self, now: Time) -> Option<String> {
        if self.rotation.is_none() && self.duty.is_none() {
            return None;
        }
        let on_duty = match self.on_duty(now) {
            Some(contact) => format!("on duty now: {contact}"),
            None => "nobody is on duty now".to_owned(),
        };
        Some(match self.next_change(now) {
            None => on_duty,
            Some((at, Some(next))) => format!("{on_duty}; from {}: {next}", at.for_people()),
            Some((at, None)) => format!("{on_duty}; from {}: nobody", at.for_people()),
        })
    }

    /// When a turn or the hours begin or end next.
    fn next_instant(&self, after: Time) -> Option<Time> {
        let turn = self.rotation.as_ref().map(|rotation| rotation.next(after));
        let hours = self.duty.and_then(|duty| duty.next(after));
        turn.into_iter().chain(hours).min()
    }
}

impl From<Contact> for Rung {
    fn from(Contact { channel, to }: Contact) -> Self {
        Self { channel, to, rotation: None, duty: None }
    }
}

/// A day in files: `2026-11-30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub i64);

impl Date {
    /// From `YYYY-MM-DD`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let written: Time = format!("{text}T00:00:00Z").parse().ok()?;
        let date = Self(written.as_micros().div_euclid(Span::days(1).as_micros()));
        // Nothing else that happens to be read as an instant.
        (date.to_string() == text).then_some(date)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Time::from_micros(self.0.saturating_mul(Span::days(1).as_micros())).to_string();
        f.write_str(text.split('T').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn berlin() -> Zone {
        "Europe/Berlin".parse().unwrap()
    }

    fn rung(people: &[&str], every: Turn, from: &str, duty: Option<Duty>) -> Rung {
        let rotation = Rotation {
            people: people.iter().map(|one| (*one).to_owned()).collect(),
            every,
            from_day: Date::read(from).unwrap().0,
            at_minute: 9 * 60,
            zone: berlin(),
        };
        Rung { channel: "mail".to_owned(), to: None, rotation: Some(rotation), duty }
    }

    fn duty(days: &[&str], from: u16, to: u16) -> Duty {
        let days = Days::named(days.iter().copied()).unwrap();
        Duty { days, from_minute: from * 60, to_minute: to * 60, zone: berlin() }
    }

    fn who(rung: &Rung, text: &str) -> Option<String> {
        rung.on_duty(at(text)).and_then(|contact| contact.to)
    }

    #[test]
    fn turns_change_at_the_hour_of_the_wall_and_begin_again_after_the_last_one() {
        let weekly = rung(&["ada", "bob", "cyd"], Turn::Week, "2026-10-19", None);
        let daily = rung(&["ada", "bob"], Turn::Day, "2028-02-28", None);
        let table = [
            (&weekly, "2026-10-19T06:59:59Z", None),
            (&weekly, "2026-10-19T07:00:00Z", Some("ada")),
            // Summer time ends on the 25th: nine o'clock is an hour later.
            (&weekly, "2026-10-26T07:59:59Z", Some("ada")),
            (&weekly, "2026-10-26T08:00:00Z", Some("bob")),
            (&weekly, "2026-11-02T08:00:00Z", Some("cyd")),
            (&weekly, "2026-11-09T07:59:59Z", Some("cyd")),
            (&weekly, "2026-11-09T08:00:00Z", Some("ada")),
            (&weekly, "2027-03-29T06:59:59Z", Some("bob")),
            (&weekly, "2027-03-29T07:00:00Z", Some("cyd")),
            (&daily, "2028-02-28T08:00:00Z", Some("ada")),
            (&daily, "2028-02-29T07:59:59Z", Some("ada")),
            (&daily, "2028-02-29T08:00:00Z", Some("bob")),
            (&daily, "2028-03-01T08:00:00Z", Some("ada")),
        ];
        for (rung, text, person) in table {
            assert_eq!(who(rung, text).as_deref(), person, "{text}");
        }
    }

    /// At half past two in the night in which the clock is set back, the turn was given back for half an hour.
    #[test]
    fn a_turn_that_begins_in_an_hour_that_is_shown_twice_begins_once() {
        let mut rung = rung(&["ada", "bob"], Turn::Day, "2026-10-24", None);
        rung.rotation.as_mut().unwrap().at_minute = 2 * 60 + 30;
        let table = [
            ("2026-10-25T00:29:59Z", "ada"),
            ("2026-10-25T00:30:00Z", "bob"),
            ("2026-10-25T01:00:00Z", "bob"),
            ("2026-10-25T01:29:59Z", "bob"),
            ("2026-10-25T01:30:00Z", "bob"),
            ("2026-10-26T01:30:00Z", "ada"),
        ];
        for (text, person) in table {
            assert_eq!(who(&rung, text).as_deref(), Some(person), "{text}");
        }
    }

    #[test]
    fn hours_are_those_of_the_wall_and_may_cross_midnight() {
        let days = duty(&["mon", "tue", "wed", "thu", "fri"], 9, 17);
        let nights = duty(&["fri", "sat"], 22, 6);
        let sundays = duty(&["sun"], 0, 0);
        let table = [
            (days, "2026-11-30T07:59:59Z", false), // Monday
            (days, "2026-11-30T08:00:00Z", true),
            (days, "2026-11-30T15:59:59Z", true),
            (days, "2026-11-30T16:00:00Z", false),
            (days, "2026-07-06T07:00:00Z", true),
            (days, "2026-11-28T10:00:00Z", false),   // Saturday
            (nights, "2026-11-27T20:59:59Z", false), // Friday
            (nights, "2026-11-27T21:00:00Z", true),
            (nights, "2026-11-28T04:59:59Z", true),
            (nights, "2026-11-28T05:00:00Z", false),
            (nights, "2026-11-29T04:59:59Z", true),
            (nights, "2026-11-29T21:00:00Z", false), // Sunday
            // The night in which summer time begins is an hour shorter, that in which it ends an hour longer.
            (nights, "2026-03-29T03:59:59Z", true),
            (nights, "2026-03-29T04:00:00Z", false),
            (nights, "2026-10-25T04:59:59Z", true),
            (nights, "2026-10-25T05:00:00Z", false),
            (sundays, "2026-10-24T22:00:00Z", true),
            (sundays, "2026-10-25T22:59:59Z", true),
            (sundays, "2026-10-25T23:00:00Z", false),
        ];
        for (duty, text, on) in table {
            assert_eq!(duty.is_on(at(text)), on, "{:?} {text}", duty.days.names());
        }
    }

    #[test]
    fn who_follows_is_known_before() {
        let weekdays = duty(&["mon", "tue", "wed", "thu", "fri"], 9, 17);
        let plain = Rung::from(Contact { channel: "mail".to_owned(), to: Some("ops".to_owned()) });
        let hours = Rung { duty: Some(weekdays), ..plain.clone() };
        let turns = rung(&["ada", "bob"], Turn::Week, "2026-11-23", None);
        let both = Rung { duty: Some(weekdays), ..turns.clone() };
        let alone = rung(&["ada"], Turn::Day, "2026-11-23", None);
        let table = [
            (&plain, "2026-11-27T12:00:00Z", None),
            (&hours, "2026-11-27T12:00:00Z", Some(("2026-11-27T16:00:00Z", None))),
            (&hours, "2026-11-27T16:00:00Z", Some(("2026-11-30T08:00:00Z", Some("ops")))),
            (&turns, "2026-11-27T12:00:00Z", Some(("2026-11-30T08:00:00Z", Some("bob")))),
            (&turns, "2026-11-22T12:00:00Z", Some(("2026-11-23T08:00:00Z", Some("ada")))),
            (&both, "2026-11-27T17:00:00Z", Some(("2026-11-30T08:00:00Z", Some("bob")))),
            (&alone, "2026-11-27T17:00:00Z", None),
        ];
        for (rung, text, next) in table {
            let found = rung.next_change(at(text));
            let found = found.map(|(at, contact)| (at.to_string(), contact.and_then(|contact| contact.to)));
            let next = next.map(|(at, to): (&str, Option<&str>)| (at.to_owned(), to.map(str::to_owned)));
            assert_eq!(found, next, "{text}");
        }
        let (from, contact) = both.next_on_duty(at("2026-11-28T00:00:00Z"), |_| true).unwrap();
        assert_eq!((from.to_string().as_str(), contact.to.as_deref()), ("2026-11-30T08:00:00Z", Some("bob")));
        // And of those who are wanted: somebody whose turn it is later.
        let wanted = |name: &'static str| move |contact: &Contact| contact.to.as_deref() == Some(name);
        let (from, _) = both.next_on_duty(at("2026-11-28T00:00:00Z"), wanted("ada")).unwrap();
        assert_eq!(from.to_string(), "2026-12-07T08:00:00Z");
        assert_eq!(both.next_on_duty(at("2026-11-28T00:00:00Z"), wanted("cyd")), None);
    }

    #[test]
    fn days_are_read_as_they_are_written() {
        for text in ["2026-11-30", "1999-12-31", "2028-02-29"] {
            assert_eq!(Date::read(text).unwrap().to_string(), text);
        }
        for wrong in ["", "2026-11-31", "2027-02-29", "2026-1-1", "30.11.2026", "2026-11-30T00:00:00Z"] {
            assert_eq!(Date::read(wrong), None, "{wrong}");
        }
        assert_eq!(Days::named(["sun", "mon"]).unwrap().names(), ["mon", "sun"]);
        assert_eq!((Days::named(["monday"]), Days::named([])), (None, None));
        assert_eq!(Days::ALL.names(), WEEK);
    }
}
