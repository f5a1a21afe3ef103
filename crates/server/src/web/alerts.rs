//! Who is told of what, what is taken or silenced, and whether the ways to people work.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::Time;
use notafter_engine::operate::alert::{ListArgs, Listed, ListedPath, Listing};
use notafter_inventory::model::{Severity, Silence};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::Filled;
use super::{Frame, Page, class, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "alerts.html")]
struct Alerts {
    frame: Frame,
    alerts: Vec<AlertView>,
    silences: Vec<String>,
    paths: Vec<String>,
}

struct AlertView {
    class: &'static str,
    severity: Severity,
    id: String,
    name: String,
    owner: String,
    since: String,
    findings: Vec<String>,
    silenced_until: Option<String>,
    taken: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Note {
    #[serde(default)]
    note: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>) -> Page {
    let listing: Listing = operate(&visit, "alert.list", ListArgs { all: false }).await?;
    let now = visit.context.clock.now();
    written(&Alerts {
        frame: Frame::of(&visit, "/alerts"),
        alerts: listing.alerts.into_iter().map(view).collect(),
        silences: listing
            .silences
            .iter()
            .map(|silence| {
                let covers = listing.covers.get(&silence.id).map_or("", String::as_str);
                let Silence { until, by, why, .. } = silence;
                format!("{covers} until {}, by {by}: {why}", until.for_people())
            })
            .collect(),
        paths: listing.paths.iter().map(|way| path(way, now)).collect(),
    })
}

/// Takes one: it does not climb further and does not remind, until it gets worse.
pub(crate) async fn acknowledge(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(Note { note }): Filled<Note>,
) -> Result<Redirect, Refusal> {
    let note = Some(note.trim()).filter(|note| !note.is_empty());
    let _: Value = operate(&visit, "alert.acknowledge", json!({ "id": id, "note": note })).await?;
    Ok(Redirect::to("/alerts"))
}

fn view(listed: Listed) -> AlertView {
    let open = listed.findings.iter().filter(|finding| finding.open);
    AlertView {
        class: class(listed.alert.severity),
        severity: listed.alert.severity,
        id: listed.alert.id.to_string(),
        since: listed.alert.opened_at.for_people(),
        findings: open.map(|finding| format!("{}: {}", finding.subject, finding.text)).collect(),
        silenced_until: listed.silenced_until.map(Time::for_people),
        taken: listed.alert.acknowledged.as_ref().map(|taken| {
            let note = taken.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            format!("{} took it at {}{note}", taken.by, taken.at.for_people())
        }),
        name: listed.name,
        owner: listed.owner,
    }
}

fn path(way: &ListedPath, now: Time) -> String {
    let to = way.path.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
    let proved = if way.proved { "proved" } else { "not proved: notafter alert test" };
    let failing = match way.path.failing_since {
        Some(since) => format!("; fails since {} ({})", since.for_people(), now.since(since)),
        None => String::new(),
    };
    format!("{}{to}: {proved}{failing}", way.channel)
}
