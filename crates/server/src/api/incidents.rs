//! Incidents: what people tell the public of what goes wrong.

use notafter_cert::Span;
use notafter_engine::operate::status_page::{ListArgs, Listing, Mails, OpenArgs, ShowArgs, UpdateArgs};
use notafter_inventory::model::{self, IncidentId, IncidentUpdate};
use notafter_inventory::status_page;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Made, One};
use super::call::{Call, call};
use super::number::Count;
use super::request::{Asked, Json, NoBody, Nothing};
use super::view::{Doer, Instant, words};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static LIST: Call = call!(
    "list-incidents",
    "What the public is told of on the status page, what is detected and nobody tells of, and the components",
    list
);
pub(crate) static SHOW: Call =
    call!("show-incident", "An incident, with everything that was told of it", show);
pub(crate) static REPORT: Call = call!(
    "report-incident",
    "What is known of an incident, for those who learn from it: times, impact, what happened when",
    report
);
pub(crate) static OPEN: Call =
    call!("open-incident", "Tells the public of something that goes wrong", open, [UNPROCESSABLE_ENTITY]);
pub(crate) static UPDATE: Call = call!(
    "update-incident",
    "Tells more of an incident, or that it is over",
    update,
    [CONFLICT, UNPROCESSABLE_ENTITY]
);

words! {
    /// How a component is.
    ComponentState = model::ComponentState {
        /// Whoever looks is served well.
        Operational,
        /// Somebody works on it, and said so.
        UnderMaintenance,
        /// Nobody has looked, not lately, or without seeing enough.
        Unknown,
        /// Some programs are not served.
        DegradedPerformance,
        /// A part of it serves nobody.
        PartialOutage,
        /// Nothing of it serves anybody.
        MajorOutage,
    }
}

words! {
    /// How far an incident is.
    IncidentStatus = model::IncidentStatus {
        /// The cause is being looked for.
        Investigating,
        /// The cause is known.
        Identified,
        /// It was mended, and is watched.
        Monitoring,
        /// It is over.
        Resolved,
        /// It is over, and what was learnt is told.
        Postmortem,
    }
}

/// How its components are at the least, as a person may tell it.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ToldComponentState {
    /// As looks show them.
    Operational,
    /// Some programs are not served.
    DegradedPerformance,
    /// A part of it serves nobody.
    PartialOutage,
    /// Nothing of it serves anybody.
    MajorOutage,
}

impl From<ToldComponentState> for model::ComponentState {
    fn from(told: ToldComponentState) -> Self {
        match told {
            ToldComponentState::Operational => Self::Operational,
            ToldComponentState::DegradedPerformance => Self::DegradedPerformance,
            ToldComponentState::PartialOutage => Self::PartialOutage,
            ToldComponentState::MajorOutage => Self::MajorOutage,
        }
    }
}

impl From<IncidentStatus> for model::IncidentStatus {
    fn from(told: IncidentStatus) -> Self {
        match told {
            IncidentStatus::Investigating => Self::Investigating,
            IncidentStatus::Identified => Self::Identified,
            IncidentStatus::Monitoring => Self::Monitoring,
            IncidentStatus::Resolved => Self::Resolved,
            IncidentStatus::Postmortem => Self::Postmortem,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Which.
    #[serde(default)]
    state: WhichIncidents,
}

/// Which incidents.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum WhichIncidents {
    /// Those that go on.
    #[default]
    Open,
    /// Those of the last 90 days that are over, too.
    All,
}

#[derive(Deserialize, JsonSchema)]
struct At {
    /// Identity (`in_...`).
    id: String,
}

/// Something that goes wrong.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewIncident {
    /// What it is called, in at most 200 letters.
    name: String,
    /// What is told of it, in at most 5,000 letters.
    text: String,
    /// The components that it is about, by name.
    #[serde(default)]
    components: Vec<String>,
    /// How they are at the least while it is open; as looks show them where this is left out.
    state: Option<ToldComponentState>,
    /// How far it is; `investigating` where this is left out.
    status: Option<IncidentStatus>,
    /// When it began; now, or when looks first showed it, where this is left out.
    began_at: Option<Instant>,
}

/// What is told next of an incident.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewIncidentUpdate {
    /// What is told, in at most 5,000 letters.
    text: String,
    /// How far it is; as before where this is left out.
    status: Option<IncidentStatus>,
    /// How its components are at the least from now on; as before where this is left out.
    state: Option<ToldComponentState>,
    /// How many updates it had when this one was written: where it has more by now, nothing is told. Not asked where this is left
    /// out.
    upon: Option<Count>,
}

/// What a person tells the public of something that goes wrong.
#[derive(Serialize, JsonSchema)]
struct OneIncident {
    /// Identity.
    id: String,
    /// What it is called.
    name: String,
    /// The components that it is about, by name.
    components: Vec<String>,
    /// How they are at the least while it is open.
    state: ComponentState,
    /// How far it is.
    status: IncidentStatus,
    /// When it began.
    began_at: Instant,
    /// When it was over.
    resolved_at: Option<Instant>,
    /// What was told of it, oldest first.
    updates: Vec<IncidentUpdateTold>,
}

/// What was told at an instant.
#[derive(Serialize, JsonSchema)]
struct IncidentUpdateTold {
    /// When.
    at: Instant,
    /// How far it was.
    status: IncidentStatus,
    /// The words.
    text: String,
    /// Who told it; the public never reads this.
    by: Doer,
}

/// What looks show, and nobody tells of.
#[derive(Serialize, JsonSchema)]
struct Detected {
    /// What the page calls it.
    name: String,
    /// The components that it is about, by name.
    components: Vec<String>,
    /// How bad it was at the worst.
    worst: ComponentState,
    /// When a look first showed it.
    began_at: Instant,
}

/// A component of the status page.
#[derive(Serialize, JsonSchema)]
struct OneComponent {
    /// What programs know it by on the status page.
    id: String,
    /// Its name.
    name: String,
    /// How it is.
    state: ComponentState,
}

/// What is known of an incident.
#[derive(Serialize, JsonSchema)]
struct IncidentReport {
    /// The incident.
    id: String,
    /// When it began: what was the matter, a person or a look says so, whichever is earliest.
    began_at: Instant,
    /// When it was over on the wire and by word.
    ended_at: Option<Instant>,
    /// When a look first showed it.
    detected_at: Option<Instant>,
    /// How long it was there before, where its beginning is on record.
    seconds_to_detect: Option<i64>,
    /// How long it took from its beginning until a person told the public.
    seconds_to_tell: i64,
    /// Whom it hit, as looks show.
    impact: Vec<IncidentImpact>,
    /// What happened, oldest first.
    timeline: Vec<IncidentMoment>,
    /// All of it, with what only people know left to be written.
    markdown: String,
}

/// A component that did not serve as it should.
#[derive(Serialize, JsonSchema)]
struct IncidentImpact {
    /// Its name.
    component: String,
    /// From when.
    from: Instant,
    /// Until when.
    until: Option<Instant>,
    /// How bad it was at the worst.
    worst: ComponentState,
}

/// Something that happened.
#[derive(Serialize, JsonSchema)]
struct IncidentMoment {
    /// When.
    at: Instant,
    /// What.
    text: String,
}

/// What the public is told of.
#[derive(Serialize, JsonSchema)]
struct Incidents {
    /// What people tell, newest first.
    items: Vec<OneIncident>,
    /// What looks show now, and nobody tells of.
    detected: Vec<Detected>,
    /// The components of the status page.
    components: Vec<OneComponent>,
    /// How many are told by mail; nothing where no mails are sent.
    subscribers: Option<Subscribers>,
}

/// Who is told by mail.
#[derive(Serialize, JsonSchema)]
struct Subscribers {
    /// Who confirmed.
    confirmed: u64,
    /// Who did not yet.
    unconfirmed: u64,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<One<Incidents>, Refusal> {
    let args = ListArgs { all: asked.query.state == WhichIncidents::All };
    let Listing { incidents, detected, components, mails } = operate(&visit, "incident.list", args).await?;
    let detected = detected.into_iter().map(|event| Detected {
        name: event.name,
        components: event.components,
        worst: event.worst.into(),
        began_at: event.began_at.into(),
    });
    let component = |shown: status_page::Shown| OneComponent {
        id: shown.id,
        name: shown.name,
        state: shown.state.into(),
    };
    Ok(One(Incidents {
        items: incidents.into_iter().map(one).collect(),
        detected: detected.collect(),
        components: components.into_iter().map(component).collect(),
        subscribers: mails.map(|Mails { subscribers, .. }| Subscribers {
            confirmed: subscribers.confirmed,
            unconfirmed: subscribers.unconfirmed,
        }),
    }))
}

async fn show(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneIncident>, Refusal> {
    let args = ShowArgs { id: parse(&asked.path)? };
    Ok(One(one(operate(&visit, "incident.show", args).await?)))
}

async fn report(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<IncidentReport>, Refusal> {
    let args = ShowArgs { id: parse(&asked.path)? };
    let report: status_page::Report = operate(&visit, "incident.report", args).await?;
    Ok(One(IncidentReport {
        id: report.incident.id.to_string(),
        began_at: report.began_at.into(),
        ended_at: report.ended_at.map(Instant),
        detected_at: report.detected_at.map(Instant),
        seconds_to_detect: report.to_detect().map(Span::as_seconds),
        seconds_to_tell: report.to_tell().as_seconds(),
        markdown: report.markdown(),
        impact: report.impact.into_iter().map(impact).collect(),
        timeline: report.timeline.into_iter().map(moment).collect(),
    }))
}

fn impact(hit: status_page::Impact) -> IncidentImpact {
    let status_page::Impact { component, from, until, worst } = hit;
    IncidentImpact { component, from: from.into(), until: until.map(Instant), worst: worst.into() }
}

fn moment(line: status_page::Line) -> IncidentMoment {
    IncidentMoment { at: line.at.into(), text: line.text }
}

async fn open(
    visit: Visit,
    asked: Asked<Nothing, Nothing, Json<NewIncident>>,
) -> Result<Made<OneIncident>, Refusal> {
    let Json(NewIncident { name, text, components, state, status, began_at }) = asked.body;
    let args = OpenArgs {
        name,
        text,
        components,
        state: state.map(Into::into),
        status: status.unwrap_or(IncidentStatus::Investigating).into(),
        began_at: began_at.map(|Instant(at)| at),
    };
    Ok(Made(one(operate(&visit, "incident.open", args).await?)))
}

async fn update(
    visit: Visit,
    asked: Asked<At, Nothing, Json<NewIncidentUpdate>>,
) -> Result<Made<OneIncident>, Refusal> {
    let id = parse(&asked.path)?;
    let Json(NewIncidentUpdate { text, status, state, upon }) = asked.body;
    let upon = upon.map(|Count(number)| number);
    let args = UpdateArgs { id, status: status.map(Into::into), text, state: state.map(Into::into), upon };
    Ok(Made(one(operate(&visit, "incident.update", args).await?)))
}

fn parse(at: &At) -> Result<IncidentId, Refusal> {
    at.id.parse().map_err(|_| Refusal::absent("such incident"))
}

fn one(incident: model::Incident) -> OneIncident {
    let (status, resolved_at) = (incident.status(), incident.resolved_at());
    let update = |IncidentUpdate { at, status, text, by }| IncidentUpdateTold {
        at: at.into(),
        status: IncidentStatus::from(status),
        text,
        by: by.into(),
    };
    OneIncident {
        id: incident.id.to_string(),
        name: incident.name,
        components: incident.components,
        state: incident.state.into(),
        status: status.into(),
        began_at: incident.began_at.into(),
        resolved_at: resolved_at.map(Instant),
        updates: incident.updates.into_iter().map(update).collect(),
    }
}
