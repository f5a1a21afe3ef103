//! What the public is told: components with their states, what went wrong, and what is planned. Nothing of the inventory comes out
//! but the names that administrators gave to components: no target, address, owner, finding or evidence.

mod event;
mod news;
mod report;
mod spell;
mod state;
mod warning;
mod words;

use notafter_cert::{Fingerprint, Time};
use serde::{Deserialize, Serialize};

use crate::model::{
    ComponentState, Criticality, EndpointId, Finding, Incident, Maintenance, MaintenanceStatus,
};

pub use event::{Event, Update};
pub use news::{News, news};
pub use report::{Impact, Line, Report, report};
pub use warning::{Answer, Program, Told, Warning, Why};

use self::spell::Spell;

/// What the page is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The components, by name.
    pub components: Vec<Component>,
    /// What people told.
    pub incidents: Vec<Incident>,
    /// What was announced.
    pub maintenances: Vec<Maintenance>,
}

/// A component: endpoints under a name that an administrator gave them for the public.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// The name.
    pub name: String,
    /// When the first was made that has the name: an endpoint, or a lineage.
    pub since: Time,
    /// Its endpoints.
    pub endpoints: Vec<Watched>,
}

/// What is known of an endpoint of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// The endpoint.
    pub id: EndpointId,
    /// How often it is looked at.
    pub criticality: Criticality,
    /// Since when it is shown: what was over by then, nobody is told.
    pub public_since: Time,
    /// Browsers come there: it is no mail server, and no database.
    pub is_web: bool,
    /// When it was last looked at.
    pub looked_at: Option<Time>,
    /// How many addresses it showed then.
    pub addresses: usize,
    /// The findings about it: those that are open, and those that were closed lately.
    pub findings: Vec<Finding>,
}

/// The page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// All of it together; nothing where there is no component.
    pub overall: Option<ComponentState>,
    /// The components, by name.
    pub components: Vec<Shown>,
    /// Whether a warning at each of them is real.
    pub warnings: Vec<Warning>,
    /// What went wrong: what goes on first, then the newest.
    pub events: Vec<Event>,
    /// What is planned or under way, by its beginning; then what is over, the newest first.
    pub maintenances: Vec<Planned>,
    /// When something on the page last changed; nothing where it is empty.
    pub changed_at: Option<Time>,
}

impl Page {
    /// Whether somebody who reads both learns the same, but for when somebody last looked.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self { overall, components, warnings, events, maintenances, changed_at } = self;
        let is_same = |(one, other): (&Warning, &Warning)| one.says_the_same(other);
        *overall == other.overall
            && *components == other.components
            && warnings.len() == other.warnings.len()
            && warnings.iter().zip(&other.warnings).all(is_same)
            && *events == other.events
            && *maintenances == other.maintenances
            && *changed_at == other.changed_at
    }
}

/// A component on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// What programs know it by: it follows from the name.
    pub id: String,
    /// The name.
    pub name: String,
    /// How it is.
    pub state: ComponentState,
    /// When it came onto the page.
    pub created_at: Time,
    /// When its state last changed, as far as that is known.
    pub changed_at: Time,
}

/// A maintenance on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What was announced.
    pub maintenance: Maintenance,
    /// How far it is.
    pub status: MaintenanceStatus,
    /// The components of the page that it is about.
    pub components: Vec<String>,
}

/// The page at an instant.
#[must_use]
pub fn judge(facts: &Facts, now: Time) -> Page {
    let maintenances = planned(facts, now);
    let spells: Vec<(&str, Vec<Spell>)> =
        facts.components.iter().map(|one| (one.name.as_str(), spell::all(one))).collect();
    let shown = |(component, (_, spells)): (&Component, &(&str, Vec<Spell>))| {
        let state = state_of(facts, component, &maintenances, now);
        shown(component, state, spells, now)
    };
    let components: Vec<Shown> = facts.components.iter().zip(&spells).map(shown).collect();
    let warning = |component: &Component| warning::judge(component, facts, &maintenances, now);
    let warnings = facts.components.iter().map(warning).collect();
    let events = event::all(&facts.incidents, &spells, now);
    let changed = components
        .iter()
        .map(|one| one.changed_at)
        .chain(events.iter().map(Event::updated_at))
        .chain(maintenances.iter().map(|planned| planned.maintenance.updated_at(now)));
    Page {
        overall: state::overall(components.iter().map(|one| one.state))
            .map(|shown| told_at_least(&facts.incidents, shown)),
        changed_at: changed.max().map(|at| at.min(now)),
        components,
        warnings,
        events,
        maintenances,
    }
}

/// What looks show, at the least what a person says of it; while somebody works on it, that.
fn state_of(facts: &Facts, component: &Component, planned: &[Planned], now: Time) -> ComponentState {
    let is_about = |names: &[String]| names.contains(&component.name);
    if planned.iter().any(|one| one.status.is_under_way() && is_about(&one.components)) {
        return ComponentState::UnderMaintenance;
    }
    let told = facts.incidents.iter().filter(|incident| incident.is_open() && is_about(&incident.components));
    told.map(|incident| incident.state).fold(state::now(component, now), ComponentState::max)
}

/// What a person says of an incident that goes on counts for the whole page, whichever component it is about.
fn told_at_least(incidents: &[Incident], shown: ComponentState) -> ComponentState {
    let told = incidents.iter().filter(|incident| incident.is_open()).map(|incident| incident.state);
    told.fold(shown, ComponentState::max)
}

fn shown(component: &Component, state: ComponentState, spells: &[Spell], now: Time) -> Shown {
    let created_at = component.since.min(now);
    let last = spells.last().map(|spell| spell.until.unwrap_or(spell.from));
    Shown {
        id: identity("component", &component.name),
        name: component.name.clone(),
        state,
        created_at,
        changed_at: last.unwrap_or(created_at).max(created_at),
    }
}

fn planned(facts: &Facts, now: Time) -> Vec<Planned> {
    let on_page = |name: &&String| facts.components.iter().any(|component| component.name == **name);
    let planned = |maintenance: &Maintenance| Planned {
        maintenance: maintenance.clone(),
        status: maintenance.status(now),
        components: maintenance.components.iter().filter(on_page).cloned().collect(),
    };
    let mut all: Vec<Planned> = facts.maintenances.iter().map(planned).collect();
    all.sort_by_key(|planned| {
        let from = planned.maintenance.from.as_micros();
        let is_over = planned.status == MaintenanceStatus::Completed;
        (is_over, if is_over { -from } else { from }, planned.maintenance.id)
    });
    all
}

fn identities(components: &[String]) -> Vec<String> {
    components.iter().map(|name| identity("component", name)).collect()
}

/// Twelve letters that name something to programs, and tell nothing else of it.
#[must_use]
pub fn identity(kind: &str, name: &str) -> String {
    let mut text = Fingerprint::of(format!("{kind}\n{name}").as_bytes()).to_string();
    text.truncate(12);
    text
}

#[cfg(test)]
mod tests;
