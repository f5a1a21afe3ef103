//! What needs a person now, all lifetimes in one picture, counts, and what happens next by itself.

use askama::Template;
use axum::extract::Extension;
use notafter_cert::Time;
use notafter_engine::operate::status::{
    self, LineageRow, LineageRows, Need, Overview as Status, Server, Totals,
};
use notafter_inventory::lifetimes::View;

use super::picture::PictureView;
use super::{Frame, NeedView, Page, written};
use crate::auth::Visit;

/// Nobody acts on more cases at once; the rest is behind a link.
const CASES: usize = 20;
/// Of one case so much is said here.
const LINES: usize = 4;
/// Findings that are read to be put in order.
const READ: u32 = 200;
const STEPS: usize = 8;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    server: Option<String>,
    headline: String,
    cases: Vec<CaseView>,
    more_needs: usize,
    aside: Vec<NeedView>,
    drills: usize,
    picture: PictureView,
    tiles: Vec<Tile>,
    next: Vec<NextStep>,
}

/// What one alert tells of, or one finding that none tells of.
struct CaseView {
    first: NeedView,
    lines: Vec<LineView>,
    more: usize,
    /// Where all of it is taken or silenced.
    href: String,
}

/// One finding of a case.
struct LineView {
    /// What it is about, where that is not what the line before is about.
    name: Option<String>,
    text: String,
    /// What to do, where the line before does not say the same.
    hint: Option<String>,
}

struct Tile {
    number: usize,
    name: &'static str,
    class: &'static str,
    path: &'static str,
}

impl CaseView {
    fn of(case: Vec<Need>) -> Option<Self> {
        let first = NeedView::of(case.first()?.clone());
        let href = match first.alert {
            Some(alert) if case.len() > 1 => format!("/alerts/{alert}"),
            _ => format!("/findings/{}", first.id),
        };
        let (mut named, mut hinted) = (first.name.clone(), String::new());
        let (more, mut lines) = (case.len().saturating_sub(LINES), Vec::new());
        for need in case.into_iter().take(LINES) {
            let is_another = std::mem::replace(&mut named, need.name.clone()) != need.name;
            let is_news = std::mem::replace(&mut hinted, need.hint.clone()) != need.hint;
            lines.push(LineView {
                name: is_another.then_some(need.name),
                text: need.text,
                hint: is_news.then_some(need.hint),
            });
        }
        Some(Self { first, lines, more, href })
    }
}

struct NextStep {
    at: String,
    when: String,
    name: String,
    why: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>) -> Page {
    let mut status = status::overview(&visit.context, READ).await?;
    let waiting = std::mem::take(&mut status.waiting);
    // Of too many it is not known how many somebody has taken.
    let totals = if status.is_all { waiting.totals() } else { status.findings };
    let shown: usize = waiting.cases.iter().take(CASES).map(Vec::len).sum();
    let Totals { critical, warning, unknown } = totals;
    let LineageRows { at, rows, lifetimes } = &*status.lineages;
    written(&Overview {
        frame: Frame::of(&visit, "/"),
        server: amiss(&status.server),
        headline: headline(totals),
        picture: PictureView::of(lifetimes, *at, &View::default()),
        tiles: tiles(&status),
        next: next_steps(rows, *at),
        cases: waiting.cases.into_iter().take(CASES).filter_map(CaseView::of).collect(),
        more_needs: (critical + warning + unknown).saturating_sub(shown),
        aside: waiting.aside.into_iter().map(NeedView::of).collect(),
        drills: waiting.drills.len(),
    })
}

fn amiss(server: &Server) -> Option<String> {
    match server {
        Server::Runs => None,
        Server::Absent => {
            Some("The loops have not begun: nothing is renewed or looked at by itself.".to_owned())
        }
        Server::Stalled { .. } => {
            server.stalled().map(|loops| format!("The server does not get on with: {loops}."))
        }
    }
}

fn headline(totals: Totals) -> String {
    match totals == Totals::default() {
        true => "Nothing needs a person".to_owned(),
        false => format!("Needs a person: {}", totals.words()),
    }
}

fn tiles(status: &Status) -> Vec<Tile> {
    let tile = |number, name, class, path| Tile { number, name, class, path };
    let amiss = status.endpoints.amiss;
    let Status { endpoints, unproven, .. } = status;
    let unknown = amiss.unknown.saturating_sub(endpoints.not_looked_at);
    let coloured = |number, name, class, path| tile(number, name, if number > 0 { class } else { "" }, path);
    let mut tiles = vec![
        tile(endpoints.known, "endpoints", "", "/endpoints"),
        coloured(amiss.critical, "of them critical", "critical", "/endpoints?state=critical"),
        coloured(amiss.warning, "of them warning", "warning", "/endpoints?state=warning"),
        coloured(unknown, "of them unknown", "unknown", "/endpoints?state=unknown"),
    ];
    if endpoints.not_looked_at > 0 {
        let path = "/endpoints?state=not-looked-at";
        tiles.push(tile(endpoints.not_looked_at, "of them not looked at yet", "unknown", path));
    }
    let deployments = if *unproven == 1 { "deployment not proven" } else { "deployments not proven" };
    tiles.push(tile(status.lineages.rows.len(), "lineages", "", "/lineages"));
    tiles.push(tile(*unproven, deployments, "", "/findings?code=deployment.*"));
    tiles
}

fn next_steps(rows: &[LineageRow], at: Time) -> Vec<NextStep> {
    let step = |(next, row): (Time, &LineageRow)| NextStep {
        at: next.to_string(),
        when: if next <= at {
            "now".to_owned()
        } else {
            format!("{} (in {})", next.for_people(), next.since(at))
        },
        name: row.name.clone(),
        why: format!("is renewed: {}", row.why),
    };
    status::next(rows, STEPS).into_iter().map(step).collect()
}
