//! Owners: who answers for what, whom they name to be told, and who of those is on duty.

use notafter_cert::Time;
use notafter_inventory::model::{Contact, Owner, Rung};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::One;
use super::call::{Call, call};
use super::request::{Asked, NoBody, Nothing};
use super::view::Instant;
use crate::auth::Visit;
use crate::refusal::Refusal;

pub(crate) static LIST: Call =
    call!("list-owners", "Every owner, with whom it names to be told and who of those is on duty now", list);

/// The owners within reach.
#[derive(Serialize, JsonSchema)]
struct Owners {
    /// Each of them, by name.
    items: Vec<OneOwner>,
}

/// A team or person who answers for subjects.
#[derive(Serialize, JsonSchema)]
struct OneOwner {
    /// Identity (`ow_...`).
    id: String,
    /// Its name.
    name: String,
    /// The names that it answers for where nothing else is said.
    owns: Vec<String>,
    /// Who is told, in this order: the next rung where nobody at the one before took it.
    rungs: Vec<OneRung>,
}

/// Somebody to be told, or several who take turns.
#[derive(Serialize, JsonSchema)]
struct OneRung {
    /// Everybody at it.
    people: Vec<Person>,
    /// Who is on duty now; nothing where nobody is, and the next rung hears at once.
    on_duty: Option<Person>,
    /// When another one is on duty, or nobody; nothing where that never changes.
    changes_at: Option<Instant>,
    /// Who is on duty then.
    next: Option<Person>,
}

/// One way to somebody.
#[derive(Serialize, JsonSchema)]
struct Person {
    /// The name of the channel that carries the message.
    channel: String,
    /// The address on it; nothing where the channel knows it itself.
    to: Option<String>,
}

async fn list(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<Owners>, Refusal> {
    let (context, now) = (&visit.context, visit.context.clock.now());
    let owners = context.store.owners(&context.scope).await?;
    let kept = context.scope.kept_to();
    let within = owners.into_iter().filter(|owner| kept.is_none_or(|kept| kept == owner.id));
    Ok(One(Owners { items: within.map(|owner| one(owner, now)).collect() }))
}

fn one(owner: Owner, now: Time) -> OneOwner {
    let rungs = owner.contacts.iter().map(|rung| of_rung(rung, now)).collect();
    OneOwner { id: owner.id.to_string(), name: owner.name, owns: owner.owns, rungs }
}

fn of_rung(rung: &Rung, now: Time) -> OneRung {
    let (changes_at, next) = rung.next_change(now).unzip();
    OneRung {
        people: rung.everybody().into_iter().map(person).collect(),
        on_duty: rung.on_duty(now).map(person),
        changes_at: changes_at.map(Instant::from),
        next: next.flatten().map(person),
    }
}

fn person(Contact { channel, to }: Contact) -> Person {
    Person { channel, to }
}
