//! The log of everything that was done, newest first: searched, and saved with its hashes.

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use notafter_cert::Time;
use notafter_engine::operate::Fault;
use notafter_engine::operate::event::{self, Entry, ListArgs, Listing, Wanted};
use notafter_inventory::log::{self, Chained, Detail};
use notafter_inventory::model::Actor;
use serde::Deserialize;

use super::fields::Asked;
use super::why::instant;
use super::{Frame, Page, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "events.html")]
struct Events {
    frame: Frame,
    choice: Choice,
    from: String,
    until: String,
    is_searched: bool,
    is_newest: bool,
    refused: Option<Fault>,
    told: Option<String>,
    events: Vec<EventView>,
    newer: Option<String>,
    older: Option<String>,
    older_words: &'static str,
    jsonl: String,
    csv: String,
}

struct EventView {
    sequence: i64,
    at: String,
    who: String,
    what: String,
    kind: String,
    subject: String,
    name: String,
    page: Option<String>,
    details: Vec<Detail>,
    data: String,
    hash: String,
}

/// What the address of the page carries.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    q: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    before: Option<i64>,
    /// Of what is saved: `jsonl` or `csv`.
    #[serde(default)]
    format: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(choice): Asked<Choice>) -> Page {
    let nothing = || Listing { entries: Vec::new(), looked_through: 0, next: None };
    let (listing, refused) = match found(&visit, &choice).await {
        Ok(listing) => (listing, None),
        Err(fault) if fault.code.starts_with("store.") => return Err(Refusal::of(fault)),
        Err(fault) => (nothing(), Some(fault)),
    };
    let is_full = u32::try_from(listing.entries.len()).is_ok_and(|rows| rows >= ROWS);
    let is_searched = !choice.pairs().is_empty();
    written(&Events {
        frame: Frame::of(&visit, "/events"),
        from: field(&choice.from),
        until: field(&choice.until),
        is_newest: choice.before.is_none(),
        told: refused.is_none().then(|| told(&listing, is_searched)).flatten(),
        refused,
        newer: choice.newer(is_searched),
        older: listing.next.map(|before| choice.path("/events", &[("before", &before.to_string())])),
        older_words: if is_full { "Older" } else { "Look further back" },
        jsonl: choice.path("/events/export", &[("format", "jsonl")]),
        csv: choice.path("/events/export", &[("format", "csv")]),
        events: listing.entries.into_iter().map(view).collect(),
        is_searched,
        choice,
    })
}

async fn found(visit: &Visit, choice: &Choice) -> Result<Listing<Entry>, Fault> {
    let args = ListArgs { wanted: choice.wanted()?, before: choice.before, limit: ROWS, after: None };
    event::list(&visit.context, &visit.caller.actor, args).await
}

/// What a search came upon, where that does not show in the rows.
fn told(listing: &Listing<Entry>, is_searched: bool) -> Option<String> {
    let (found, looked) = (listing.entries.len(), listing.looked_through);
    match listing.next {
        _ if !is_searched => None,
        Some(_) if found < ROWS as usize => Some(format!(
            "{found} found among {looked} entries that were looked through; there are older ones."
        )),
        None if found == 0 => {
            Some(format!("Nothing found: {looked} entries were looked through, to the first."))
        }
        _ => None,
    }
}

/// What a field for date and time takes.
fn field(text: &str) -> String {
    match instant(text) {
        Ok(Some(at)) => at.to_string().chars().take("2027-01-31T12:00".len()).collect(),
        _ => String::new(),
    }
}

impl Choice {
    fn wanted(&self) -> Result<Wanted, Fault> {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(Wanted {
            search: self.q.clone(),
            kind: said(&self.kind),
            actor: said(&self.actor),
            subject: said(&self.subject),
            from: instant(&self.from)?,
            until: instant(&self.until)?,
        })
    }

    /// What is searched for, as the address has it.
    fn pairs(&self) -> Vec<(&'static str, &str)> {
        let Self { q, kind, actor, subject, from, until, .. } = self;
        let pairs: [(&str, &String); 6] = [
            ("q", q),
            ("kind", kind),
            ("actor", actor),
            ("subject", subject),
            ("from", from),
            ("until", until),
        ];
        pairs.into_iter().map(|(name, value)| (name, value.trim())).filter(|(_, it)| !it.is_empty()).collect()
    }

    /// The address of the same search.
    fn path(&self, path: &str, more: &[(&str, &str)]) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(self.pairs())
            .extend_pairs(more)
            .finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Where there is no search, the part before lies as many entries further on; else one goes back to the newest.
    fn newer(&self, is_searched: bool) -> Option<String> {
        let before = self.before?;
        if is_searched {
            return Some(self.path("/events", &[]));
        }
        Some(format!("/events?before={}", before.saturating_add(i64::from(ROWS))))
    }
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

fn view(Entry { event, name }: Entry) -> EventView {
    EventView {
        sequence: event.sequence,
        at: Time::for_people(event.at),
        who: who(&event.actor),
        what: log::happened(&event.kind),
        page: log::page_of(&event.subject),
        details: log::details(&event.data),
        kind: event.kind,
        subject: event.subject.to_string(),
        name,
        data: event.data.to_string(),
        hash: event.hash,
    }
}

/// Every entry that fits, oldest first, with what its hash is made of. It is read and sent a part at a time, however long
/// the log is.
pub(crate) async fn export(
    Extension(visit): Extension<Visit>,
    Asked(choice): Asked<Choice>,
) -> Result<Response, Refusal> {
    let (kind, name, head, line): (&str, &str, &str, fn(&Chained) -> String) = match choice.format.as_str() {
        "" | "jsonl" => ("application/jsonl", "events.jsonl", "", Chained::json),
        "csv" => ("text/csv; charset=utf-8", "events.csv", Chained::CSV_HEAD, Chained::csv),
        other => {
            return Err(Refusal::unreadable(
                "the address",
                format!("`format` is {other:?}; it is jsonl or csv"),
            ));
        }
    };
    // The first part is read before anything is said, so that a refusal is one.
    let wanted = choice.wanted()?;
    let first = part(&visit, &wanted, 0).await?;
    let begun = (Some(first), head.to_owned());
    let parts = stream::try_unfold(begun, move |(listing, head)| {
        let (visit, wanted) = (visit.clone(), wanted.clone());
        async move {
            let Some(Listing { entries, next, .. }) = listing else { return Ok(None) };
            let text: String = std::iter::once(head).chain(entries.iter().map(line)).collect();
            let following = match next {
                Some(after) => Some(part(&visit, &wanted, after).await.map_err(broken)?),
                None => None,
            };
            Ok::<_, std::io::Error>(Some((Bytes::from(text), (following, String::new()))))
        }
    });
    let headers =
        [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    Ok((headers, Body::from_stream(parts)).into_response())
}

async fn part(visit: &Visit, wanted: &Wanted, after: i64) -> Result<Listing<Chained>, Fault> {
    let args = ListArgs { wanted: wanted.clone(), after: Some(after), before: None, limit: event::MOST };
    event::export(&visit.context, &visit.caller.actor, args).await
}

/// The answer breaks off: whoever saves it notices.
fn broken(fault: Fault) -> std::io::Error {
    std::io::Error::other(fault.what)
}
