//! The log of everything that was done, newest first.

use askama::Template;
use axum::extract::Extension;
use notafter_inventory::model::{Actor, Event};
use serde::Deserialize;

use super::fields::Asked;
use super::{Frame, Page, written};
use crate::auth::Visit;

const ROWS: u32 = 100;

#[derive(Template)]
#[template(path = "events.html")]
struct Events {
    frame: Frame,
    events: Vec<EventView>,
    newer: Option<String>,
    older: Option<String>,
}

struct EventView {
    sequence: i64,
    at: String,
    who: String,
    kind: String,
    subject: String,
    data: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Before {
    before: Option<i64>,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Asked(Before { before }): Asked<Before>,
) -> Page {
    let context = &visit.context;
    let events = context.store.events_before(&context.scope, before, ROWS).await?;
    let full = u32::try_from(events.len()).is_ok_and(|rows| rows == ROWS);
    let older = events.last().filter(|last| full && last.sequence > 1);
    let older = older.map(|last| format!("/events?before={}", last.sequence));
    let newer = before.map(|before| format!("/events?before={}", before.saturating_add(i64::from(ROWS))));
    let events = events.into_iter().map(view).collect();
    written(&Events { frame: Frame::of(&visit, "/events"), events, newer, older })
}

/// The same name may be an account and a user of the machine: which of them it was matters here.
fn who(actor: &Actor) -> String {
    match actor {
        Actor::Person(name) => format!("{name} at the command line"),
        Actor::Engine
        | Actor::User(_)
        | Actor::Token(_)
        | Actor::Link { .. }
        | Actor::Answer(_)
        | Actor::Reply(_) => actor.to_string(),
    }
}

fn view(event: Event) -> EventView {
    EventView {
        sequence: event.sequence,
        at: event.at.for_people(),
        who: who(&event.actor),
        kind: event.kind,
        subject: event.subject.to_string(),
        data: event.data.to_string(),
    }
}
