//! One alert: what is wrong, who was told, who takes it, and what keeps it quiet.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::Time;
use notafter_engine::operate::alert::{ListedFinding, ShowArgs, Shown};
use notafter_inventory::model::{
    Acknowledgement, AlertId, Contact, FindingId, QuietFor, Severity, Silence, Told,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{Asked, Filled};
use super::quiet::{self, Choice, Silencing};
use super::silences::SilenceView;
use super::{Frame, Page, class, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "alert.html")]
struct AlertPage {
    frame: Frame,
    said: Option<&'static str>,
    class: &'static str,
    severity: Severity,
    id: AlertId,
    name: String,
    owner: String,
    since: String,
    over: Option<String>,
    findings: Vec<FindingView>,
    taken: Option<String>,
    silenced_until: Option<String>,
    silences: Vec<SilenceView>,
    told: Vec<String>,
    choices: Vec<Choice>,
}

struct FindingView {
    class: &'static str,
    severity: Severity,
    id: FindingId,
    subject: String,
    text: String,
    open: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

/// What the form about taking carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Taking {
    #[serde(default)]
    pub(super) note: String,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Asked(Done { done }): Asked<Done>,
) -> Page {
    let Shown { listed, silences, mut covers } = shown(&visit, &id).await?;
    let context = &visit.context;
    let now = context.clock.now();
    let owner = context.store.owner(&context.scope, listed.alert.owner_id).await?;
    let hours = owner.map(|owner| owner.hours).unwrap_or_default();
    let silence = |silence: Silence| {
        let covers = covers.remove(&silence.id).unwrap_or_default();
        SilenceView::of(&visit, silence, covers, now)
    };
    let (name, taken) = (listed.heading(), super::alerts::taken_of(&listed));
    let alert = listed.alert;
    written(&AlertPage {
        frame: Frame::of(&visit, "/alerts"),
        said: done.as_deref().and_then(said),
        class: if alert.closed_at.is_some() { "ok" } else { class(alert.severity) },
        severity: alert.severity,
        id: alert.id,
        name,
        owner: listed.owner,
        since: alert.opened_at.for_people(),
        over: alert.closed_at.map(Time::for_people),
        findings: listed.findings.into_iter().map(finding).collect(),
        taken,
        silenced_until: listed.silenced_until.map(Time::for_people),
        silences: silences.into_iter().map(silence).collect(),
        told: alert.told.iter().map(|one| told(one, &listed.not_reached)).collect(),
        choices: quiet::choices(&QuietFor::ALL, hours, now),
    })
}

async fn shown(visit: &Visit, id: &str) -> Result<Shown, Refusal> {
    let id = parse(id)?;
    operate(visit, "alert.show", ShowArgs { id }).await
}

/// The one that an address names.
fn parse(id: &str) -> Result<AlertId, Refusal> {
    id.parse().map_err(|_| Refusal::absent("such alert"))
}

/// What was done just now, to an alert or to a finding.
pub(super) fn said(done: &str) -> Option<&'static str> {
    match done {
        "taken" => Some("You took it: it neither climbs nor reminds, until it gets worse."),
        "silenced" => Some("It is silenced; below is until when. It stays open, and visible here."),
        _ => None,
    }
}

/// Takes it: it does not climb further and does not remind, until it gets worse.
pub(crate) async fn acknowledge(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(taking): Filled<Taking>,
) -> Result<Redirect, Refusal> {
    let id = parse(&id)?;
    take(&visit, id, taking).await?;
    Ok(Redirect::to(&format!("/alerts/{id}?done=taken")))
}

/// The same, from wherever it was asked for.
pub(super) async fn take(visit: &Visit, id: AlertId, Taking { note }: Taking) -> Result<(), Refusal> {
    let note = Some(note.trim()).filter(|note| !note.is_empty());
    let _: Value = operate(visit, "alert.acknowledge", json!({ "id": id, "note": note })).await?;
    Ok(())
}

/// Silences what is behind it for a while, for its owner.
pub(crate) async fn silence(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(silencing): Filled<Silencing>,
) -> Result<Redirect, Refusal> {
    let alert = shown(&visit, &id).await?.listed.alert;
    quiet::silence(&visit, (None, &alert.root), alert.owner_id, silencing).await?;
    Ok(Redirect::to(&format!("/alerts/{}?done=silenced", alert.id)))
}

fn finding(finding: ListedFinding) -> FindingView {
    FindingView {
        class: if finding.open { class(finding.severity) } else { "" },
        severity: finding.severity,
        id: finding.id,
        subject: finding.subject,
        text: finding.text,
        open: finding.open,
    }
}

/// `ada took it at 2026-11-25 03:04 UTC: on it`.
pub(super) fn taken(taken: &Acknowledgement) -> String {
    format!("{} took it at {}{}", taken.by, taken.at.for_people(), noted(taken))
}

/// What whoever took it said about that.
pub(super) fn noted(taken: &Acknowledgement) -> String {
    taken.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default()
}

fn told(told: &Told, not_reached: &[Contact]) -> String {
    let to = match &told.contact.to {
        Some(to) => format!("{to} ({})", told.contact.channel),
        None => told.contact.channel.clone(),
    };
    let in_vain = not_reached.contains(&told.contact);
    let taken = if in_vain { "; nothing was taken there yet" } else { "" };
    format!("{} {to} was {}{taken}", told.at.for_people(), told.purpose.words())
}
