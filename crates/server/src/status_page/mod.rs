//! The status page: what the public may know, without signing in. It is written out when something changes, and answered from
//! memory: how many ask makes no work for anything else, and a busy scheduler none for whoever asks.

mod feed;
mod folder;
mod page;
mod statuspage;
pub(crate) mod subscription;
mod warning;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use notafter_cert::{Fingerprint, Span, Time};
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;
use notafter_inventory::status_page::{self, Facts, Page, Shown};
use tokio::sync::{Mutex, watch};

use self::folder::Folder;
use crate::api::answer;
use crate::refusal::Refusal;

/// What follows closely is told together: a look at many endpoints writes many entries.
const GATHERS: Span = Span::seconds(1);
/// How soon what nobody told this process of is seen: that another server wrote to the same database, and that time passed.
const LOOKS_EVERY: Span = Span::seconds(3);
/// The page says since when it is as it is this often, so that whoever reads it sees that it lives.
const STAMPED_EVERY: Span = Span::minutes(1);
/// The loop is missed when it did not get on for so long.
const ALLOWANCE: Span = Span::minutes(5);
/// The loop's name.
const LOOP: &str = "status-page";

/// The page as it is now, for all listeners of the process.
#[derive(Default)]
pub(crate) struct Board {
    shown: watch::Sender<Option<Arc<Files>>>,
    known: Mutex<Known>,
}

/// What the page was last made of.
#[derive(Default)]
struct Known {
    facts: Option<Arc<Facts>>,
    /// Mails can be asked for.
    takes_mail: bool,
    /// When those were read, and how far the log was.
    read: Option<(Time, i64)>,
    /// What is shown, as of when, and whether mails can be asked for there.
    shown: Option<(Arc<Page>, Time, bool)>,
}

/// Whether the facts are to be read again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// In any case.
    Anew,
    /// Where the log grew, or the stamp is due.
    IfDue,
}

impl Board {
    /// Keeps the page as things are, and its copy where there is one, until it is dropped.
    pub(crate) async fn keep(&self, context: &Context) {
        match &context.settings.status_folder {
            // Each by itself: a slow disk does not hold up the page.
            Some(path) => {
                let copy = Folder::new(path.clone()).keep(self.shown.subscribe());
                tokio::join!(self.follow(context), copy);
            }
            None => self.follow(context).await,
        }
    }

    async fn follow(&self, context: &Context) {
        let mut growth = context.news.growth();
        let mut reads = Reads::Anew;
        loop {
            match self.renew(context, reads).await {
                Ok(()) => context.progress.beat(LOOP, context.clock.now(), ALLOWANCE),
                Err(fault) => {
                    tracing::warn!(code = fault.code, "the status page stays as it was: {}", fault.what);
                    context.progress.turned(LOOP, context.clock.now());
                }
            }
            reads = tokio::select! {
                () = growth.grown() => Reads::Anew,
                () = context.clock.sleep(LOOKS_EVERY) => Reads::IfDue,
            };
            if reads == Reads::Anew {
                context.clock.sleep(GATHERS).await;
            }
        }
    }

    /// Reads what is to be read, judges, and writes the page anew where something on it changed.
    ///
    /// # Errors
    /// The store failed. What was read before is judged all the same: it gets old.
    pub(crate) async fn renew(&self, context: &Context, reads: Reads) -> Result<(), Fault> {
        let mut known = self.known.lock().await;
        let read = known.read(context, reads).await;
        let now = context.clock.now();
        let Some(facts) = &known.facts else { return read };
        let as_of = known.read.map_or(now, |(at, _)| at);
        let page = status_page::judge(facts, now);
        let takes_mail = known.takes_mail;
        let is_shown = known.shown.as_ref().is_some_and(|(shown, stamp, with_mail)| {
            let is_fresh = as_of.since(*stamp).abs() < STAMPED_EVERY;
            shown.says_the_same(&page) && is_fresh && *with_mail == takes_mail
        });
        if !is_shown {
            let around = Around { takes_mail, ..Around::of(context, as_of) };
            let page = Arc::new(page);
            let files = Files::of(Arc::clone(&page), around)?;
            self.shown.send_replace(Some(Arc::new(files)));
            known.shown = Some((page, as_of, takes_mail));
        }
        read
    }

    /// What is shown now. Before the loop came to it, whoever asks first makes it.
    async fn now(&self, context: &Context) -> Result<Arc<Files>, Fault> {
        loop {
            let shown = self.shown.borrow().clone();
            match shown {
                Some(files) => return Ok(files),
                None => self.renew(context, Reads::IfDue).await?,
            }
        }
    }
}

impl Known {
    async fn read(&mut self, context: &Context, reads: Reads) -> Result<(), Fault> {
        let now = context.clock.now();
        let last = context.store.last_event(&context.scope).await?;
        let is_due = |(at, seen): (Time, i64)| seen != last || now.since(at).abs() >= STAMPED_EVERY;
        if reads == Reads::Anew || self.read.is_none_or(is_due) {
            self.facts = Some(context.status_facts.renew(context).await?);
            self.takes_mail = notafter_engine::subscription::channel(context).await?.is_some();
            self.read = Some((now, last));
        }
        Ok(())
    }
}

/// What is the same on every page.
struct Around {
    name: String,
    /// Where the page is.
    page: String,
    /// Where its feeds and its JSON begin.
    root: String,
    /// Whom its readers tell of what they see.
    contact: Option<String>,
    /// They can ask for mails.
    takes_mail: bool,
    /// When what it shows was read.
    as_of: Time,
}

impl Around {
    fn of(context: &Context, as_of: Time) -> Self {
        let settings = &context.settings;
        let (page, root) = match &settings.status_url {
            Some(url) => (format!("{}/", url.trim_end_matches('/')), url.trim_end_matches('/').to_owned()),
            None => (format!("{}/status", context.site()), context.site()),
        };
        let name = settings.status_name.trim().to_owned();
        let contact = settings.status_contact.as_ref().map(|words| words.trim().to_owned());
        Self { name, page, root, contact, takes_mail: false, as_of }
    }
}

/// Everything that is answered, and what a copy in a folder holds.
struct Files {
    /// What many ask for, by path.
    ready: HashMap<&'static str, File>,
    page: Arc<Page>,
    around: Around,
}

/// One answer, as it goes out.
#[derive(Clone)]
struct File {
    kind: HeaderValue,
    tag: HeaderValue,
    bytes: Bytes,
}

/// Where the page is.
const PAGE: &str = "/status";
/// The page as it lies in a folder, with links from where it is.
const INDEX: &str = "/index.html";
/// Where the pages and feeds of components are.
const COMPONENTS: &str = "/status/components";
/// The page of a component for whoever met a warning, as it is answered.
const WARNING: &str = "/warning";
/// The same as it lies in a folder.
const WARNING_FILE: &str = "/warning.html";

/// How pages link each other, from where they are.
struct Links {
    /// What links to style, feeds and JSON begin with.
    root: &'static str,
    /// Where the status page is.
    status: &'static str,
    /// How the address of a warning's page ends.
    warning: &'static str,
    /// It is answered elsewhere than what takes its form.
    is_copy: bool,
}

impl Links {
    /// As pages are answered.
    const ANSWERED: Self = Self { root: "/", status: PAGE, warning: WARNING, is_copy: false };
    /// Of the page in a folder.
    const OF_THE_COPY: Self = Self { root: "", status: "index.html", warning: WARNING_FILE, is_copy: true };
    /// Of a warning's page in a folder, which lies three deep.
    const OF_A_WARNING: Self =
        Self { root: "../../../", status: "../../../index.html", warning: WARNING_FILE, is_copy: true };
}

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";

impl Files {
    fn of(page: Arc<Page>, around: Around) -> Result<Self, Fault> {
        let mut ready = HashMap::new();
        ready.insert(PAGE, File::of(HTML, page::html(&page, &around, &Links::ANSWERED)?)?);
        for (path, json) in statuspage::all(&page, &around).map_err(|error| unwritable(&error))? {
            ready.insert(path, File::of(JSON, json)?);
        }
        ready.insert(feed::PATH, File::of(ATOM, feed::of_all(&page, &around)?)?);
        Ok(Self { ready, page, around })
    }

    /// What is answered at a path. What is of one component is written for whoever asks: of a thousand components it would lie
    /// in memory for nobody.
    fn at(&self, path: &str) -> Result<Option<File>, Fault> {
        if let Some(ready) = self.ready.get(path) {
            return Ok(Some(ready.clone()));
        }
        let Some(below) = path.strip_prefix(COMPONENTS).and_then(|below| below.strip_prefix('/')) else {
            return Ok(None);
        };
        let is = |shown: &Shown, end: &str| below.strip_suffix(end).is_some_and(|id| id == shown.id);
        for (shown, warning) in self.page.components.iter().zip(&self.page.warnings) {
            if is(shown, WARNING) {
                let html = warning::html(shown, warning, &self.around, &Links::ANSWERED)?;
                return File::of(HTML, html).map(Some);
            }
            if is(shown, feed::END) {
                return File::of(ATOM, feed::of(shown, &self.page, &self.around)?).map(Some);
            }
        }
        Ok(None)
    }

    /// What the copy in a folder holds, by path, the page itself last: whoever reads it finds what it links to.
    fn copy(&self) -> impl Iterator<Item = Result<(String, Bytes), Fault>> {
        let Self { ready, page, around } = self;
        let (style, icon) =
            (include_bytes!("../../static/style.css"), include_bytes!("../../static/icon.svg"));
        let loaded = [
            ("/style.css".to_owned(), Bytes::from_static(style)),
            ("/icon.svg".to_owned(), Bytes::from_static(icon)),
        ];
        // The page of the listener has links that begin at its root.
        let ready = ready.iter().filter(|(path, _)| **path != PAGE);
        let ready = ready.map(|(path, file)| Ok(((*path).to_owned(), file.bytes.clone())));
        let of_components = page.components.iter().zip(&page.warnings).flat_map(move |(shown, warning)| {
            let feed = feed::of(shown, page, around);
            let html = warning::html(shown, warning, around, &Links::OF_A_WARNING);
            let at = |end: &str| format!("{COMPONENTS}/{}{end}", shown.id);
            [(at(feed::END), feed), (at(WARNING_FILE), html)]
        });
        let index =
            std::iter::once_with(move || (INDEX.to_owned(), page::html(page, around, &Links::OF_THE_COPY)));
        let written = of_components.chain(index).map(|(path, text)| Ok((path, Bytes::from(text?))));
        loaded.map(Ok).into_iter().chain(ready).chain(written)
    }
}

/// It cannot be written out.
fn unwritable(error: &dyn std::error::Error) -> Fault {
    Fault::new("server.page-failed", "the status page cannot be written", "report this")
        .because(error.to_string())
}

/// Proxies may keep it for a moment, and longer where nobody answers them.
const KEPT: &str = "public, max-age=1, stale-if-error=86400";

/// Whatever of it is at this path.
pub(crate) async fn file(
    State(context): State<Arc<Context>>,
    Extension(board): Extension<Arc<Board>>,
    uri: Uri,
    asked: HeaderMap,
) -> Response {
    let files = match board.now(&context).await {
        Ok(files) => files,
        Err(fault) => return Refusal::of(fault).into_response(),
    };
    // On a listener of its own, the page is all that there is.
    let path = if uri.path() == "/" { PAGE } else { uri.path() };
    match files.at(path) {
        Ok(Some(file)) => file.answer(&asked),
        Ok(None) => Refusal::absent("such service on the status page").into_response(),
        Err(fault) => Refusal::of(fault).into_response(),
    }
}

impl File {
    fn of(kind: &'static str, text: String) -> Result<Self, Fault> {
        let tag = Fingerprint::of(text.as_bytes()).to_string();
        let tag = HeaderValue::try_from(format!("\"{}\"", tag.get(..16).unwrap_or_default()));
        let tag = tag.map_err(|error| unwritable(&error))?;
        // It lies in memory until the page changes: without the room that it was written with.
        let bytes = Bytes::from(text.into_boxed_str().into_boxed_bytes());
        Ok(Self { kind: HeaderValue::from_static(kind), tag, bytes })
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let tag = self.tag.to_str().unwrap_or_default();
        let is_known = asked.get_all(IF_NONE_MATCH).iter().any(|list| answer::names(list, tag));
        let mut response = Response::new(if is_known { Body::empty() } else { self.bytes.clone().into() });
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.kind.clone());
        headers.insert(ETAG, self.tag.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
        // It is for everybody: pages elsewhere may show it, too.
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }
}
