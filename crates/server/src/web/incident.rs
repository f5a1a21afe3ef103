//! One incident: how it is, what was told of it, and what is to be told next; and what is known of it, for those who learn from it.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Redirect, Response};
use notafter_cert::Time;
use notafter_engine::operate::Fault;
use notafter_engine::operate::status_page::{ShowArgs, UpdateArgs};
use notafter_inventory::model::{ComponentState, IncidentId, IncidentStatus};
use notafter_inventory::status_page::Report;
use serde::Deserialize;
use serde_json::Value;

use super::fields::{Asked, Filled};
use super::incidents::{Choice, STATUSES, UpdateView, choice, said, states, updates};
use super::{Frame, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentPage {
    frame: Frame,
    id: IncidentId,
    name: String,
    said: Option<&'static str>,
    fault: Option<Fault>,
    status: &'static str,
    began: String,
    over: Option<String>,
    components: String,
    /// How they are at the least, where a person knows more than looks show.
    at_least: Option<&'static str>,
    updates: Vec<UpdateView>,
    report: String,
    may_tell: bool,
    /// How far the form is filled in.
    draft: Telling,
    /// It is to tell what was learnt.
    learns: bool,
    statuses: Vec<Choice>,
    states: Vec<Choice>,
    /// How many updates there are: what is told next is told upon these.
    upon: usize,
}

/// More of an incident.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Telling {
    text: String,
    status: IncidentStatus,
    state: ComponentState,
    upon: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Asked(Done { done }): Asked<Done>,
) -> Page {
    let page = incident(&visit, parse(&id)?, None).await?;
    written(&IncidentPage { said: done.as_deref().and_then(said), ..page })
}

fn parse(id: &str) -> Result<IncidentId, Refusal> {
    id.parse().map_err(|_| Refusal::absent("such incident"))
}

async fn incident(visit: &Visit, id: IncidentId, draft: Option<Telling>) -> Result<IncidentPage, Refusal> {
    let report: Report = operate(visit, "incident.report", ShowArgs { id }).await?;
    let frame = Frame::of(visit, "/incidents");
    let incident = &report.incident;
    let (is_open, state) = (incident.is_open(), incident.state);
    // What is over is told of as learnt from, unless it goes on again.
    let next = if is_open { incident.status() } else { IncidentStatus::Postmortem };
    let draft = draft.unwrap_or_else(|| Telling { text: String::new(), status: next, state, upon: None });
    Ok(IncidentPage {
        may_tell: frame.may("POST", "/incidents/{id}/updates"),
        frame,
        id,
        said: None,
        fault: None,
        status: incident.status().words(),
        began: report.began_at.for_people(),
        over: report.ended_at.or_else(|| incident.resolved_at()).map(Time::for_people),
        components: incident.components.join(", "),
        at_least: (is_open && state != ComponentState::Operational).then(|| state.words()),
        updates: updates(incident),
        report: report.markdown(),
        learns: draft.status == IncidentStatus::Postmortem,
        draft,
        statuses: statuses(is_open),
        states: states(),
        upon: incident.updates.len(),
        name: report.incident.name,
    })
}

/// How far it can be told to be.
fn statuses(is_open: bool) -> Vec<Choice> {
    let learnt = ("postmortem", "What we learnt: it is over, and this is why it was");
    let learnt = (!is_open).then_some(learnt);
    learnt.into_iter().chain(STATUSES).map(choice).collect()
}

/// Tells more of an incident, or that it is over.
pub(crate) async fn tell(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(telling): Filled<Telling>,
) -> Result<Response, Refusal> {
    let id = parse(&id)?;
    let Telling { text, status, state, upon } = telling.clone();
    let args = UpdateArgs { id, status: Some(status), text, state: Some(state), upon };
    match operate::<Value>(&visit, "incident.update", args).await {
        Ok(_) => Ok(Redirect::to(&format!("/incidents/{id}?done=told")).into_response()),
        Err(refusal) => {
            let status = refusal.status();
            let page = incident(&visit, id, Some(telling)).await?;
            let page = IncidentPage { fault: Some(refusal.into_fault()), ..page };
            Ok((status, written(&page)?).into_response())
        }
    }
}
