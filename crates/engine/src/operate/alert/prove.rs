//! The paths to people: proved by a message that arrives.

use notafter_cert::Time;
use notafter_inventory::code::Kind;
use notafter_inventory::model::{
    Actor, Channel, Contact, Delivery, DeliveryState, Owner, Path, Proof, Purpose,
};
use notafter_inventory::plan::alert as plan;
use notafter_inventory::plan::deliver as outcome;
use notafter_providers::notify;
use notafter_store::{Change, TaskSubject};
use serde::{Deserialize, Serialize};

use super::LOOKED_THROUGH;
use crate::context::Context;
use crate::operate::{Fault, near};
use crate::tasks::deliver;

/// Which paths to prove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestArgs {
    /// Only this channel.
    pub channel: Option<String>,
    /// Only this owner's contacts.
    pub owner: Option<String>,
    /// Only this address.
    #[serde(default)]
    pub to: Option<String>,
}

/// How one test went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// Whose contact.
    pub owner: String,
    /// The channel.
    pub channel: String,
    /// The address on it.
    pub to: Option<String>,
    /// How far it is: `accepted` waits for its code.
    pub state: DeliveryState,
    /// What the other side said.
    pub said: String,
    /// Whether a person must type the code that the message carries.
    pub needs_code: bool,
    /// When the path was proved before.
    pub proved_before: Option<Time>,
}

/// Sends a test message to every contact asked for, and answers what came of each.
///
/// # Errors
/// Nobody is to be told, a name is unknown, or the store failed; that a message was not taken is an answer.
pub async fn test(context: &Context, actor: &Actor, args: TestArgs) -> Result<Vec<Tested>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let channels = store.channels(scope).await?;
    let named = |name: &&str| channels.iter().any(|channel| channel.name == **name);
    if let Some(name) = args.channel.as_deref().filter(|name| !named(name)) {
        return Err(unknown(context, Kind::Channel, name).await);
    }
    let owners = wanted_owners(context, args.owner.as_deref()).await?;
    let contacts = wanted_contacts(&owners, &channels, &args)?;
    let paths = store.paths(scope).await?;
    let tests = contacts.into_iter().map(|(owner, contact, channel)| {
        let before = plan::path_of(&channels, &paths, &contact).and_then(|path: &Path| path.proved_at);
        prove(context, actor, (owner, contact, channel), before)
    });
    futures_util::future::try_join_all(tests).await
}

/// Sends one test message. It is stored before it is sent, so that a code that arrives can always be confirmed; its task
/// takes over where this try does not end well.
async fn prove(
    context: &Context,
    actor: &Actor,
    (owner, contact, channel): (&Owner, Contact, &Channel),
    proved_before: Option<Time>,
) -> Result<Tested, Fault> {
    let now = context.clock.now();
    // A kind that this program does not know proves nothing by itself.
    let proof = notify::find(&channel.kind).map_or(Proof::Code, |notifier| notifier.kind().proof);
    let wanted = outcome::Occasion::Wanted;
    let mut message = outcome::test(owner, &contact, (channel, proof), wanted, now, &mut || context.random());
    let over = now + deliver::within(context) + deliver::within(context);
    let begun = deliver::begin(message.clone(), "a person asked for it", over);
    context.apply(None, actor, &begun).await?;
    deliver::attempt(context, &mut message, None, actor).await?;
    Ok(Tested {
        owner: owner.name.clone(),
        channel: channel.name.clone(),
        to: contact.to,
        state: message.state,
        said: message.attempts.last().map_or_else(String::new, |attempt| attempt.detail.clone()),
        needs_code: message.code.is_some(),
        proved_before,
    })
}

pub(super) async fn wanted_owners(context: &Context, name: Option<&str>) -> Result<Vec<Owner>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let mut owners = store.owners(scope).await?;
    // Whoever is kept to an owner wakes no other team.
    owners.retain(|owner| scope.kept_to().is_none_or(|kept| kept == owner.id));
    if let Some(name) = name {
        owners.retain(|owner| owner.name == name);
        if owners.is_empty() {
            return Err(unknown(context, Kind::Owner, name).await);
        }
    }
    Ok(owners)
}

fn wanted_contacts<'a>(
    owners: &'a [Owner],
    channels: &'a [Channel],
    args: &TestArgs,
) -> Result<Vec<(&'a Owner, Contact, &'a Channel)>, Fault> {
    let mut wanted: Vec<(&Owner, Contact, &Channel)> = Vec::new();
    let everybody = |owner: &'a Owner| owner.everybody().into_iter().map(move |to| (owner, to));
    for (owner, contact) in owners.iter().flat_map(everybody) {
        let carries = channels.iter().find(|known| known.name == contact.channel);
        let seen = wanted.iter().any(|(_, known, _)| *known == contact);
        let asked = args.channel.as_ref().is_none_or(|name| *name == contact.channel)
            && args.to.as_ref().is_none_or(|to| contact.to.as_ref() == Some(to));
        if let Some(carries) = carries.filter(|_| asked && !seen) {
            wanted.push((owner, contact, carries));
        }
    }
    if wanted.is_empty() {
        return Err(Fault::new(
            "alert.nobody-to-tell",
            "there is nobody to send a test to",
            "name a channel and an owner's contacts in an inventory file, and `notafter apply` it",
        ));
    }
    Ok(wanted)
}

pub(super) async fn unknown(context: &Context, kind: Kind, name: &str) -> Fault {
    let hint = near::hint(context, kind, name).await;
    Fault::new("alert.unknown-name", format!("there is no {kind} named {name:?}"), hint)
}

/// The code that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmArgs {
    /// As typed.
    pub code: String,
}

/// A path that is proved now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The channel.
    pub channel: String,
    /// The address on it.
    pub to: Option<String>,
    /// Until when the proof is believed.
    pub until: Time,
}

/// Takes a code from a test message as proof of the path it took.
///
/// # Errors
/// The code belongs to no test or to an old one, or the store failed.
pub async fn confirm(context: &Context, actor: &Actor, args: ConfirmArgs) -> Result<Confirmed, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let _telling = context.telling.lock().await;
    let mut tests = store.deliveries(scope, LOOKED_THROUGH).await?;
    tests.retain(|delivery| delivery.purpose == Purpose::Test);
    let now = context.clock.now();
    let message = outcome::confirmed(&tests, &args.code, now)?.clone();
    confirm_message(context, actor, message, now).await
}

/// A test message arrived: its path is proved. The caller holds `telling`.
pub(crate) async fn confirm_message(
    context: &Context,
    actor: &Actor,
    mut message: Delivery,
    now: Time,
) -> Result<Confirmed, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let mut path = outcome::path_of(&store.paths(scope).await?, &message, message.owner_id);
    outcome::confirm(&mut message, &mut path, now);
    let mut changes = deliver::kept(&message, path, now);
    changes.push(Change::Unschedule { task: deliver::KIND, subject: TaskSubject::of(message.id) });
    changes.extend(deliver::wake_owners(context, &message, now).await?);
    context.apply(None, actor, &changes).await?;
    let channel = store.channel(scope, message.channel_id).await?;
    Ok(Confirmed {
        channel: channel.map_or_else(|| message.channel_id.to_string(), |channel| channel.name),
        to: message.to,
        until: now + Path::PROOF_HOLDS,
    })
}
