//! Replies to mails about alerts: the mark that a mail carries so that its reply can be known, and what a reply does.
//!
//! The mark is signed as links are, over the message that carries it, and stands in the identity of that message and in the
//! address that replies go to. What the reply does was read elsewhere ([`notafter_inventory::reply`]); nothing here looks at
//! who sent it.

use notafter_cert::Time;
use notafter_inventory::model::{
    Actor, AlertId, AlertLink, AlertState, Channel, Delivery, LinkDoes, Message, SpentLink,
};
use notafter_inventory::plan::alert as plan;
use notafter_inventory::reply::{LONGEST_SILENCE, Reply, ReplyDoes, Token};
use notafter_keys::{hmac_sha256_128, hmac_sha256_128_is};
use notafter_store::StoreError;
use serde::{Deserialize, Serialize};

use crate::alert_link::{self, SECRET};
use crate::context::Context;
use crate::operate::Fault;
use crate::operate::alert::{self as operations, AcknowledgeArgs};
use crate::signing_key;

/// The setting of a channel that says where replies go.
const REPLY_TO: &str = "reply_to";
/// Why something is silenced where a reply says no more.
const BY_REPLY: &str = "silenced by reply";

/// A message as it goes out: with the mark of its reply, where its channel takes replies and there is something to take.
///
/// # Errors
/// The store or the vault failed.
pub(crate) async fn answerable(
    context: &Context,
    channel: &Channel,
    delivery: &Delivery,
    message: Message,
) -> Result<Message, Fault> {
    if !channel.settings.contains_key(REPLY_TO) || plan::linkable(&message).is_empty() {
        return Ok(message);
    }
    let key = signing_key::made(context, SECRET).await?;
    let code = hmac_sha256_128(&key, &Token::signed(delivery.id));
    let token = Token { delivery: delivery.id, code };
    Ok(plan::with_reply_token(&message, token))
}

/// What came of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Whose message it answers.
    pub contact: String,
    /// What came of each alert that the message told of.
    pub alerts: Vec<AnsweredAlert>,
}

/// What came of one alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredAlert {
    /// The alert.
    pub id: AlertId,
    /// What was done.
    pub done: Done,
    /// Until when what is behind it is silenced, where that was done.
    pub silenced_until: Option<Time>,
}

/// What a reply did to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// It is taken.
    Taken,
    /// What is behind it is silenced.
    Silenced,
    /// Nothing: the message did that already, by a reply or by its link.
    Already,
    /// Nothing: it is over.
    Over,
}

/// Does what a reply says, to every alert that the message tells of which it answers. The same once more does nothing: a mail
/// server hands a mail over again where it did not hear what came of it.
///
/// # Errors
/// It answers no message of ours, or one that is too old; it asks for too much; or the store failed.
pub(crate) async fn answer(context: &Context, _actor: &Actor, reply: Reply) -> Result<Answered, Fault> {
    let now = context.clock.now();
    let message = answered(context, &reply.tokens, now).await?;
    let contact = match &message.to {
        Some(to) => to.clone(),
        None => context
            .store
            .channel(&context.scope, message.channel_id)
            .await?
            .map_or_else(|| message.channel_id.to_string(), |channel| channel.name),
    };
    let mut alerts = Vec::new();
    for id in plan::linkable(&message.message) {
        let which = (id, &message);
        let (done, until) = match &reply.does {
            ReplyDoes::Acknowledge(note) => (take(context, which, &contact, note.as_deref()).await?, None),
            ReplyDoes::Silence { span, .. } if *span > LONGEST_SILENCE => {
                return Err(refused("a reply silences for a day at most, and nothing was silenced"));
            }
            ReplyDoes::Silence { span, why } => {
                let (until, why) = (now + *span, why.as_deref().unwrap_or(BY_REPLY));
                (silence(context, which, &contact, (until, why)).await?, Some(until))
            }
        };
        let silenced_until = until.filter(|_| done == Done::Silenced);
        alerts.push(AnsweredAlert { id, done, silenced_until });
    }
    Ok(Answered { contact, alerts })
}

/// The message that a reply answers.
async fn answered(context: &Context, tokens: &[Token], now: Time) -> Result<Delivery, Fault> {
    let nothing = || {
        Fault::new(
            "alert.reply-to-nothing",
            "this answers no message about an alert: it is not one of ours, or too old",
            "reply to the newest message about the alert, and leave its recipient as it is; or take it on the pages",
        )
    };
    let key = signing_key::known(context, SECRET).await?.ok_or_else(nothing)?;
    let ours = |token: &&Token| {
        hmac_sha256_128_is(&key, &Token::signed(token.delivery), &token.code) && now < token.until()
    };
    let token = tokens.iter().find(ours).ok_or_else(nothing)?;
    context.store.delivery(&context.scope, token.delivery).await?.ok_or_else(nothing)
}

fn spent(does: LinkDoes, (alert, message): (AlertId, &Delivery), contact: &str, at: Time) -> SpentLink {
    let link = AlertLink { does, alert, delivery: message.id };
    SpentLink { link, by: Actor::Reply(contact.to_owned()), at, until: link.until() }
}

async fn take(
    context: &Context,
    which: (AlertId, &Delivery),
    contact: &str,
    note: Option<&str>,
) -> Result<Done, Fault> {
    let spent = spent(LinkDoes::Acknowledge, which, contact, context.clock.now());
    if context.store.spent_link(&context.scope, spent.link).await?.is_some() {
        return Ok(Done::Already);
    }
    let args = AcknowledgeArgs { id: which.0, note: note.and_then(alert_link::noted) };
    match operations::take(context, &spent.by.clone(), args, Some(spent)).await {
        Ok(_) => Ok(Done::Taken),
        Err(fault) if fault.code == "store.overtaken" => Ok(Done::Already),
        Err(fault) if fault.code == "alert.over" || fault.code == "alert.unknown" => Ok(Done::Over),
        Err(fault) => Err(fault),
    }
}

async fn silence(
    context: &Context,
    which: (AlertId, &Delivery),
    contact: &str,
    (until, why): (Time, &str),
) -> Result<Done, Fault> {
    let spent = spent(LinkDoes::Silence, which, contact, context.clock.now());
    if context.store.spent_link(&context.scope, spent.link).await?.is_some() {
        return Ok(Done::Already);
    }
    let alert = context.store.alert(&context.scope, which.0).await?;
    let Some(alert) = alert.filter(|alert| alert.state == AlertState::Open) else { return Ok(Done::Over) };
    let why = alert_link::noted(why).unwrap_or_else(|| BY_REPLY.to_owned());
    match alert_link::quiet(context, &alert, spent, (until, &why)).await {
        Ok(()) => Ok(Done::Silenced),
        Err(StoreError::Overtaken(_)) => Ok(Done::Already),
        Err(error) => Err(error.into()),
    }
}

fn refused(what: &str) -> Fault {
    Fault::new(
        "alert.reply-refused",
        what,
        "write `silence 24h` or less, or silence it for longer with `notafter alert silence`",
    )
}
