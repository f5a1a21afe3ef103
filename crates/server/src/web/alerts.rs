//! Who is told of what, what is taken or silenced, and whether the ways to people work.

use askama::Template;
use axum::extract::Extension;
use notafter_cert::Time;
use notafter_engine::operate::alert::{ListArgs, Listed, ListedFinding, ListedPath, Listing};
use notafter_engine::operate::status::{self, Totals};
use notafter_inventory::model::{Severity, Silence};
use notafter_inventory::plan::alert;

use super::alert::taken;
use super::{Frame, Page, class, operate, written};
use crate::auth::Visit;

#[derive(Template)]
#[template(path = "alerts.html")]
struct Alerts {
    frame: Frame,
    alerts: Vec<AlertView>,
    silences: Option<String>,
    paths: Vec<String>,
    /// What is open, where nobody could be told of it.
    untold: Option<String>,
}

struct AlertView {
    class: &'static str,
    severity: Severity,
    id: String,
    heading: String,
    owner: String,
    since: String,
    findings: Vec<String>,
    is_drill: bool,
    /// What holds where none of its findings does.
    over: Option<String>,
    silenced_until: Option<String>,
    taken: Option<String>,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>) -> Page {
    let listing: Listing = operate(&visit, "alert.list", ListArgs { all: false }).await?;
    let now = visit.context.clock.now();
    let totals = status::totals(&visit.context).await?;
    let is_untold = listing.alerts.is_empty() && listing.paths.is_empty() && totals != Totals::default();
    written(&Alerts {
        frame: Frame::of(&visit, "/alerts"),
        alerts: listing.alerts.into_iter().map(view).collect(),
        silences: silences(&listing.silences, now),
        untold: is_untold.then(|| totals.words()),
        paths: listing.paths.iter().map(|way| path(way, now)).collect(),
    })
}

fn view(listed: Listed) -> AlertView {
    let is_any_open = listed.findings.iter().any(|finding| finding.open);
    // Of what is over one sees what it was.
    let shown = listed.findings.iter().filter(|finding| finding.open || !is_any_open);
    let said = |finding: &ListedFinding| match finding.subject == listed.name {
        true => finding.text.clone(),
        false => format!("{}: {}", finding.subject, finding.text),
    };
    AlertView {
        findings: shown.map(said).collect(),
        over: alert::over(&listed.alert, is_any_open),
        class: if listed.is_aside() { "" } else { class(listed.alert.severity) },
        heading: listed.heading(),
        is_drill: listed.is_drill(),
        severity: listed.alert.severity,
        id: listed.alert.id.to_string(),
        since: listed.alert.opened_at.for_people(),
        silenced_until: listed.silenced_until.map(Time::for_people),
        taken: taken_of(&listed),
        owner: listed.owner,
    }
}

/// Who took it, and what began after that.
pub(super) fn taken_of(listed: &Listed) -> Option<String> {
    let taken = taken(listed.alert.acknowledged.as_ref()?);
    Some(match listed.grown() {
        0 => taken,
        1 => format!("{taken}. One of its findings began after that"),
        grown => format!("{taken}. {grown} of its findings began after that"),
    })
}

/// How many there are; nothing where there is none.
fn silences(silences: &[Silence], now: Time) -> Option<String> {
    let first = silences.iter().map(|silence| silence.until).min()?;
    let ends = format!("ends at {} (in {})", first.for_people(), first.since(now));
    Some(match silences.len() {
        1 => format!("One is in force; it {ends}."),
        number => format!("{number} are in force; the first {ends}."),
    })
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
