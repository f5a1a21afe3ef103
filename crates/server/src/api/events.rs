//! The log of everything that was done, by position.

use notafter_inventory::model::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Part;
use super::call::{Call, call};
use super::list::{AfterPosition, Limit, part, shown};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Doer, Instant};
use crate::auth::Visit;
use crate::refusal::Refusal;

pub(crate) static LIST: Call = call!(
    "list-events",
    "Everything that was done, oldest first, each entry hashed over the one before",
    list
);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// How many at once.
    #[serde(default)]
    limit: Limit,
    /// Entries after this position: the `sequence` of the last one that is known, or the `next` of the part before.
    #[serde(default)]
    after: AfterPosition,
}

/// An entry of the log.
#[derive(Serialize, JsonSchema)]
struct Entry {
    /// Position, from 1, without gaps. Retention cuts from the beginning.
    sequence: i64,
    /// When.
    at: Instant,
    /// Who.
    actor: Doer,
    /// CloudEvents type: `notafter.<subject>.<verb>.v1`.
    #[serde(rename = "type")]
    kind: String,
    /// What it is about.
    subject: String,
    /// Details; their shape is the type's.
    data: Value,
    /// SHA-256 over this entry and the hash of the one before.
    hash: String,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<Part<Entry>, Refusal> {
    let Wish { limit, after } = asked.query;
    let context = &visit.context;
    let events = context.store.events_after(&context.scope, after.position(), limit.and_one()).await?;
    Ok(shown(part(events, limit, |last| last.sequence.to_string()), entry))
}

fn entry(event: Event) -> Entry {
    let Event { sequence, at, actor, kind, subject, data, hash } = event;
    Entry { sequence, at: at.into(), actor: actor.into(), kind, subject: subject.to_string(), data, hash }
}
