//! Contacts of an owner in a file: who takes turns, and when somebody is on duty.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Value;

use super::entry::{Fields, said, table, text};
use super::parse::minutes;
use crate::model::{Date, Days, Duty, Rotation, Rung, Turn, Zone, time_of_day};

/// `{ channel = "mail", to = "ops@example.org" }`, with a rotation instead of `to`, or with duty.
pub(super) struct RungText(pub(super) Rung);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    channel: String,
    to: Option<String>,
    rotation: Option<Vec<String>>,
    every: Option<Turn>,
    from: Option<String>,
    at: Option<String>,
    duty: Option<DutyText>,
    zone: Option<Zone>,
}

/// `{ days = ["mon", "tue"], from = "18:00", to = "08:00" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DutyText {
    days: Option<Vec<String>>,
    from: String,
    to: String,
}

/// Turns change at this minute of the day where nothing else is said.
const USUAL_CHANGE: u16 = 9 * 60;

impl<'de> Deserialize<'de> for RungText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        rung(written).map(Self).map_err(D::Error::custom)
    }
}

fn rung(written: Written) -> Result<Rung, String> {
    let Written { channel, to, rotation, every, from, at, duty, zone } = written;
    if zone.is_none() && (rotation.is_some() || duty.is_some()) {
        return Err("turns and hours need `zone`, whose clock counts: `zone = \"Europe/Berlin\"`".to_owned());
    }
    let zone_said = zone.is_some();
    let zone = zone.unwrap_or(Zone::UTC);
    let turns_said = every.is_some() || from.is_some() || at.is_some();
    let rotation = match rotation {
        None if turns_said => {
            return Err("`every`, `from` and `at` say when people of a `rotation` take turns".to_owned());
        }
        None if zone_said && duty.is_none() => {
            return Err("`zone` is for a `rotation` or for `duty`".to_owned());
        }
        None => None,
        Some(_) if to.is_some() => return Err("it has either `to` or a `rotation`".to_owned()),
        Some(people) if people.is_empty() => return Err("a rotation without people tells nobody".to_owned()),
        Some(people) => {
            let from = from.ok_or(
                "a rotation needs `from`, the day on which the first one begins: `from = \"2026-11-30\"`",
            )?;
            let Date(from_day) =
                Date::read(&from).ok_or_else(|| format!("{from:?} is no day such as 2026-11-30"))?;
            let at_minute = at.as_deref().map_or(Ok(USUAL_CHANGE), time)?;
            Some(Rotation { people, every: every.unwrap_or(Turn::Week), from_day, at_minute, zone })
        }
    };
    let duty = duty.map(|duty| hours(duty, zone)).transpose()?;
    Ok(Rung { channel, to, rotation, duty })
}

fn hours(DutyText { days, from, to }: DutyText, zone: Zone) -> Result<Duty, String> {
    let days = match &days {
        None => Days::ALL,
        Some(names) => Days::named(names.iter().map(String::as_str))
            .ok_or("`days` is a list of mon, tue, wed, thu, fri, sat and sun")?,
    };
    Ok(Duty { days, from_minute: time(&from)?, to_minute: time(&to)?, zone })
}

/// Minutes since midnight.
fn time(text: &str) -> Result<u16, String> {
    minutes(text).ok_or_else(|| format!("{text:?} is no time of day such as 09:00"))
}

/// As it is read; what has its default is said all the same, where people take turns.
pub(super) fn written(rung: &Rung) -> Value {
    let mut fields: Fields = vec![("channel", text(&rung.channel))];
    said(&mut fields, "to", rung.to.as_ref());
    let mut zone = None;
    if let Some(rotation) = &rung.rotation {
        let people = rotation.people.iter().map(|person| text(person)).collect();
        fields.push(("rotation", Value::Array(people)));
        fields.push(("every", text(rotation.every.name())));
        fields.push(("from", Value::String(Date(rotation.from_day).to_string())));
        fields.push(("at", Value::String(time_of_day(rotation.at_minute))));
        zone = Some(rotation.zone);
    }
    if let Some(duty) = &rung.duty {
        let mut hours: Fields = Vec::new();
        if duty.days != Days::ALL {
            hours.push(("days", Value::Array(duty.days.names().into_iter().map(text).collect())));
        }
        hours.push(("from", Value::String(time_of_day(duty.from_minute))));
        hours.push(("to", Value::String(time_of_day(duty.to_minute))));
        fields.push(("duty", table(hours)));
        zone = Some(duty.zone);
    }
    fields.extend(zone.map(|zone| ("zone", text(zone.name()))));
    table(fields)
}
