//! What the public is told, for those who tell it: incidents and maintenance, with a form for each.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::Time;
use notafter_engine::operate::status_page::{
    ListArgs, Listing, Mails, MaintenanceUpdateArgs, OpenArgs, PlanArgs, Plans, PlansArgs, UpdateArgs,
};
use notafter_inventory::model::{
    ComponentState, Incident, IncidentId, IncidentStatus, Maintenance, MaintenanceId, MaintenanceStatus,
};
use notafter_inventory::status_page::Shown;
use serde::Deserialize;
use serde_json::Value;

use super::fields::{Asked, Filled};
use super::why::instant;
use super::{Frame, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "incidents.html")]
struct Incidents {
    frame: Frame,
    /// Whoever visits may tell the public something.
    may_tell: bool,
    said: Option<&'static str>,
    components: Vec<ComponentView>,
    detected: Vec<DetectedView>,
    incidents: Vec<IncidentView>,
    over: Vec<PastView>,
    plans: Vec<PlanView>,
    statuses: Vec<Choice>,
    states: Vec<Choice>,
    progress: Vec<Choice>,
    /// How mails about it are sent; nothing where no setting says so.
    mails: Option<Mails>,
}

struct ComponentView {
    id: String,
    name: String,
    state: &'static str,
    /// Something is detected of it that nobody tells of.
    is_amiss: bool,
}

struct DetectedView {
    name: String,
    since: String,
}

struct IncidentView {
    id: IncidentId,
    name: String,
    status: &'static str,
    state: ComponentState,
    about: String,
    since: String,
    /// How many updates there are: what is told next is told upon these.
    upon: usize,
    updates: Vec<UpdateView>,
}

/// An incident that is over.
struct PastView {
    id: IncidentId,
    name: String,
    status: &'static str,
    when: String,
}

struct PlanView {
    id: MaintenanceId,
    name: String,
    status: &'static str,
    about: String,
    from: String,
    until: String,
    /// How many updates there are.
    upon: usize,
    updates: Vec<UpdateView>,
}

struct UpdateView {
    head: String,
    text: String,
}

/// Something to choose from a list.
struct Choice {
    value: &'static str,
    words: &'static str,
}

/// Incidents that are over which the page links.
const OVER: usize = 20;

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(Done { done }): Asked<Done>) -> Page {
    let mut listing: Listing = operate(&visit, "incident.list", ListArgs { all: true }).await?;
    let (open, over): (Vec<Incident>, Vec<Incident>) =
        std::mem::take(&mut listing.incidents).into_iter().partition(Incident::is_open);
    let plans: Plans = operate(&visit, "maintenance.list", PlansArgs { all: false }).await?;
    let frame = Frame::of(&visit, "/incidents");
    let now = visit.context.clock.now();
    let is_amiss = |name: &String| listing.detected.iter().any(|event| event.components.contains(name));
    let component = |Shown { id, name, state, .. }: &Shown| ComponentView {
        id: id.clone(),
        name: name.clone(),
        state: state.words(),
        is_amiss: is_amiss(name),
    };
    let detected = listing
        .detected
        .iter()
        .map(|event| DetectedView { name: event.name.clone(), since: event.began_at.for_people() });
    written(&Incidents {
        may_tell: frame.may_operate && visit.caller.grant.owner.is_none(),
        frame,
        said: done.as_deref().and_then(said),
        components: listing.components.iter().map(component).collect(),
        detected: detected.collect(),
        incidents: open.into_iter().map(incident).collect(),
        over: over.into_iter().take(OVER).map(past).collect(),
        plans: plans.maintenances.into_iter().map(|maintenance| plan(maintenance, now)).collect(),
        statuses: STATUSES.into_iter().map(|(value, words)| Choice { value, words }).collect(),
        states: ComponentState::TOLD.into_iter().map(state).collect(),
        progress: PROGRESS.into_iter().map(|(value, words)| Choice { value, words }).collect(),
        mails: listing.mails,
    })
}

fn said(done: &str) -> Option<&'static str> {
    match done {
        "told" => Some("It is told: the status page has it within a few seconds."),
        "planned" => Some("It is announced: it begins and ends by itself, at its times."),
        _ => None,
    }
}

const STATUSES: [(&str, &str); 4] = [
    ("investigating", "Investigating: the cause is being looked for"),
    ("identified", "Identified: the cause is known"),
    ("monitoring", "Monitoring: it was mended, and is watched"),
    ("resolved", "Resolved: it is over"),
];

const PROGRESS: [(&str, &str); 4] = [
    ("", "As before, or by its times"),
    ("in_progress", "Under way"),
    ("verifying", "Verifying: it was done, and is looked at"),
    ("completed", "Completed, or called off"),
];

const fn state(state: ComponentState) -> Choice {
    let words = match state {
        ComponentState::Operational => "As looks show it",
        ComponentState::DegradedPerformance => "At the least degraded",
        ComponentState::PartialOutage => "At the least a partial outage",
        _ => "A major outage",
    };
    Choice { value: state.name(), words }
}

fn incident(incident: Incident) -> IncidentView {
    let updates = incident.updates.iter().rev().map(|update| UpdateView {
        head: format!("{} {} by {}", update.at.for_people(), update.status, update.by),
        text: update.text.clone(),
    });
    IncidentView {
        upon: incident.updates.len(),
        updates: updates.collect(),
        status: incident.status().name(),
        state: incident.state,
        id: incident.id,
        about: incident.components.join(", "),
        since: incident.began_at.for_people(),
        name: incident.name,
    }
}

fn past(incident: Incident) -> PastView {
    let over = incident.resolved_at().map(Time::for_people).unwrap_or_default();
    PastView {
        status: incident.status().name(),
        when: format!("{} to {over}", incident.began_at.for_people()),
        id: incident.id,
        name: incident.name,
    }
}

fn plan(maintenance: Maintenance, now: Time) -> PlanView {
    let updates = maintenance.updates.iter().rev().map(|update| UpdateView {
        head: format!("{} by {}", update.at.for_people(), update.by),
        text: update.text.clone(),
    });
    PlanView {
        upon: maintenance.updates.len(),
        updates: updates.collect(),
        status: maintenance.status(now).name(),
        id: maintenance.id,
        about: maintenance.components.join(", "),
        from: maintenance.from.for_people(),
        until: maintenance.until.for_people(),
        name: maintenance.name,
    }
}

/// A new incident.
#[derive(Debug, Deserialize)]
pub(crate) struct Opening {
    name: String,
    text: String,
    status: IncidentStatus,
    state: ComponentState,
    /// Beside others, `component.ID` for each that is chosen.
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

/// Tells the public of something that goes wrong.
pub(crate) async fn open(
    Extension(visit): Extension<Visit>,
    Filled(opening): Filled<Opening>,
) -> Result<Redirect, Refusal> {
    let Opening { name, text, status, state, rest } = opening;
    let components = chosen(&visit, &rest).await?;
    let args = OpenArgs { name, text, components, state: Some(state), status, began_at: None };
    let _: Value = operate(&visit, "incident.open", args).await?;
    Ok(Redirect::to("/incidents?done=told"))
}

/// The names of the components that were chosen in a form.
async fn chosen(visit: &Visit, fields: &HashMap<String, String>) -> Result<Vec<String>, Refusal> {
    let listing: Listing = operate(visit, "incident.list", ListArgs { all: false }).await?;
    let is_chosen = |shown: &Shown| fields.contains_key(&format!("component.{}", shown.id));
    Ok(listing.components.into_iter().filter(is_chosen).map(|shown| shown.name).collect())
}

/// More of an incident.
#[derive(Debug, Deserialize)]
pub(crate) struct Telling {
    text: String,
    status: IncidentStatus,
    state: ComponentState,
    upon: Option<usize>,
}

/// Tells more of an incident, or that it is over.
pub(crate) async fn tell(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(Telling { text, status, state, upon }): Filled<Telling>,
) -> Result<Redirect, Refusal> {
    let id: IncidentId = id.parse().map_err(|_| Refusal::absent("such incident"))?;
    let args = UpdateArgs { id, status: Some(status), text, state: Some(state), upon };
    let _: Value = operate(&visit, "incident.update", args).await?;
    Ok(Redirect::to("/incidents?done=told"))
}

/// Work to announce.
#[derive(Debug, Deserialize)]
pub(crate) struct Planning {
    name: String,
    text: String,
    from: String,
    until: String,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

/// Announces work.
pub(crate) async fn plan_work(
    Extension(visit): Extension<Visit>,
    Filled(planning): Filled<Planning>,
) -> Result<Redirect, Refusal> {
    let Planning { name, text, from, until, rest } = planning;
    let at = |text: &str| match instant(text) {
        Ok(Some(at)) => Ok(at),
        Ok(None) => Err(Refusal::unreadable("the form", "a time is left out".to_owned())),
        Err(fault) => Err(Refusal::unreadable("the form", fault.what)),
    };
    let (from, until) = (at(&from)?, at(&until)?);
    let components = chosen(&visit, &rest).await?;
    let args = PlanArgs { name, text, components, from, until };
    let _: Value = operate(&visit, "maintenance.plan", args).await?;
    Ok(Redirect::to("/incidents?done=planned"))
}

/// More of a maintenance.
#[derive(Debug, Deserialize)]
pub(crate) struct TellingOfWork {
    text: String,
    status: String,
    upon: Option<usize>,
}

/// Tells more of a maintenance, or ends it.
pub(crate) async fn tell_of_work(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(TellingOfWork { text, status, upon }): Filled<TellingOfWork>,
) -> Result<Redirect, Refusal> {
    let id: MaintenanceId = id.parse().map_err(|_| Refusal::absent("such maintenance"))?;
    let named = MaintenanceStatus::ALL.into_iter().find(|known| known.name() == status);
    if named.is_none() && !status.is_empty() {
        return Err(Refusal::unreadable("the form", format!("{status:?} is no status")));
    }
    let args = MaintenanceUpdateArgs { id, status: named, text, from: None, until: None, upon };
    let _: Value = operate(&visit, "maintenance.update", args).await?;
    Ok(Redirect::to("/incidents?done=told"))
}
