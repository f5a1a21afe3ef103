//! What a link in a message about an alert leads to: the alert in a few words, and one thing to do about it. Looking changes
//! nothing: programs that look for malware in mail, or preview links, open them.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::Redirect;
use http::HeaderMap;
use notafter_cert::Time;
use notafter_engine::access::Peer;
use notafter_engine::alert_link::{self, Shown};
use notafter_engine::context::Context;
use notafter_inventory::model::{Actor, LinkDoes, QuietFor};

use super::alert::{Taking, noted};
use super::fields::Filled;
use super::quiet::{self, Choice, Silencing};
use super::{Page, class, written};
use crate::auth;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "alert_link.html")]
struct AlertLink {
    silences: bool,
    class: &'static str,
    line: String,
    name: String,
    since: String,
    over: Option<String>,
    taken: Option<String>,
    silenced_until: Option<String>,
    /// When the link was used, and what was said about it.
    spent: Option<String>,
    contact: String,
    causes: Vec<String>,
    hints: Vec<String>,
    commands: Vec<String>,
    choices: Vec<Choice>,
}

/// The form that takes the alert.
pub(crate) async fn acknowledge_form(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Page {
    form(&context, LinkDoes::Acknowledge, &link, &auth::peer(&peer, &headers)).await
}

async fn form(context: &Context, does: LinkDoes, link: &str, peer: &Peer) -> Page {
    let shown = alert_link::look(context, does, link, peer).await?;
    written(&page(shown, does == LinkDoes::Silence, context.clock.now()))
}

/// Takes the alert. The page that follows says so, and may be loaded anew.
pub(crate) async fn acknowledge(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Filled(Taking { note }): Filled<Taking>,
) -> Result<Redirect, Refusal> {
    alert_link::acknowledge(&context, &link, &note, &auth::peer(&peer, &headers)).await?;
    Ok(Redirect::to(&format!("/alert/{link}/acknowledge")))
}

/// The form that silences it.
pub(crate) async fn silence_form(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Page {
    form(&context, LinkDoes::Silence, &link, &auth::peer(&peer, &headers)).await
}

/// Silences it.
pub(crate) async fn silence(
    State(context): State<Arc<Context>>,
    Path(link): Path<String>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Filled(Silencing { quiet, note }): Filled<Silencing>,
) -> Result<Redirect, Refusal> {
    alert_link::silence(&context, &link, (quiet, &note), &auth::peer(&peer, &headers)).await?;
    Ok(Redirect::to(&format!("/alert/{link}/silence")))
}

fn page(shown: Shown, silences: bool, now: Time) -> AlertLink {
    let spent_by = shown.spent.as_ref().map(|spent| &spent.by);
    let (mine, others): (Vec<_>, Vec<_>) =
        shown.taken.into_iter().partition(|taken| !silences && Some(&taken.by) == spent_by);
    AlertLink {
        silences,
        class: if shown.over.is_some() { "ok" } else { class(shown.severity) },
        choices: quiet::choices(&QuietFor::BY_LINK, shown.hours, now),
        line: shown.brief.line,
        name: shown.brief.name,
        since: shown.since.for_people(),
        over: shown.over.map(Time::for_people),
        taken: others
            .first()
            .map(|taken| format!("{} took it at {}{}", who(&taken.by), taken.at.for_people(), noted(taken))),
        silenced_until: shown.silenced_until.map(Time::for_people),
        spent: shown.spent.map(|spent| {
            let note = mine.first().map(noted).unwrap_or_default();
            format!("{}{note}", spent.at.for_people())
        }),
        contact: shown.contact,
        causes: shown.brief.causes,
        hints: shown.brief.hints,
        commands: shown.brief.commands,
    }
}

/// The page is about the alert: its identity helps nobody here.
fn who(actor: &Actor) -> String {
    match actor {
        Actor::Link { contact, .. } => contact.clone(),
        other => other.to_string(),
    }
}
