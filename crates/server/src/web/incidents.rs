//! What the public is told, for those who tell it: incidents and maintenance, with a form for each. A form that is refused comes
//! back as it was filled in, with what is wrong.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use notafter_cert::Time;
use notafter_engine::operate::Fault;
use notafter_engine::operate::status_page::{
    ListArgs, Listing, Mails, MaintenanceUpdateArgs, OpenArgs, PlanArgs, Plans, PlansArgs,
};
use notafter_inventory::model::{
    ComponentState, Incident, IncidentId, IncidentStatus, IncidentUpdate, Maintenance, MaintenanceId,
    MaintenanceStatus,
};
use notafter_inventory::status_page::{Event, Shown};
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
    /// What was wrong with a form, and where it stands as it was filled in.
    fault: Option<(Fault, String)>,
    /// What is detected that an incident is to tell of.
    about: Option<String>,
    /// As they are filled in.
    opening: OpeningView,
    planning: PlanningView,
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
    /// The incident is about it, as far as its form is filled in.
    is_told: bool,
    /// So is the maintenance.
    is_planned: bool,
}

struct DetectedView {
    id: String,
    name: String,
    since: String,
}

struct IncidentView {
    id: IncidentId,
    name: String,
    status: &'static str,
    about: String,
    since: String,
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
    /// What is filled in of its form.
    text: String,
    chosen: String,
}

/// What was told at an instant, and by whom.
pub(super) struct UpdateView {
    pub(super) head: String,
    pub(super) text: String,
}

/// Something to choose from a list.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) words: &'static str,
}

struct OpeningView {
    name: String,
    text: String,
    status: &'static str,
    state: &'static str,
}

#[derive(Default)]
struct PlanningView {
    name: String,
    text: String,
    from: String,
    until: String,
}

/// Incidents that are over which the page links.
const OVER: usize = 20;

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
    /// What is detected that somebody wants to tell of.
    about: Option<String>,
}

/// How far the forms of the page are filled in.
enum Draft {
    /// Not at all.
    Empty,
    /// An incident about what is detected.
    About(String),
    Opening(Opening),
    Planning(Planning),
    Work(MaintenanceId, TellingOfWork),
}

impl Draft {
    /// Where its form stands on the page.
    fn place(&self) -> String {
        match self {
            Self::Empty | Self::About(_) | Self::Opening(_) => "open".to_owned(),
            Self::Planning(_) => "plan".to_owned(),
            Self::Work(id, _) => id.to_string(),
        }
    }

    /// Whether an incident is told of this component.
    fn is_told_of(&self, shown: &Shown, detected: &[Event]) -> bool {
        match self {
            Self::About(id) => {
                detected.iter().any(|event| event.id == *id && event.components.contains(&shown.name))
            }
            Self::Opening(opening) => is_chosen(shown, &opening.rest),
            Self::Empty | Self::Planning(_) | Self::Work(..) => false,
        }
    }

    fn is_planned_for(&self, shown: &Shown) -> bool {
        matches!(self, Self::Planning(planning) if is_chosen(shown, &planning.rest))
    }

    /// The forms that stand for themselves.
    fn filled(self) -> (OpeningView, PlanningView) {
        let (status, state) = (IncidentStatus::Investigating.name(), ComponentState::Operational.name());
        let empty = OpeningView { name: String::new(), text: String::new(), status, state };
        match self {
            Self::Opening(Opening { name, text, status, state, .. }) => {
                let opening = OpeningView { name, text, status: status.name(), state: state.name() };
                (opening, PlanningView::default())
            }
            Self::Planning(Planning { name, text, from, until, .. }) => {
                (empty, PlanningView { name, text, from, until })
            }
            Self::Empty | Self::About(_) | Self::Work(..) => (empty, PlanningView::default()),
        }
    }
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Asked(Done { done, about }): Asked<Done>,
) -> Page {
    let draft = about.map_or(Draft::Empty, Draft::About);
    let page = incidents(&visit, draft, None).await?;
    written(&Incidents { said: done.as_deref().and_then(said), ..page })
}

/// The page again, with what was refused.
async fn refused(visit: &Visit, draft: Draft, refusal: Refusal) -> Result<Response, Refusal> {
    let status = refusal.status();
    let page = incidents(visit, draft, Some(refusal.into_fault())).await?;
    Ok((status, written(&page)?).into_response())
}

async fn incidents(visit: &Visit, draft: Draft, fault: Option<Fault>) -> Result<Incidents, Refusal> {
    let mut listing: Listing = operate(visit, "incident.list", ListArgs { all: true }).await?;
    let (open, over): (Vec<Incident>, Vec<Incident>) =
        std::mem::take(&mut listing.incidents).into_iter().partition(Incident::is_open);
    let plans: Plans = operate(visit, "maintenance.list", PlansArgs { all: false }).await?;
    let frame = Frame::of(visit, "/incidents");
    let now = visit.context.clock.now();
    let component = |shown: &Shown| ComponentView {
        id: shown.id.clone(),
        name: shown.name.clone(),
        state: shown.state.words(),
        is_told: draft.is_told_of(shown, &listing.detected),
        is_planned: draft.is_planned_for(shown),
    };
    let components = listing.components.iter().map(component).collect();
    let about = match &draft {
        Draft::About(id) => listing.detected.iter().find(|event| event.id == *id),
        _ => None,
    };
    let about = about.map(|event| event.name.clone());
    let plans = plans.maintenances.into_iter().map(|maintenance| plan(maintenance, &draft, now)).collect();
    let fault = fault.map(|fault| (fault, draft.place()));
    let (opening, planning) = draft.filled();
    Ok(Incidents {
        may_tell: frame.may("POST", "/incidents"),
        frame,
        said: None,
        fault,
        about,
        opening,
        planning,
        components,
        detected: listing.detected.into_iter().map(detected).collect(),
        incidents: open.into_iter().map(incident).collect(),
        over: over.into_iter().take(OVER).map(past).collect(),
        plans,
        statuses: STATUSES.into_iter().map(choice).collect(),
        states: states(),
        progress: PROGRESS.into_iter().map(choice).collect(),
        mails: listing.mails,
    })
}

fn detected(event: Event) -> DetectedView {
    DetectedView { since: event.began_at.for_people(), id: event.id, name: event.name }
}

pub(super) fn said(done: &str) -> Option<&'static str> {
    match done {
        "told" => Some("It is told: the status page has it within a few seconds."),
        "planned" => Some("It is announced: it begins and ends by itself, at its times."),
        _ => None,
    }
}

pub(super) const STATUSES: [(&str, &str); 4] = [
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

pub(super) const fn choice((value, words): (&'static str, &'static str)) -> Choice {
    Choice { value, words }
}

/// How the services are at the least, to choose from.
pub(super) fn states() -> Vec<Choice> {
    ComponentState::TOLD.into_iter().map(state).collect()
}

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
    IncidentView {
        updates: updates(&incident),
        status: incident.status().name(),
        id: incident.id,
        about: incident.components.join(", "),
        since: incident.began_at.for_people(),
        name: incident.name,
    }
}

/// What was told, the newest first.
pub(super) fn updates(incident: &Incident) -> Vec<UpdateView> {
    let update = |update: &IncidentUpdate| UpdateView {
        head: format!("{} {} by {}", update.at.for_people(), update.status, update.by),
        text: update.text.clone(),
    };
    incident.updates.iter().rev().map(update).collect()
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

fn plan(maintenance: Maintenance, draft: &Draft, now: Time) -> PlanView {
    let (text, chosen) = match draft {
        Draft::Work(id, told) if *id == maintenance.id => (told.text.clone(), told.status.clone()),
        _ => (String::new(), String::new()),
    };
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
        text,
        chosen,
    }
}

/// A new incident.
#[derive(Clone, Debug, Deserialize)]
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
) -> Result<Response, Refusal> {
    let Opening { name, text, status, state, rest } = opening.clone();
    let components = chosen(&visit, &rest).await?;
    let args = OpenArgs { name, text, components, state: Some(state), status, began_at: None };
    match operate::<Incident>(&visit, "incident.open", args).await {
        Ok(incident) => Ok(Redirect::to(&format!("/incidents/{}?done=told", incident.id)).into_response()),
        Err(refusal) => refused(&visit, Draft::Opening(opening), refusal).await,
    }
}

/// The names of the components that were chosen in a form.
async fn chosen(visit: &Visit, fields: &HashMap<String, String>) -> Result<Vec<String>, Refusal> {
    let listing: Listing = operate(visit, "incident.list", ListArgs { all: false }).await?;
    let chosen = listing.components.into_iter().filter(|shown| is_chosen(shown, fields));
    Ok(chosen.map(|shown| shown.name).collect())
}

fn is_chosen(shown: &Shown, fields: &HashMap<String, String>) -> bool {
    fields.contains_key(&format!("component.{}", shown.id))
}

/// Work to announce.
#[derive(Clone, Debug, Deserialize)]
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
) -> Result<Response, Refusal> {
    match announce(&visit, planning.clone()).await {
        Ok(_) => Ok(Redirect::to("/incidents?done=planned").into_response()),
        Err(refusal) => refused(&visit, Draft::Planning(planning), refusal).await,
    }
}

async fn announce(visit: &Visit, planning: Planning) -> Result<Value, Refusal> {
    let Planning { name, text, from, until, rest } = planning;
    let at = |text: &str| {
        let left_out =
            || Refusal::half_filled("a time is left out", "say when the work begins, and when it ends");
        let unreadable = |fault| Refusal::with(StatusCode::BAD_REQUEST, fault);
        instant(text).map_err(unreadable)?.ok_or_else(left_out)
    };
    let (from, until) = (at(&from)?, at(&until)?);
    let components = chosen(visit, &rest).await?;
    operate(visit, "maintenance.plan", PlanArgs { name, text, components, from, until }).await
}

/// More of a maintenance.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TellingOfWork {
    text: String,
    status: String,
    upon: Option<usize>,
}

/// Tells more of a maintenance, or ends it.
pub(crate) async fn tell_of_work(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(telling): Filled<TellingOfWork>,
) -> Result<Response, Refusal> {
    let id: MaintenanceId = id.parse().map_err(|_| Refusal::absent("such maintenance"))?;
    let TellingOfWork { text, status, upon } = telling.clone();
    let named = MaintenanceStatus::ALL.into_iter().find(|known| known.name() == status);
    if named.is_none() && !status.is_empty() {
        return Err(Refusal::unreadable("the form", format!("{status:?} is no status")));
    }
    let args = MaintenanceUpdateArgs { id, status: named, text, from: None, until: None, upon };
    match operate::<Value>(&visit, "maintenance.update", args).await {
        Ok(_) => Ok(Redirect::to("/incidents?done=told").into_response()),
        Err(refusal) => refused(&visit, Draft::Work(id, telling), refusal).await,
    }
}
