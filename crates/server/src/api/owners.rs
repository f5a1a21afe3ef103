//! Owners: who answers for what, whom they name to be told, and who of those is on duty.

use notafter_cert::{Span, Time};
use notafter_engine::operate::owner::{AcknowledgeArgs, Acknowledged};
use notafter_inventory::model::{Contact, Owner, Ownership, Rung};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::One;
use super::call::{Call, call};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Doer, Instant};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static ACKNOWLEDGE: Call = call!(
    "acknowledge-owner",
    "Says that an owner still answers for what it owns, for as long as the inventory wants",
    acknowledge,
    [CONFLICT]
);
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
    /// Whether somebody says that it still answers for what it owns; nothing where it is not asked.
    answers: Option<Answers>,
}

/// Whether somebody says that an owner still answers for what it owns.
#[derive(Serialize, JsonSchema)]
struct Answers {
    /// Whether that counts now, or is still waited for; where it does not, there is a finding (`owner.unacknowledged`).
    ok: bool,
    /// When somebody said so last.
    at: Option<Instant>,
    /// Who did.
    by: Option<Doer>,
    /// Until when it counts, or the first answer is waited for; nothing where it was not asked yet.
    until: Option<Instant>,
}

#[derive(Deserialize, JsonSchema)]
struct At {
    /// Its name.
    owner: String,
}

/// An owner that answers.
#[derive(Serialize, JsonSchema)]
struct OwnerAnswers {
    /// Its name.
    owner: String,
    /// When somebody said so.
    at: Instant,
    /// Who.
    by: Doer,
    /// Until when that counts.
    until: Instant,
}

async fn acknowledge(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OwnerAnswers>, Refusal> {
    let args = AcknowledgeArgs { owner: asked.path.owner };
    let Acknowledged { owner, at, by, until } = operate(&visit, "owner.acknowledge", args).await?;
    Ok(One(OwnerAnswers { owner, at: at.into(), by: by.into(), until: until.into() }))
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
    let known = context.store.ownerships(&context.scope).await?;
    let known = |owner: &Owner| known.iter().find(|known| known.owner_id == owner.id).cloned();
    Ok(One(Owners { items: within.map(|owner| one(known(&owner), owner, now)).collect() }))
}

fn one(known: Option<Ownership>, owner: Owner, now: Time) -> OneOwner {
    let rungs = owner.contacts.iter().map(|rung| of_rung(rung, now)).collect();
    let answers = owner.acknowledge.map(|every| answers(known, every, now));
    OneOwner { id: owner.id.to_string(), name: owner.name, owns: owner.owns, rungs, answers }
}

fn answers(known: Option<Ownership>, every: Span, now: Time) -> Answers {
    let Some(known) = known else { return Answers { ok: true, at: None, by: None, until: None } };
    let (ok, until) = (!known.is_over(every, now), known.until(every));
    let (at, by) = known.given.map(|given| (given.at.into(), given.by.into())).unzip();
    Answers { ok, at, by, until: Some(until.into()) }
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
