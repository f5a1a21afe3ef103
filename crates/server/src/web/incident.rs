//! One incident: what is known of it, for those who learn from it, and what was learnt, for the public.

use askama::Template;
use axum::extract::{Extension, Path};
use notafter_engine::operate::status_page::ShowArgs;
use notafter_inventory::model::{ComponentState, IncidentId};
use notafter_inventory::status_page::Report;

use super::{Frame, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentPage {
    frame: Frame,
    id: IncidentId,
    name: String,
    report: String,
    /// Whoever visits may tell the public what was learnt.
    may_learn: bool,
    state: ComponentState,
    /// How many updates there are: what was learnt is told upon these.
    upon: usize,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Path(id): Path<String>) -> Page {
    let id: IncidentId = id.parse().map_err(|_| Refusal::absent("such incident"))?;
    let report: Report = operate(&visit, "incident.report", ShowArgs { id }).await?;
    let frame = Frame::of(&visit, "/incidents");
    let may_tell = frame.may_operate && visit.caller.grant.owner.is_none();
    written(&IncidentPage {
        frame,
        id,
        report: report.markdown(),
        may_learn: may_tell && !report.incident.is_open(),
        state: report.incident.state,
        upon: report.incident.updates.len(),
        name: report.incident.name,
    })
}
