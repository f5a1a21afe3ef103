//! The inventory in a browser: the file as it stands, or a piece to add; what it would change; and changing it.
//!
//! Nothing is changed that was not shown before: a text is compared first, and what is applied was thought out from the state
//! of the inventory that the page was made of. A text that is refused comes back as it was written.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Extension;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use notafter_engine::operate::Fault;
use notafter_engine::operate::inventory::{Apply, File, Get, Planned, Printed};
use notafter_inventory::code::{Difference, Mistake, Prune, Verb};
use notafter_inventory::lists::{self, Format};
use notafter_store::Revision;
use serde::Deserialize;

use super::fields::{Asked, Filled};
use super::{Frame, Page, operate, sentence, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// A file that is longer is not offered to be written in a browser: as a form it would be too long.
const LONGEST: usize = 32 * 1024;
/// The file of more endpoints is longer than that in any case, and is not even made.
const MOST: i64 = 1_000;
/// Differences that are shown one by one.
const SHOWN: usize = 200;
/// Names of what is left alone that are told.
const NAMED: usize = 20;
/// What the fields of secrets are called, before their references.
const SECRET: &str = "secret:";
/// The format of a list that is no more than targets.
pub(crate) const LINES: &str = "lines";

#[derive(Template)]
#[template(path = "inventory.html")]
struct Inventory {
    frame: Frame,
    /// Whether whoever visits may change it.
    may_write: bool,
    said: Option<&'static str>,
    fault: Option<FaultView>,
    plan: Option<PlanView>,
    /// Whether the text is another than the inventory's: then nothing else is offered.
    is_begun: bool,
    /// What stands in the form: the whole file, or a piece. Nothing where the file is too long for one.
    text: Option<String>,
    reach: Reach,
    revision: i64,
    list: List,
    owners: Vec<String>,
    formats: &'static [Format],
}

/// What was wrong, and with a text mistake by mistake.
struct FaultView {
    what: String,
    why: Option<String>,
    mistakes: Vec<MistakeView>,
    hint: String,
}

/// One mistake, with what stands below it.
struct MistakeView {
    what: String,
    below: Vec<String>,
}

/// What a text would change.
struct PlanView {
    head: String,
    /// Somebody wrote the inventory since the text was begun.
    is_behind: bool,
    rows: Vec<ChangeView>,
    more: usize,
    left_out: Vec<String>,
    /// What the text does not mention and stays, because no file wrote it.
    left_alone: Vec<String>,
    /// How much more of that there is.
    alone: usize,
    warnings: Vec<Mistake>,
    /// Secrets of which no value is stored.
    secrets: Vec<String>,
    /// Whether there is anything to apply.
    changes: bool,
}

struct ChangeView {
    class: &'static str,
    what: String,
    fields: Vec<String>,
    note: Option<String>,
}

/// How much of the inventory a text is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    /// All of it: what a file or this page wrote before and the text does not mention goes.
    #[default]
    Whole,
    /// All of it: what the text does not mention goes, whoever wrote it.
    Everything,
    /// A piece, which takes nothing away.
    Piece,
}

impl Reach {
    const fn key(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Everything => "everything",
            Self::Piece => "piece",
        }
    }

    fn read(key: &str) -> Option<Self> {
        [Self::Whole, Self::Everything, Self::Piece].into_iter().find(|reach| reach.key() == key)
    }

    const fn prune(self) -> Prune {
        match self {
            Self::Whole => Prune::Written,
            Self::Everything => Prune::Everything,
            Self::Piece => Prune::Nothing,
        }
    }
}

/// A list of endpoints that somebody wants to add.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct List {
    #[serde(default)]
    format: String,
    #[serde(default)]
    list: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    labels: String,
}

/// A text with what it was thought out from.
#[derive(Debug, Default)]
struct Draft {
    text: String,
    reach: Reach,
    /// The revision of the inventory that the page showed.
    upon: i64,
    secrets: BTreeMap<String, String>,
}

impl Draft {
    /// Of the fields of a form; browsers end lines with two characters.
    fn of(fields: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut draft = Self::default();
        let unreadable = |why: &str| Refusal::unreadable("the form", why.to_owned());
        for (name, value) in fields {
            match name.as_str() {
                "text" => draft.text = value.replace("\r\n", "\n"),
                "reach" => {
                    draft.reach = Reach::read(&value).ok_or_else(|| unreadable("it names no reach"))?;
                }
                "upon" => draft.upon = value.parse().map_err(|_| unreadable("it names no revision"))?,
                name => {
                    if let Some(reference) = name.strip_prefix(SECRET).filter(|_| !value.is_empty()) {
                        draft.secrets.insert(reference.to_owned(), value);
                    }
                }
            }
        }
        Ok(draft)
    }

    fn file(&self) -> File {
        File { text: self.text.clone(), prune: self.reach.prune(), unread: BTreeMap::new() }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(Done { done }): Asked<Done>) -> Page {
    let page = whole(&visit).await?;
    let said = (done.as_deref() == Some("applied")).then_some("Done: the inventory is as you wrote it.");
    written(&Inventory { said, ..page })
}

/// What a list of endpoints would add.
pub(crate) async fn list(
    Extension(visit): Extension<Visit>,
    Filled(list): Filled<List>,
) -> Result<Response, Refusal> {
    let page = whole(&visit).await?;
    let converted = match list.converted() {
        Ok(converted) => converted,
        Err(fault) => {
            let page = Inventory { fault: Some(fault), list, ..page };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, written(&page)?).into_response());
        }
    };
    let left_out = converted.left_out.iter().map(|one| format!("left out: {}: {}", one.what, one.why));
    let not_kept = converted.not_kept.iter().map(|one| format!("not kept: {}", one.what));
    let left_out = left_out.chain(not_kept).collect();
    let draft = Draft { text: converted.toml, reach: Reach::Piece, upon: page.revision, ..Draft::default() };
    compared(&visit, draft, page, left_out).await
}

/// What a text would change.
pub(crate) async fn plan(
    Extension(visit): Extension<Visit>,
    Filled(fields): Filled<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let draft = Draft::of(fields)?;
    compared(&visit, draft, whole(&visit).await?, Vec::new()).await
}

/// Changes it.
pub(crate) async fn apply(
    Extension(visit): Extension<Visit>,
    Filled(fields): Filled<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let draft = Draft::of(fields)?;
    let args = Apply {
        file: draft.file(),
        secrets: draft.secrets.clone(),
        upon: Some(Revision::of_number(draft.upon)),
    };
    match operate::<Planned>(&visit, "inventory.apply", args).await {
        Ok(_) => Ok(Redirect::to("/inventory?done=applied").into_response()),
        Err(refusal) => refused(draft, whole(&visit).await?, refusal),
    }
}

async fn compared(
    visit: &Visit,
    draft: Draft,
    page: Inventory,
    left_out: Vec<String>,
) -> Result<Response, Refusal> {
    match operate::<Planned>(visit, "inventory.plan", draft.file()).await {
        Ok(planned) => {
            let is_behind = draft.upon != page.revision;
            let plan = Some(PlanView { left_out, is_behind, ..PlanView::of(planned) });
            let text = Some(draft.text);
            Ok(written(&Inventory { plan, text, is_begun: true, reach: draft.reach, ..page })?
                .into_response())
        }
        Err(refusal) => refused(draft, page, refusal),
    }
}

/// The text again, with what was wrong.
fn refused(draft: Draft, page: Inventory, refusal: Refusal) -> Result<Response, Refusal> {
    let status = refusal.status();
    let fault = Some(FaultView::of(&refusal.into_fault()));
    let page = Inventory { fault, text: Some(draft.text), is_begun: true, reach: draft.reach, ..page };
    Ok((status, written(&page)?).into_response())
}

/// The page with the file as it stands.
async fn whole(visit: &Visit) -> Result<Inventory, Refusal> {
    let (store, scope) = (&visit.context.store, &visit.context.scope);
    let (text, revision) = if store.endpoint_count(scope).await.map_err(Fault::from)? > MOST {
        (None, store.inventory_revision(scope).await.map_err(Fault::from)?)
    } else {
        let get = Get { kind: None, name: None };
        let Printed { text, revision, .. } = operate(visit, "inventory.get", get).await?;
        (Some(text).filter(|text| text.len() <= LONGEST), revision)
    };
    let owners = store.owners(scope).await.map_err(Fault::from)?;
    let frame = Frame::of(visit, "/inventory");
    Ok(Inventory {
        may_write: frame.may("POST", "/inventory/apply"),
        frame,
        said: None,
        fault: None,
        plan: None,
        is_begun: false,
        text,
        reach: Reach::Whole,
        revision: revision.number(),
        list: List::default(),
        owners: owners.into_iter().map(|owner| owner.name).collect(),
        formats: lists::ALL,
    })
}

impl List {
    /// As a piece of an inventory file.
    fn converted(&self) -> Result<lists::Converted, FaultView> {
        let (format, text) = match self.format.as_str() {
            LINES | "" => (Format::named("csv"), self.table()),
            name => (Format::named(name), self.list.clone()),
        };
        let none = |what: &str, why: Option<String>| FaultView {
            what: what.to_owned(),
            why,
            mistakes: Vec::new(),
            hint: "each line one target: host, host:port, smtp://host; or choose what the list is".to_owned(),
        };
        let format = format.ok_or_else(|| none("There is no such format.", None))?;
        let converted = format
            .convert(&text)
            .map_err(|error| none("The list cannot be read.", Some(error.to_string())))?;
        if converted.endpoints == 0 {
            let left_out = converted.left_out.into_iter();
            let mistakes = left_out.map(|one| MistakeView { what: one.what, below: vec![one.why] }).collect();
            return Err(FaultView { mistakes, ..none("No endpoint could be read.", None) });
        }
        if converted.toml.len() > LONGEST {
            let hint = "name fewer at a time; or on the machine: notafter inventory from FORMAT FILE >> inventory.toml, and notafter apply";
            let none = none("The list is too long for a page.", None);
            return Err(FaultView { hint: hint.to_owned(), ..none });
        }
        Ok(converted)
    }

    /// Lines of targets as a table, with the owner and the labels that were chosen for all of them.
    fn table(&self) -> String {
        let field = |text: &str| format!("\"{}\"", text.trim().replace('"', "\"\""));
        let row =
            |target: &str| format!("{},{},{}\n", field(target), field(&self.owner), field(&self.labels));
        let targets = self.list.lines().filter(|line| !line.trim().is_empty());
        format!("target,owner,labels\n{}", targets.map(row).collect::<String>())
    }
}

impl FaultView {
    /// Each mistake of a text is told in lines: what, and below it why and what to do.
    fn of(fault: &Fault) -> Self {
        let mut lines = fault.what.lines();
        let what = sentence(lines.next().unwrap_or_default());
        let mut mistakes: Vec<MistakeView> = Vec::new();
        for line in lines {
            match mistakes.last_mut().filter(|_| line.starts_with(' ')) {
                Some(last) => last.below.push(line.trim().to_owned()),
                None => mistakes.push(MistakeView { what: sentence(line), below: Vec::new() }),
            }
        }
        Self { what, why: fault.why.clone(), mistakes, hint: fault.hint.clone() }
    }
}

impl PlanView {
    fn of(planned: Planned) -> Self {
        let Planned { differences, left_alone, secrets, changes, claims, warnings } = planned;
        let count = |verb: Verb| differences.iter().filter(|one| one.verb == verb).count();
        let (added, changed, removed) = (count(Verb::Add), count(Verb::Change), count(Verb::Remove));
        let head = match (changes, claims) {
            (false, true) => {
                "The inventory is so already; applying it makes this text the source of it.".to_owned()
            }
            (false, false) => "The inventory is so already: nothing would change.".to_owned(),
            (true, _) => format!("{added} added, {changed} changed, {removed} removed."),
        };
        Self {
            head,
            is_behind: false,
            more: differences.len().saturating_sub(SHOWN),
            rows: differences.into_iter().take(SHOWN).map(ChangeView::of).collect(),
            left_out: Vec::new(),
            alone: left_alone.len().saturating_sub(NAMED),
            left_alone: left_alone.into_iter().take(NAMED).collect(),
            warnings,
            secrets: secrets.into_iter().filter(|one| !one.stored).map(|one| one.name).collect(),
            changes: changes || claims,
        }
    }
}

impl ChangeView {
    fn of(one: Difference) -> Self {
        let (class, verb) = match one.verb {
            Verb::Add => ("ok", "Add"),
            Verb::Change => ("warning", "Change"),
            Verb::Remove => ("critical", "Remove"),
        };
        let field = |(name, from, to): (String, Option<String>, Option<String>)| match (from, to) {
            (Some(from), Some(to)) => format!("{name}: {from} \u{2192} {to}"),
            (None, Some(to)) => format!("{name}: {to}"),
            (Some(from), None) => format!("{name}: {from} \u{2192} what is usual"),
            (None, None) => name,
        };
        Self {
            class,
            what: format!("{verb} {} {}", one.kind, one.name),
            fields: one
                .fields
                .into_iter()
                .map(|change| field((change.field, change.from, change.to)))
                .collect(),
            note: one.note,
        }
    }
}
