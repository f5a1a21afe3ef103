//! The link of a test message: whoever got it says that it arrived, without signing in and without typing its code. It is
//! signed as links about alerts are, over the message that carries it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_cert::Time;
use notafter_inventory::model::{
    Actor, Delivery, DeliveryId, DeliveryState, Message, Path, PathLink, Purpose,
};
use notafter_inventory::plan::alert as plan;
use notafter_inventory::plan::deliver;
use notafter_keys::{hmac_sha256_128, hmac_sha256_128_is};

use crate::access::{Peer, counted};
use crate::alert_link::{SECRET, Site};
use crate::context::Context;
use crate::operate::Fault;
use crate::operate::alert as operations;
use crate::signing_key;

/// A test message as it goes out: with its link, where a person is to answer and links lead somewhere.
///
/// # Errors
/// The store or the vault failed.
pub(crate) async fn carried(context: &Context, delivery: &Delivery) -> Result<Message, Fault> {
    let (Site::Elsewhere(site), true) = (Site::of(&context.settings), delivery.code.is_some()) else {
        return Ok(delivery.message.clone());
    };
    let key = signing_key::made(context, SECRET).await?;
    let link = format!("{site}{}", path(PathLink { delivery: delivery.id }, &key));
    Ok(plan::with_confirmation(&delivery.message, &link))
}

/// What it does stands last, as in links about alerts.
fn path(link: PathLink, key: &[u8]) -> String {
    let mut bytes = link.delivery.as_bytes().to_vec();
    bytes.extend_from_slice(&hmac_sha256_128(key, &link.signed()));
    format!("/alert/{}/confirm", URL_SAFE_NO_PAD.encode(bytes))
}

fn read(text: &str, key: &[u8], now: Time) -> Option<PathLink> {
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (delivery, code) = bytes.split_first_chunk::<16>()?;
    let link = PathLink { delivery: DeliveryId::from_bytes(*delivery) };
    (hmac_sha256_128_is(key, &link.signed(), code) && now < link.until()).then_some(link)
}

/// What the link of a test message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Whom the message went to.
    pub contact: String,
    /// The channel that carried it.
    pub channel: String,
    /// When it was written.
    pub written: Time,
    /// Until when the way counts as proved, where somebody confirmed this message.
    pub confirmed_until: Option<Time>,
    /// Until when it will, if that is now.
    pub until: Time,
}

/// Shows what the link is about. Looking confirms nothing: programs that preview links open them.
///
/// # Errors
/// It leads nowhere, which of the reasons is not said; too much was tried; or the store failed.
pub async fn look(context: &Context, text: &str, peer: &Peer) -> Result<Shown, Fault> {
    let message = follow(context, text, peer).await?;
    let (store, scope) = (&context.store, &context.scope);
    let channel = store.channel(scope, message.channel_id).await?.ok_or_else(nowhere)?;
    let proved = deliver::path_of(&store.paths(scope).await?, &message, message.owner_id).proved_at;
    let confirmed = proved.filter(|_| message.state == DeliveryState::Confirmed);
    Ok(Shown {
        contact: message.to.unwrap_or_else(|| channel.name.clone()),
        channel: channel.name,
        written: message.created_at,
        confirmed_until: confirmed.map(|at| at + Path::PROOF_HOLDS),
        until: context.clock.now() + Path::PROOF_HOLDS,
    })
}

/// The message arrived: its way is proved. Once more changes nothing.
///
/// # Errors
/// As [`look`].
pub async fn confirm(context: &Context, text: &str, peer: &Peer) -> Result<(), Fault> {
    let known = follow(context, text, peer).await?;
    let (store, scope) = (&context.store, &context.scope);
    let channel = store.channel(scope, known.channel_id).await?.ok_or_else(nowhere)?;
    let _telling = context.telling.lock().await;
    let message = store.delivery(scope, known.id).await?.ok_or_else(nowhere)?;
    if message.state == DeliveryState::Confirmed {
        return Ok(());
    }
    let by = Actor::Answer(message.to.clone().unwrap_or(channel.name));
    let now = context.clock.now();
    operations::confirm_message(context, &by, message, now).await.map(drop)
}

async fn follow(context: &Context, text: &str, peer: &Peer) -> Result<Delivery, Fault> {
    let found = find(context, text, context.clock.now());
    counted(context, (text, peer), found).await?.ok_or_else(nowhere)
}

async fn find(context: &Context, text: &str, now: Time) -> Result<Option<Delivery>, Fault> {
    let Some(key) = signing_key::known(context, SECRET).await? else { return Ok(None) };
    let Some(link) = read(text, &key, now) else { return Ok(None) };
    let message = context.store.delivery(&context.scope, link.delivery).await?;
    Ok(message.filter(|message| message.purpose == Purpose::Test && message.code.is_some()))
}

fn nowhere() -> Fault {
    Fault::new(
        "alert.link-leads-nowhere",
        "this link leads nowhere: it is not whole, not one of ours, or too old",
        "open the link in the newest test message, or let `notafter alert test` send another one",
    )
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);
    const KEY: &[u8] = &[7; 32];

    #[test]
    fn a_link_reads_back_until_its_end_and_nothing_else_is_one() {
        let link = PathLink { delivery: DeliveryId::new(NOW, [2; 10]) };
        let path = path(link, KEY);
        let text = path.strip_prefix("/alert/").and_then(|rest| rest.strip_suffix("/confirm")).unwrap();
        assert_eq!(read(text, KEY, NOW), Some(link));
        assert_eq!(read(text, &[8; 32], NOW), None, "signed by somebody else");
        assert_eq!(read(text, KEY, NOW + Path::ANSWER_WITHIN), None, "too old");
        assert_eq!(read(text, KEY, NOW + Path::ANSWER_WITHIN - Span::millis(1)), Some(link));
        for position in 0..text.len() {
            let mut other = text.to_owned();
            let letter = if &other[position..=position] == "A" { "B" } else { "A" };
            other.replace_range(position..=position, letter);
            assert_eq!(read(&other, KEY, NOW), None, "{other}");
        }
        for text in ["", "A", &text[1..], &format!("{text}A"), "../../etc/passwd"] {
            assert_eq!(read(text, KEY, NOW), None, "{text}");
        }
    }
}
