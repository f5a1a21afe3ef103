//! Feeds (Atom, RFC 4287): one of the whole page, and one of each component.

use askama::Template;
use notafter_cert::Time;
use notafter_engine::operate::Fault;
use notafter_inventory::status_page::{Event, Page, Planned, Shown};

use super::{Around, COMPONENTS, unwritable};

/// A reader that comes once a day misses nothing.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "status.xml")]
struct Feed<'a> {
    title: String,
    author: &'a str,
    /// Where the page is.
    page: &'a str,
    /// Where the feed is; also its identity.
    itself: String,
    updated: String,
    entries: Vec<Entry>,
}

struct Entry {
    /// Where it is on the page; also its identity.
    link: String,
    title: String,
    published: String,
    updated: String,
    at: Time,
    paragraphs: Vec<Paragraph>,
}

/// What was told at an instant.
struct Paragraph {
    head: String,
    text: String,
}

/// Where the feed of the whole page is.
pub(super) const PATH: &str = "/status/feed.atom";
/// How the address of a component's feed ends.
pub(super) const END: &str = ".atom";

/// The feed of the whole page.
pub(super) fn of_all(page: &Page, around: &Around) -> Result<String, Fault> {
    feed(PATH, None, page, around)
}

/// The feed of a component.
pub(super) fn of(shown: &Shown, page: &Page, around: &Around) -> Result<String, Fault> {
    feed(&format!("{COMPONENTS}/{}{END}", shown.id), Some(&shown.name), page, around)
}

fn feed(path: &str, component: Option<&String>, page: &Page, around: &Around) -> Result<String, Fault> {
    let is_of = |components: &[String]| component.is_none_or(|name| components.contains(name));
    let events = page.events.iter().filter(|event| is_of(&event.components)).map(|one| event(one, around));
    let plans = page.maintenances.iter().filter(|plan| is_of(&plan.components)).map(|one| plan(one, around));
    let mut entries: Vec<Entry> = events.chain(plans).collect();
    entries.sort_by(|one, next| next.at.cmp(&one.at).then_with(|| one.link.cmp(&next.link)));
    entries.truncate(MOST);
    let began = page.components.iter().filter(|shown| component.is_none_or(|name| *name == shown.name));
    let updated = entries.first().map(|entry| entry.at).or_else(|| began.map(|shown| shown.created_at).min());
    let feed = Feed {
        title: component.map_or_else(|| around.name.clone(), |name| format!("{name} - {}", around.name)),
        author: &around.name,
        page: &around.page,
        itself: format!("{}{path}", around.root),
        updated: updated.unwrap_or(around.as_of).to_string(),
        entries,
    };
    feed.render().map_err(|error| unwritable(&error))
}

fn event(event: &Event, around: &Around) -> Entry {
    let told = event.updates.iter().map(|update| {
        let by = match update.is_detected {
            true if update.status.is_open() => " automatically",
            true => ", detected automatically",
            false => "",
        };
        let head = format!("{}, {}{by}", update.at.for_people(), update.words().to_lowercase());
        Paragraph { head, text: update.text.clone() }
    });
    Entry {
        link: format!("{}#{}", around.page, event.id),
        title: format!("{} ({})", event.name, event.words().to_lowercase()),
        published: event.updates.last().map_or(event.began_at, |first| first.at).to_string(),
        updated: event.updated_at().to_string(),
        at: event.updated_at(),
        paragraphs: told.collect(),
    }
}

fn plan(planned: &Planned, around: &Around) -> Entry {
    let maintenance = &planned.maintenance;
    let at = maintenance.updated_at(around.as_of);
    let when = format!("{} to {}", maintenance.from.for_people(), maintenance.until.for_people());
    let times = Paragraph { head: "Maintenance".to_owned(), text: when };
    let told = maintenance.updates.iter().rev().map(|update| Paragraph {
        head: format!("{}, {}", update.at.for_people(), update.status),
        text: update.text.clone(),
    });
    Entry {
        link: format!("{}#{}", around.page, maintenance.id),
        title: format!("{} ({})", maintenance.name, planned.status),
        published: maintenance.updates.first().map_or(maintenance.from, |first| first.at).to_string(),
        updated: at.to_string(),
        at,
        paragraphs: std::iter::once(times).chain(told).collect(),
    }
}
