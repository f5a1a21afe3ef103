//! Pages that are kept as the server has it: a stream of server-sent events (HTML Living Standard, section 9.2) that says what
//! changed, and the script that asks anew for the parts of a page that a change concerns.
//!
//! A stream reads the log by itself, when it grew and somebody takes what is read: nothing is kept for whoever is slow, and one
//! who takes nothing for a while is let go. A browser comes back by itself and says what it saw last.

mod change;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use notafter_engine::context::Context;
use notafter_engine::news::Watch;
use notafter_engine::operate::Fault;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use self::change::Change;
use crate::auth::{self, Visit, Way};
use crate::refusal::Refusal;
use crate::web::fields::Asked;

/// Entries of the log that are read for one message; after more of them, whoever watches asks for everything anew.
const MOST: u32 = 500;
/// Messages that wait to be taken.
const WAITING: usize = 2;
/// When a browser comes back, in milliseconds.
const COMES_BACK: u32 = 3000;

/// How fast a stream goes.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// What follows closely is told together: a renewal writes many entries.
    pub(crate) gathers: Duration,
    /// A sign of life comes this often, and whoever watches is looked at again; so is the log, which another server on the same
    /// database may have written to.
    pub(crate) beats: Duration,
    /// Whoever takes no message for so long is let go.
    pub(crate) patience: Duration,
    /// A stream ends by itself, before its connection is ended.
    pub(crate) lasts: Duration,
}

impl Pace {
    pub(crate) const USUAL: Self = Self {
        gathers: Duration::from_millis(250),
        beats: Duration::from_secs(10),
        patience: Duration::from_secs(10),
        lasts: Duration::from_secs(280),
    };
}

/// What the address of a stream carries.
#[derive(Debug, Deserialize)]
pub(crate) struct From {
    /// How far the log was when the page was made.
    after: Option<i64>,
}

/// The stream.
pub(crate) async fn stream(
    State(context): State<Arc<Context>>,
    Extension(visit): Extension<Visit>,
    way: Way,
    headers: HeaderMap,
    Asked(From { after }): Asked<From>,
) -> Result<Response, Refusal> {
    let who = format!("{:?}", visit.caller.actor);
    let Some(watch) = context.news.watch(&who) else { return Ok(crowded()) };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let seen = match last.or(after) {
        Some(seen) => seen,
        None => context.store.last_event(&context.scope).await?,
    };
    let shown = headers.into_iter().filter_map(|(name, value)| {
        name.filter(|name| [COOKIE, AUTHORIZATION].contains(name)).map(|name| (name, value))
    });
    let watcher = Watcher { context, visit, way, shown: shown.collect(), watch, seen };
    let body = Body::from_stream(stream::unfold(watcher.begin(Pace::USUAL), |mut taken| async {
        taken.recv().await.map(|text| (Ok::<_, Infallible>(text), taken))
    }));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx keeps an answer back until its buffer is full.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn crowded() -> Response {
    let fault = Fault::new(
        "server.too-many-watch",
        "so many pages are open already that this one is not kept up to date",
        "close some that nobody looks at; this one is as it was when it was loaded",
    );
    let mut response = Refusal::with(StatusCode::SERVICE_UNAVAILABLE, fault).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// Somebody who watches.
pub(crate) struct Watcher {
    /// The installation as the engine sees it.
    pub(crate) context: Arc<Context>,
    /// Who it is, and the installation within reach.
    pub(crate) visit: Visit,
    pub(crate) way: Way,
    /// What shows who it is.
    pub(crate) shown: HeaderMap,
    pub(crate) watch: Watch,
    /// The last entry that was told.
    pub(crate) seen: i64,
}

impl Watcher {
    /// Begins to read; what is to be sent comes out.
    pub(crate) fn begin(self, pace: Pace) -> mpsc::Receiver<Bytes> {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(self.run(sender, pace));
        receiver
    }

    /// Until it lasted long enough, nobody takes anything, or whoever watches is nobody any more.
    async fn run(mut self, sender: mpsc::Sender<Bytes>, pace: Pace) {
        let until = Instant::now() + pace.lasts;
        let mut message = Some(format!("retry: {COMES_BACK}\n\n"));
        // What was written since the page was made is told at once.
        let mut waits = false;
        while Instant::now() < until {
            if let Some(text) = message {
                let taken = timeout(pace.patience, sender.send(Bytes::from(text))).await;
                if !matches!(taken, Ok(Ok(()))) {
                    return;
                }
            }
            let mut is_beat = false;
            if std::mem::replace(&mut waits, true) {
                is_beat = tokio::select! {
                    () = self.watch.grown() => false,
                    () = sleep(pace.beats) => true,
                    () = sender.closed() => return,
                };
                if !is_beat {
                    sleep(pace.gathers).await;
                }
            }
            message = match self.next(is_beat).await {
                Ok(Next::Message(text)) => Some(text),
                Ok(Next::Nothing) => None,
                Ok(Next::End) => return,
                Err(fault) => return tracing::debug!(code = fault.code, "a stream ends: {}", fault.what),
            };
        }
    }

    async fn next(&mut self, is_beat: bool) -> Result<Next, Fault> {
        let known = auth::known(&self.context, self.way, &self.shown).await?;
        if known.is_none_or(|known| known.caller != self.visit.caller) {
            return Ok(Next::End);
        }
        Ok(match self.news().await? {
            Some(text) => Next::Message(text),
            None if is_beat => Next::Message("event: beat\ndata: {}\n\n".to_owned()),
            None => Next::Nothing,
        })
    }

    /// What the log has that was not told.
    async fn news(&mut self) -> Result<Option<String>, Fault> {
        let (store, scope) = (&self.visit.context.store, &self.visit.context.scope);
        let mut last = store.last_event(scope).await?;
        if last == self.seen {
            return Ok(None);
        }
        // After a restored backup the log is shorter than it was.
        let is_far = last < self.seen || last.saturating_sub(self.seen) > i64::from(MOST);
        let change = match is_far {
            true => Some(Change::ANYTHING),
            false => {
                let events = store.events_after(scope, self.seen, MOST).await?;
                // What was written between the two questions is told now, and not once more.
                last = events.last().map_or(last, |event| event.sequence.max(last));
                Change::of(&self.visit.context, &events).await?
            }
        };
        self.seen = last;
        let Some(change) = change else { return Ok(None) };
        let data = serde_json::to_string(&change).map_err(|error| {
            Fault::new("server.page-failed", "a change cannot be written", "report this")
                .because(error.to_string())
        })?;
        Ok(Some(format!("id: {last}\nevent: changed\ndata: {data}\n\n")))
    }
}

/// What a stream does next.
enum Next {
    Message(String),
    Nothing,
    End,
}
