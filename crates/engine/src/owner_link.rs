//! The link of a message that asks an owner: whoever got it says that the owner still answers for what it owns, without
//! signing in. It is signed as links about alerts are, over the message that carries it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Delivery, DeliveryId, Message, Owner, OwnerLink, Purpose};
use notafter_inventory::plan::alert as plan;
use notafter_inventory::plan::ownership::Holdings;
use notafter_keys::{hmac_sha256_128, hmac_sha256_128_is};

use crate::access::{Peer, counted};
use crate::alert_link::{SECRET, Site};
use crate::context::Context;
use crate::operate::Fault;
use crate::operate::owner as operations;
use crate::signing_key;
use crate::tasks::ownership;

/// A question as it goes out: with its link, where links lead somewhere.
///
/// # Errors
/// The store or the vault failed.
pub(crate) async fn carried(context: &Context, delivery: &Delivery) -> Result<Message, Fault> {
    let Site::Elsewhere(site) = Site::of(&context.settings) else { return Ok(delivery.message.clone()) };
    let key = signing_key::made(context, SECRET).await?;
    let link = format!("{site}{}", path(OwnerLink { delivery: delivery.id }, &key));
    Ok(plan::with_confirmation(&delivery.message, &link))
}

fn path(link: OwnerLink, key: &[u8]) -> String {
    let mut bytes = link.delivery.as_bytes().to_vec();
    bytes.extend_from_slice(&hmac_sha256_128(key, &link.signed()));
    format!("/owner/{}/acknowledge", URL_SAFE_NO_PAD.encode(bytes))
}

fn read(text: &str, key: &[u8], now: Time) -> Option<OwnerLink> {
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (delivery, code) = bytes.split_first_chunk::<16>()?;
    let link = OwnerLink { delivery: DeliveryId::from_bytes(*delivery) };
    (hmac_sha256_128_is(key, &link.signed(), code) && now < link.until()).then_some(link)
}

/// What the link is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Who is asked.
    pub owner: String,
    /// What it answers for: `3 lineages and 1 endpoint`.
    pub holdings: Option<String>,
    /// Whom the message went to.
    pub contact: String,
    /// When it was written.
    pub written: Time,
    /// Until when an answer counts that was given since then, and who gave it.
    pub answered: Option<(Time, String)>,
    /// Until when it would, if it is given now.
    pub until: Time,
}

/// A link that is one, with what it is about.
struct Known {
    message: Delivery,
    contact: String,
    owner: Owner,
    every: Span,
}

/// Shows what the link is about. Looking answers nothing: programs that preview links open them.
///
/// # Errors
/// It leads nowhere, which of the reasons is not said; too much was tried; or the store failed.
pub async fn look(context: &Context, text: &str, peer: &Peer) -> Result<Shown, Fault> {
    let known = follow(context, text, peer).await?;
    let holdings: Holdings = ownership::holdings(context, &known.owner).await?;
    let answered = answered(context, &known).await?;
    Ok(Shown {
        owner: known.owner.name,
        holdings: holdings.words(),
        contact: known.contact,
        written: known.message.created_at,
        answered,
        until: context.clock.now() + known.every,
    })
}

/// The owner answers. Once more by the same message changes nothing.
///
/// # Errors
/// As [`look`].
pub async fn acknowledge(context: &Context, text: &str, peer: &Peer) -> Result<(), Fault> {
    let known = follow(context, text, peer).await?;
    if answered(context, &known).await?.is_some() {
        return Ok(());
    }
    let by = Actor::Answer(known.contact);
    operations::say(context, &by, (&known.owner, known.every)).await.map(drop)
}

/// Whether somebody answered since the question was written.
async fn answered(context: &Context, known: &Known) -> Result<Option<(Time, String)>, Fault> {
    let ownership = context.store.ownership(&context.scope, known.owner.id).await?;
    let given = ownership.and_then(|ownership| ownership.given);
    let since = given.filter(|given| given.at >= known.message.created_at);
    Ok(since.map(|given| (given.at + known.every, given.by.to_string())))
}

async fn follow(context: &Context, text: &str, peer: &Peer) -> Result<Known, Fault> {
    let found = find(context, text, context.clock.now());
    counted(context, (text, peer), found).await?.ok_or_else(nowhere)
}

async fn find(context: &Context, text: &str, now: Time) -> Result<Option<Known>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let Some(key) = signing_key::known(context, SECRET).await? else { return Ok(None) };
    let Some(link) = read(text, &key, now) else { return Ok(None) };
    let message = store.delivery(scope, link.delivery).await?;
    let Some(message) = message.filter(|message| message.purpose == Purpose::Ownership) else {
        return Ok(None);
    };
    let Some(owner) = store.owner(scope, message.owner_id).await? else { return Ok(None) };
    let Some(every) = owner.acknowledge else { return Ok(None) };
    let channel = store.channel(scope, message.channel_id).await?;
    let contact = message.to.clone().or_else(|| channel.map(|channel| channel.name));
    Ok(contact.map(|contact| Known { message, contact, owner, every }))
}

fn nowhere() -> Fault {
    Fault::new(
        "owner.link-leads-nowhere",
        "this link leads nowhere: it is not whole, not one of ours, or too old",
        "open the link in the newest message, press the button on the page of settings, or type `notafter owner acknowledge NAME`",
    )
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::LINK_LASTS;

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);
    const KEY: &[u8] = &[7; 32];

    #[test]
    fn a_link_reads_back_until_its_end_and_nothing_else_is_one() {
        let link = OwnerLink { delivery: DeliveryId::new(NOW, [2; 10]) };
        let path = path(link, KEY);
        let text = path.strip_prefix("/owner/").and_then(|rest| rest.strip_suffix("/acknowledge")).unwrap();
        let end = NOW + LINK_LASTS;
        assert_eq!(read(text, KEY, Time::from_micros(end.as_micros() - 1)), Some(link));
        assert_eq!(read(text, KEY, end), None, "its days are over");
        assert_eq!(read(text, &[8; 32], NOW), None, "another installation's");
        for (position, _) in text.char_indices() {
            let mut forged = text.as_bytes().to_vec();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(read(&String::from_utf8(forged).unwrap(), KEY, NOW), None, "letter {position}");
        }
        for text in ["", "AAAA", "not base64!", &text[1..], &format!("{text}AAAA")] {
            assert_eq!(read(text, KEY, NOW), None, "{text:?}");
        }
    }
}
