//! What people tell the public: incidents, and maintenance that is announced.

mod incident;
mod maintenance;
mod subscriber;

use notafter_inventory::near;
use notafter_inventory::status_page::{self, Page};
use notafter_store::Scope;

pub use incident::{ListArgs, Listing, OpenArgs, ShowArgs, UpdateArgs};
pub use maintenance::{MaintenanceUpdateArgs, PlanArgs, Plans, PlansArgs, ShowPlanArgs};
pub use subscriber::{Mails, RemoveArgs, SubscriberList, SubscribersArgs};

use super::{Fault, Operation, operation};
use crate::context::Context;

/// The operations of this folder.
pub const OPERATIONS: &[Operation] = &[
    operation!("incident.open", incident::open),
    operation!("incident.update", incident::update),
    operation!("incident.list", incident::list),
    operation!("incident.show", incident::show),
    operation!("incident.report", incident::report),
    operation!("maintenance.plan", maintenance::plan),
    operation!("maintenance.update", maintenance::update),
    operation!("maintenance.list", maintenance::list),
    operation!("maintenance.show", maintenance::show),
    operation!("subscriber.list", subscriber::list),
    operation!("subscriber.remove", subscriber::remove),
];

/// Longer is no name.
const LONGEST_NAME: usize = 200;
/// Longer is no update: it goes into every feed and every answer.
const LONGEST_TEXT: usize = 5_000;

/// The page as the public has it.
async fn page(context: &Context) -> Result<Page, Fault> {
    let everything = context.within(Scope::EVERYTHING);
    let facts = context.status_facts.read(&everything).await?;
    Ok(status_page::judge(&facts, context.clock.now()))
}

/// The components of these names, each once.
async fn components(context: &Context, named: &[String]) -> Result<Vec<String>, Fault> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let known: Vec<String> = page(context).await?.components.into_iter().map(|shown| shown.name).collect();
    let mut found: Vec<String> = Vec::new();
    for name in named {
        if !known.contains(name) {
            let list = "see what the public knows: notafter incident list; the label `component` makes one";
            let hint = near::meant(name, known.iter().map(String::as_str));
            let hint = match hint {
                Some(near) if near.ends_with('?') => format!("{near} else {list}"),
                Some(near) => format!("{near}; {list}"),
                None => list.to_owned(),
            };
            let what = format!("there is no component {name:?} on the status page");
            return Err(Fault::new("status-page.unknown-component", what, hint));
        }
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    Ok(found)
}

/// A name, on one line.
fn name(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(refused("what happens has no name", "say in a few words what people notice")),
        1..=LONGEST_NAME if !text.contains(char::is_control) => Ok(text.to_owned()),
        1..=LONGEST_NAME => Err(refused("a name is on one line", "write the rest into the text")),
        _ => Err(refused(
            &format!("a name has at most {LONGEST_NAME} letters"),
            "write the rest into the text",
        )),
    }
}

/// Words for the public, in lines.
fn words(text: &str) -> Result<String, Fault> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    let is_odd = |letter: char| letter.is_control() && letter != '\n';
    match text.chars().count() {
        0 => Err(refused("nothing is told", "say what people notice, what you do, and when you tell more")),
        1..=LONGEST_TEXT if !text.contains(is_odd) => Ok(text),
        1..=LONGEST_TEXT => Err(refused("the text has control characters in it", "write words and lines")),
        _ => {
            let what = format!("an update has at most {LONGEST_TEXT} letters");
            Err(refused(&what, "tell the rest elsewhere, and write where"))
        }
    }
}

/// Whether nothing was told since a form was read: who tells that something goes on may not know that it is over.
fn still(upon: Option<usize>, updates: usize, name: &str) -> Result<(), Fault> {
    match upon {
        Some(upon) if upon != updates => {
            let what = format!("something was told of {name:?} meanwhile, and this was not told");
            let hint = "look again at what was told, and tell it anew if it still holds";
            Err(Fault::new("status-page.told-meanwhile", what, hint))
        }
        _ => Ok(()),
    }
}

fn refused(what: &str, hint: &str) -> Fault {
    Fault::new("status-page.refused", what, hint)
}
