//! What needs a person now, all lifetimes in one picture, counts, and what happens next by itself.

use askama::Template;
use axum::extract::Extension;
use notafter_cert::Time;
use notafter_engine::operate::status::{self, LineageRow, LineageRows, Overview as Status, Server, Totals};
use notafter_inventory::lifetimes::View;

use super::picture::PictureView;
use super::{Frame, NeedView, Page, written};
use crate::auth::Visit;

/// Nobody acts on more at once; the rest is behind a link.
const NEEDS: u32 = 20;
const STEPS: usize = 8;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    server: Option<String>,
    headline: String,
    needs: Vec<NeedView>,
    more_needs: usize,
    picture: PictureView,
    tiles: Vec<Tile>,
    next: Vec<NextStep>,
}

struct Tile {
    number: usize,
    name: &'static str,
    class: &'static str,
    path: &'static str,
}

struct NextStep {
    at: String,
    when: String,
    name: String,
    why: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>) -> Page {
    let status = status::overview(&visit.context, NEEDS).await?;
    let LineageRows { at, rows, lifetimes } = &*status.lineages;
    let Totals { critical, warning, unknown } = status.findings;
    let more_needs = (critical + warning + unknown).saturating_sub(status.needs.len());
    written(&Overview {
        frame: Frame::of(&visit, "/"),
        server: amiss(&status.server),
        headline: headline(status.findings),
        picture: PictureView::of(lifetimes, *at, &View::default()),
        tiles: tiles(&status),
        next: next_steps(rows, *at),
        needs: status.needs.into_iter().map(NeedView::of).collect(),
        more_needs,
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
    vec![
        tile(status.endpoints.known, "endpoints", "", "/endpoints"),
        tile(
            amiss.critical,
            "of them critical",
            if amiss.critical > 0 { "critical" } else { "" },
            "/endpoints",
        ),
        tile(amiss.warning, "of them warning", if amiss.warning > 0 { "warning" } else { "" }, "/endpoints"),
        tile(amiss.unknown, "of them unknown", if amiss.unknown > 0 { "unknown" } else { "" }, "/endpoints"),
        tile(status.lineages.rows.len(), "lineages", "", "/lineages"),
        tile(status.unproven, "deployments not proven", "", "/lineages"),
    ]
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
