//! The log, searched and exported.

use std::collections::BTreeMap;

use notafter_cert::Time;
use notafter_inventory::code::endpoint_name;
use notafter_inventory::log::Chained;
use notafter_inventory::model::{Actor, Event, Subject};
use notafter_store::{Events, Place};
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, endpoint, operation};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] =
    &[operation!("event.list", list), operation!("event.export", export), operation!("event.verify", verify)];

/// Entries of one part at most.
pub const MOST: u32 = 1_000;

/// Which entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Words that must all be in an entry, or in the name of what it is about.
    pub search: String,
    /// Only of this kind: `alert.moved`, `alert.*`.
    pub kind: Option<String>,
    /// Only by this one.
    pub actor: Option<String>,
    /// Only about this: `endpoint:ep_...`, an identity, a lineage or an owner by name, an endpoint by its target.
    pub subject: Option<String>,
    /// Only of this instant and later.
    pub from: Option<Time>,
    /// Only of before this instant.
    pub until: Option<Time>,
}

/// A part of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListArgs {
    /// Which entries.
    pub wanted: Wanted,
    /// Oldest first, after this position; newest first where it is left out.
    pub after: Option<i64>,
    /// Before this position, where the newest come first.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: u32,
}

/// Entries of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing<T> {
    /// Those that fit.
    pub entries: Vec<T>,
    /// How many were looked through for them.
    pub looked_through: u64,
    /// The position to go on from; nothing where the log ends.
    pub next: Option<i64>,
}

/// An entry with the name of what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The entry.
    pub event: Event,
    /// What people call its subject.
    pub name: String,
}

/// The log holds together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Entries that retention cut away, whose last hash is kept.
    pub cut: i64,
    /// The last entry's position.
    pub last: i64,
    /// Its hash.
    pub hash: String,
}

/// No arguments.
#[derive(Debug, Serialize, Deserialize)]
pub struct Whole {}

/// Entries that fit, each with the name of what it is about.
///
/// # Errors
/// What they should be about is not known here, or the store failed.
pub async fn list(context: &Context, _: &Actor, args: ListArgs) -> Result<Listing<Entry>, Fault> {
    let wanted = wanted(context, args.wanted).await?;
    let place = args.after.map_or(Place::Before(args.before), Place::After);
    let limit = args.limit.clamp(1, MOST);
    let found = context.store.search_events(&context.scope, &wanted, place, limit).await?;
    let mut names = BTreeMap::new();
    let mut entries = Vec::with_capacity(found.entries.len());
    for event in found.entries {
        if !names.contains_key(&event.subject) {
            names.insert(event.subject.clone(), name(context, &event.subject).await?);
        }
        let name = names.get(&event.subject).cloned().unwrap_or_default();
        entries.push(Entry { event, name });
    }
    Ok(Listing { entries, looked_through: found.looked_through, next: found.next })
}

/// Entries that fit, with the texts that their hashes are made of.
///
/// # Errors
/// What they should be about is not known here, or the store failed.
pub async fn export(context: &Context, _: &Actor, args: ListArgs) -> Result<Listing<Chained>, Fault> {
    let wanted = wanted(context, args.wanted).await?;
    let place = args.after.map_or(Place::Before(args.before), Place::After);
    let limit = args.limit.clamp(1, MOST);
    let found = context.store.chained_events(&context.scope, &wanted, place, limit).await?;
    Ok(Listing { entries: found.entries, looked_through: found.looked_through, next: found.next })
}

async fn verify(context: &Context, _: &Actor, _: Whole) -> Result<Verified, Fault> {
    let state = context.store.verify_chain(&context.scope).await?;
    Ok(Verified { cut: state.cut, last: state.last, hash: state.hash })
}

async fn wanted(context: &Context, wanted: Wanted) -> Result<Events, Fault> {
    let Wanted { search, kind, actor, subject, from, until } = wanted;
    let subject = subject.filter(|subject| !subject.trim().is_empty());
    let subject = match subject.as_deref().map(str::trim) {
        Some(text) => Some(subject_of(context, text).await?),
        None => None,
    };
    Ok(Events { search, kind, actor, subject, from, until })
}

/// What somebody means by a text: as it is written in the log, an identity, or a name.
async fn subject_of(context: &Context, text: &str) -> Result<Subject, Fault> {
    let kinds = [
        ("ep_", "endpoint"),
        ("ln_", "lineage"),
        ("pl_", "place"),
        ("is_", "issuer"),
        ("ow_", "owner"),
        ("ch_", "channel"),
        ("dr_", "drill"),
    ];
    let kind = kinds.iter().find(|(prefix, _)| text.starts_with(prefix));
    let written = kind.map_or_else(|| text.to_owned(), |(_, kind)| format!("{kind}:{text}"));
    match written.parse::<Subject>() {
        Ok(Subject::Named(_)) if !text.starts_with("named:") => {}
        Ok(subject) => return Ok(subject),
        Err(_) => {}
    }
    let (store, scope) = (&context.store, &context.scope);
    if let Some(lineage) = store.lineage_named(scope, text).await? {
        return Ok(Subject::Lineage(lineage.id));
    }
    if let Some(owner) = store.owner_named(scope, text).await? {
        return Ok(Subject::Owner(owner.id));
    }
    if let Some(endpoint) = endpoint::meant(context, text).await?.first() {
        return Ok(Subject::Endpoint(endpoint.id));
    }
    let hint = "name a lineage, an owner or an endpoint of the inventory; words search all of the log";
    Err(Fault::new("inventory.no-such-thing", format!("nothing here is called {text:?}"), hint))
}

/// What people call it; its identity where it is not in the inventory any more.
async fn name(context: &Context, subject: &Subject) -> Result<String, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let named = match subject {
        Subject::Endpoint(id) => store.endpoint(scope, *id).await?.map(|it| endpoint_name(&it.target)),
        Subject::Lineage(id) => store.lineage(scope, *id).await?.map(|it| format!("lineage {}", it.name)),
        Subject::Place(id) => store.place(scope, *id).await?.map(|it| format!("place {}", it.name)),
        Subject::Issuer(id) => store.issuer(scope, *id).await?.map(|it| format!("issuer {}", it.name())),
        Subject::Owner(id) => store.owner(scope, *id).await?.map(|it| format!("owner {}", it.name)),
        Subject::Channel(id) => store.channel(scope, *id).await?.map(|it| format!("channel {}", it.name)),
        Subject::Installation => Some("this installation".to_owned()),
        Subject::Drill(id) => store.drill(scope, *id).await?.map(|it| format!("drill of {}", it.lineage)),
        Subject::Named(name) => Some(name.clone()),
    };
    Ok(named.unwrap_or_else(|| subject.to_string()))
}
