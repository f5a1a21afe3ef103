//! The page for people.

use askama::Template;
use notafter_cert::{Span, Time};
use notafter_engine::operate::Fault;
use notafter_inventory::model::{ComponentState, MaintenanceStatus};
use notafter_inventory::status_page::{Event, Page, Planned, Shown};

use super::{Around, Links, unwritable};

/// What is over for longer is in the JSON alone.
const PAST: Span = Span::days(15);

#[derive(Template)]
#[template(path = "status.html")]
struct Status<'a> {
    name: &'a str,
    /// What links to style, feeds and JSON begin with.
    root: &'a str,
    /// How the address of a warning's page ends.
    warning: &'a str,
    /// Nothing where there is no component.
    overall: Option<Headline>,
    components: Vec<ComponentView<'a>>,
    open: Vec<EventView<'a>>,
    past: Vec<EventView<'a>>,
    planned: Vec<PlanView<'a>>,
    done: Vec<PlanView<'a>>,
    as_of: Instant,
    /// Where mails are asked for; nothing where none are sent.
    mails: Option<String>,
}

/// All of it in a line.
struct Headline {
    class: &'static str,
    words: &'static str,
}

struct ComponentView<'a> {
    id: &'a str,
    name: &'a str,
    class: &'static str,
    state: &'static str,
}

struct EventView<'a> {
    id: &'a str,
    name: &'a str,
    class: &'static str,
    is_detected: bool,
    status: &'static str,
    components: String,
    began: Instant,
    ended: Option<Instant>,
    lasted: String,
    updates: Vec<UpdateView<'a>>,
}

struct UpdateView<'a> {
    at: Instant,
    status: &'static str,
    is_detected: bool,
    paragraphs: Vec<&'a str>,
}

struct PlanView<'a> {
    id: String,
    name: &'a str,
    status: &'static str,
    components: String,
    from: Instant,
    until: Instant,
    updates: Vec<UpdateView<'a>>,
}

/// An instant for machines and for people.
pub(super) struct Instant {
    pub(super) exact: String,
    pub(super) words: String,
}

impl Instant {
    pub(super) fn of(time: Time) -> Self {
        Self { exact: time.to_string(), words: time.for_people() }
    }
}

/// The page, with links from where it lies.
pub(super) fn html(page: &Page, around: &Around, links: &Links) -> Result<String, Fault> {
    let now = around.as_of;
    let is_late = |at: Option<Time>| at.is_none_or(|at| now.since(at) < PAST);
    let (open, past): (Vec<&Event>, Vec<&Event>) = page.events.iter().partition(|event| event.is_open());
    let past = past.into_iter().filter(|event| is_late(event.resolved_at));
    let is_over = |planned: &&Planned| planned.status == MaintenanceStatus::Completed;
    let (done, planned): (Vec<&Planned>, Vec<&Planned>) = page.maintenances.iter().partition(is_over);
    let done = done.into_iter().filter(|planned| is_late(Some(planned.maintenance.until)));
    let view = Status {
        name: &around.name,
        root: links.root,
        warning: links.warning,
        overall: page.overall.map(headline),
        components: page.components.iter().map(component).collect(),
        open: open.into_iter().map(|one| event(one, now)).collect(),
        past: past.map(|one| event(one, now)).collect(),
        planned: planned.into_iter().map(plan).collect(),
        done: done.map(plan).collect(),
        as_of: Instant::of(now),
        mails: around.takes_mail.then(|| {
            let root = if links.is_copy { around.root.as_str() } else { "" };
            format!("{root}/status/subscriptions")
        }),
    };
    view.render().map_err(|error| unwritable(&error))
}

const fn headline(state: ComponentState) -> Headline {
    let words = match state {
        ComponentState::Operational => "All systems operational",
        ComponentState::UnderMaintenance => "Work is under way",
        ComponentState::Unknown => "Not everything could be looked at",
        ComponentState::DegradedPerformance => "Not everybody is served",
        ComponentState::PartialOutage => "Some systems are out",
        ComponentState::MajorOutage => "All systems are out",
    };
    Headline { class: class(state), words }
}

/// A state's class in the style sheet.
const fn class(state: ComponentState) -> &'static str {
    match state {
        ComponentState::Operational => "ok",
        ComponentState::UnderMaintenance => "work",
        ComponentState::Unknown => "unknown",
        ComponentState::DegradedPerformance | ComponentState::PartialOutage => "warning",
        ComponentState::MajorOutage => "critical",
    }
}

fn component(shown: &Shown) -> ComponentView<'_> {
    let Shown { id, name, state, .. } = shown;
    ComponentView { id, name, class: class(*state), state: state.words() }
}

fn event(event: &Event, now: Time) -> EventView<'_> {
    EventView {
        id: &event.id,
        name: &event.name,
        class: if event.is_open() { class(event.worst) } else { "" },
        is_detected: event.is_detected,
        status: event.words(),
        components: event.components.join(", "),
        began: Instant::of(event.began_at),
        ended: event.resolved_at.map(Instant::of),
        lasted: lasted(event.resolved_at.unwrap_or(now).since(event.began_at)),
        updates: event
            .updates
            .iter()
            .map(|update| UpdateView {
                at: Instant::of(update.at),
                status: update.words(),
                // Where nobody told anything, that is said once, of the whole; and "detected" says so itself.
                is_detected: update.is_detected && !event.is_detected && !update.status.is_open(),
                paragraphs: paragraphs(&update.text),
            })
            .collect(),
    }
}

/// In whole minutes: nobody counts seconds of an outage.
fn lasted(span: Span) -> String {
    Span::minutes(span.as_seconds() / 60).max(Span::seconds(span.as_seconds().min(59))).for_people()
}

fn plan(planned: &Planned) -> PlanView<'_> {
    let maintenance = &planned.maintenance;
    let updates = maintenance.updates.iter().rev().map(|update| UpdateView {
        at: Instant::of(update.at),
        status: progress(update.status),
        is_detected: false,
        paragraphs: paragraphs(&update.text),
    });
    PlanView {
        id: maintenance.id.to_string(),
        name: &maintenance.name,
        status: progress(planned.status),
        components: planned.components.join(", "),
        from: Instant::of(maintenance.from),
        until: Instant::of(maintenance.until),
        updates: updates.collect(),
    }
}

pub(super) fn paragraphs(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

const fn progress(status: MaintenanceStatus) -> &'static str {
    match status {
        MaintenanceStatus::Scheduled => "Scheduled",
        MaintenanceStatus::InProgress => "Under way",
        MaintenanceStatus::Verifying => "Verifying",
        MaintenanceStatus::Completed => "Completed",
    }
}
