//! What went wrong, as the public reads it: what looks showed, and what people told, in one list.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::spell::{COMES_BACK, Spell};
use super::{identities, words};
use crate::model::{ComponentState, Incident, IncidentStatus};

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What programs know it by.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Nobody has told anything of it: only looks show it.
    pub is_detected: bool,
    /// The components of the page that it is about.
    pub components: Vec<String>,
    /// Those that whoever told of it named, as programs know them, on the page or not; all are meant where there is none.
    #[serde(default)]
    pub concerns: Vec<String>,
    /// How far it is.
    pub status: IncidentStatus,
    /// How bad it was at the worst.
    pub worst: ComponentState,
    /// When it began.
    pub began_at: Time,
    /// When it was over; nothing while it goes on.
    pub resolved_at: Option<Time>,
    /// What was told of it, the newest first.
    pub updates: Vec<Update>,
}

/// What was told of an event at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// When.
    pub at: Time,
    /// How far it was.
    pub status: IncidentStatus,
    /// The words.
    pub text: String,
    /// No person told it: looks showed it.
    pub is_detected: bool,
}

impl Event {
    /// When something was last told of it.
    #[must_use]
    pub fn updated_at(&self) -> Time {
        self.updates.first().map_or(self.began_at, |update| update.at)
    }

    /// How far it is, for readers.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        words_of(self.is_detected, self.status)
    }

    /// Whether it goes on.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.status.is_open()
    }
}

impl Update {
    /// How far it was, for readers.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        words_of(self.is_detected, self.status)
    }
}

/// What a program saw alone, nobody investigates. Programs are told that somebody does: Statuspage's shape has no other word.
const fn words_of(is_detected: bool, status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Investigating if is_detected => "Detected",
        told => told.words(),
    }
}

/// All of them: what goes on first, then the newest.
pub(super) fn all(incidents: &[Incident], spells: &[(&str, Vec<Spell>)], now: Time) -> Vec<Event> {
    let mut events: Vec<Event> = incidents.iter().map(|incident| told(incident, spells, now)).collect();
    for (component, spells) in spells {
        let alone = spells.iter().filter(|spell| !is_told(incidents, component, spell, now));
        events.extend(alone.map(|spell| detected(component, spell)));
    }
    events.sort_by(|one, next| {
        let key = |event: &Event| (!event.is_open(), Reverse(event.began_at));
        key(one).cmp(&key(next)).then_with(|| one.id.cmp(&next.id))
    });
    events
}

/// A person tells of it. What outlasts what a person called over is shown all the same, with its own end.
fn is_told(incidents: &[Incident], component: &str, spell: &Spell, now: Time) -> bool {
    incidents.iter().any(|incident| is_of(incident, component, spell, now) && !outlasts(spell, incident))
}

/// Whether looks still showed it when a person had called it over: the look that shows that a person is right may come a
/// moment later.
fn outlasts(spell: &Spell, incident: &Incident) -> bool {
    let over = incident.resolved_at();
    over.is_some_and(|over| spell.until.is_none_or(|until| until.since(over) > COMES_BACK))
}

/// Whether an incident is about what looks showed of a component: both were at one time.
pub(super) fn is_of(incident: &Incident, component: &str, spell: &Spell, now: Time) -> bool {
    incident.components.iter().any(|name| name == component)
        && incident.began_at <= spell.until.unwrap_or(now)
        && spell.from <= incident.resolved_at().unwrap_or(now)
}

fn detected(component: &str, spell: &Spell) -> Event {
    let updates = seen(spell, None);
    let status = updates.first().map_or(IncidentStatus::Investigating, |update| update.status);
    Event {
        id: spell.id.clone(),
        name: format!("{component}: {}", words::what(spell.worst)),
        is_detected: true,
        components: vec![component.to_owned()],
        concerns: identities(&[component.to_owned()]),
        status,
        worst: spell.worst,
        began_at: spell.began,
        resolved_at: spell.until,
        updates,
    }
}

fn told(incident: &Incident, spells: &[(&str, Vec<Spell>)], now: Time) -> Event {
    let is_on_page = |name: &&String| spells.iter().any(|(component, _)| component == name);
    let components: Vec<String> = incident.components.iter().filter(is_on_page).cloned().collect();
    let many = components.len() > 1;
    let mut updates: Vec<Update> = Vec::new();
    let (mut worst, mut began_at) = (incident.state, incident.began_at);
    let mut resolved_at = incident.resolved_at();
    for (component, spells) in spells {
        for spell in spells.iter().filter(|spell| is_of(incident, component, spell, now)) {
            worst = worst.max(spell.worst);
            began_at = began_at.min(spell.began);
            let mut seen = seen(spell, many.then_some(*component));
            if outlasts(spell, incident) {
                // Its end is told where it goes on.
                seen.retain(|update| update.status.is_open());
            } else {
                resolved_at = resolved_at.map(|over| over.max(spell.until.unwrap_or(over)));
            }
            updates.extend(seen);
        }
    }
    // Of one instant, what a person tells comes after what looks show.
    updates.sort_by_key(|update| update.at);
    updates.extend(incident.updates.iter().map(|update| Update {
        at: update.at,
        status: update.status,
        text: update.text.clone(),
        is_detected: false,
    }));
    updates.sort_by_key(|update| update.at);
    updates.reverse();
    Event {
        id: incident.id.to_string(),
        name: incident.name.clone(),
        is_detected: false,
        components,
        concerns: identities(&incident.components),
        status: incident.status(),
        worst,
        began_at,
        resolved_at,
        updates,
    }
}

/// What looks showed, the newest first.
fn seen(spell: &Spell, component: Option<&str>) -> Vec<Update> {
    let about = component.map_or_else(String::new, |name| format!("{name}: "));
    let mut said = BTreeSet::new();
    let mut sentences: Vec<&str> =
        spell.codes.iter().map(|code| words::of_code(code)).filter(|words| said.insert(*words)).collect();
    if spell.until.is_none() && spell.codes.iter().any(|code| words::warns(code)) {
        sentences.push(words::DO_NOT_GO_ON);
    }
    let update = |at, status, text| Update { at, status, text, is_detected: true };
    let over = spell.until.map(|until| {
        update(until, IncidentStatus::Resolved, format!("{about}Looks show that it serves again."))
    });
    let begun = update(spell.from, IncidentStatus::Investigating, format!("{about}{}", sentences.join(" ")));
    over.into_iter().chain([begun]).collect()
}
