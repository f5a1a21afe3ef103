//! The log of everything that was done, by position.

use notafter_engine::operate::event::{self, ListArgs, Wanted};
use notafter_inventory::model::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Part;
use super::call::{Call, call};
use super::list::{AfterPosition, Limit, shown};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Doer, Instant};
use crate::auth::Visit;
use crate::refusal::Refusal;

pub(crate) static LIST: Call = call!(
    "list-events",
    "Everything that was done, oldest first, each entry hashed over the one before. A search looks through a bounded number of \
     entries at once: a part may have few items, or none, and a `next` all the same",
    list,
    [NOT_FOUND]
);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Words that must all be in an entry, or in the name of what it is about; the first four count.
    q: Option<String>,
    /// Those of this type, or of types that begin so: `alert.moved`, `alert.*`.
    kind: Option<String>,
    /// Those by this one, or by whose name has this in it; `notafter` is what it did by itself.
    actor: Option<String>,
    /// Those about this: `endpoint:ep_...`, an identity, a lineage or an owner by name, an endpoint by its target.
    subject: Option<String>,
    /// Those of this instant and later.
    from: Option<Instant>,
    /// Those of before this instant.
    until: Option<Instant>,
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
    /// What people call that.
    name: String,
    /// Details; their shape is the type's.
    data: Value,
    /// SHA-256 over this entry and the hash of the one before.
    hash: String,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<Part<Entry>, Refusal> {
    let Wish { q, kind, actor, subject, from, until, limit, after } = asked.query;
    let wanted = Wanted {
        search: q.unwrap_or_default(),
        kind,
        actor,
        subject,
        from: from.map(|Instant(at)| at),
        until: until.map(|Instant(at)| at),
    };
    let args = ListArgs { wanted, after: Some(after.position()), before: None, limit: limit.number() };
    let listing = event::list(&visit.context, &visit.caller.actor, args).await?;
    let next = listing.next.map(|next| next.to_string());
    Ok(shown((listing.entries, next), entry))
}

fn entry(event::Entry { event, name }: event::Entry) -> Entry {
    let Event { sequence, at, actor, kind, subject, data, hash } = event;
    Entry {
        sequence,
        at: at.into(),
        actor: actor.into(),
        kind,
        subject: subject.to_string(),
        name,
        data,
        hash,
    }
}
