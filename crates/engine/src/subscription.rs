//! Who is told by mail what the status page tells: asked for on a form that anybody may send, confirmed by a link in a mail, and
//! ended by another one that each mail carries.
//!
//! A link is signed (HMAC-SHA-256, cut to 128 bits) with a key that lies in the vault, over what it does and whom it is for; one
//! that confirms, over the instant at which it was asked for, too. Whether an address is known is nowhere said.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Channel, StatusMail, Subject, Subscriber, SubscriberId};
use notafter_keys::{hmac_sha256_128, hmac_sha256_128_is};
use notafter_providers::notify;
use notafter_store::{Change, StoreError, Subscription, TaskSubject};
use serde_json::json;

use crate::access::{Peer, counted};
use crate::context::Context;
use crate::operate::Fault;
use crate::settings::Settings;
use crate::signing_key;
use crate::tasks::mailing;

/// The key's name in the vault. It is made when the first link is; no inventory file can name it.
const SECRET: &str = "status-mail";

/// Mails that ask to confirm, within an hour: from one source, and in all.
const FROM_ONE: u32 = 10;
const IN_ALL: u32 = 200;
const WINDOW: Span = Span::hours(1);
/// More components than anybody chooses.
const MOST_COMPONENTS: usize = 1_000;

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Confirms that whoever has the address wants the mails.
    Confirm,
    /// Ends them.
    Leave,
}

impl Does {
    /// As it stands in a link.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Leave => "leave",
        }
    }
}

/// Counts what is asked for, so that nobody has us write to thousands who never asked.
#[derive(Debug, Default)]
pub struct Counted(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    since: Option<Time>,
    in_all: u32,
    by_source: HashMap<IpAddr, u32>,
}

impl Counted {
    /// Counts one more; nothing where that is too much. Where no source is known only all together are counted.
    fn one_more(&self, source: Option<IpAddr>, now: Time) -> Option<()> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |since: Time| now.since(since).is_negative() || now.since(since) >= WINDOW;
        if window.since.is_none_or(is_over) {
            *window = Window { since: Some(now), ..Window::default() };
        }
        if window.in_all >= IN_ALL {
            return None;
        }
        if let Some(source) = source {
            let many = window.by_source.entry(source).or_default();
            if *many >= FROM_ONE {
                return None;
            }
            *many += 1;
        }
        window.in_all += 1;
        Some(())
    }
}

/// Where the links of mails lead, without a slash at the end; nothing where no setting says so.
#[must_use]
pub fn site(settings: &Settings) -> Option<&str> {
    let url = settings.status_url.as_deref().or(settings.base_url.as_deref());
    url.map(|url| url.trim_end_matches('/'))
}

/// The channel that carries the mails; nothing where none is set, or where what is set is no channel of mail.
///
/// # Errors
/// The store failed.
pub async fn channel(context: &Context) -> Result<Option<Channel>, Fault> {
    let (Some(name), Some(_)) = (&context.settings.status_mail, site(&context.settings)) else {
        return Ok(None);
    };
    let channels = context.store.channels(&context.scope).await?;
    Ok(channels.into_iter().find(|channel| channel.name == *name && notify::carries(&channel.kind)))
}

/// Asks for mails about these components, or all where none is named. What comes of it is the same to whoever asks, whether the
/// address is known or not.
///
/// # Errors
/// It is no address; too much was asked for; nobody carries mails here; or the store failed.
pub async fn ask(
    context: &Context,
    address: &str,
    components: Vec<String>,
    peer: &Peer,
) -> Result<(), Fault> {
    if channel(context).await?.is_none() {
        let hint = "follow its feed instead, or ask again later";
        return Err(Fault::new("status-page.no-mail", "this status page sends no mails", hint));
    }
    let address = address.trim();
    if !notify::is_mailbox(address) {
        let hint = "go back, and type it alone, such as ada@example.org";
        return Err(Fault::new("status-page.no-address", "that is no address of mail", hint));
    }
    let now = context.clock.now();
    context.subscriptions.one_more(peer.source(), now).ok_or_else(too_many)?;
    let mut components = components;
    components.truncate(MOST_COMPONENTS);
    let known = context.store.subscriber_at(&context.scope, address).await?;
    let asked = match known {
        Some(known) => known.asked_again(components, now),
        None => Some(Subscriber::new(context.new_id(), address.to_owned(), components, now)),
    };
    let Some(asked) = asked else { return Ok(()) };
    let mail = StatusMail { to: asked.id, news: None, is_begun: false, due_at: now, tries: 0 };
    let changes = [
        Subscription::Put(asked).into(),
        Subscription::PutMail(mail).into(),
        Change::Schedule { task: mailing::KIND, subject: TaskSubject::ONLY, due_at: now },
    ];
    match context.apply(None, &Actor::Engine, &changes).await {
        // Two asked with one address at the same moment: one of them is mailed.
        Ok(()) | Err(StoreError::Duplicate(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whom a link is for. Looking does nothing: programs that preview links open them.
///
/// # Errors
/// It leads nowhere, which of the reasons is not said; too much was tried; or the store failed.
pub async fn look(context: &Context, does: Does, link: &str, peer: &Peer) -> Result<Subscriber, Fault> {
    let found = find(context, does, link, context.clock.now());
    counted(context, (link, peer), found).await?.ok_or_else(nowhere)
}

/// Begins, or changes, what somebody is told.
///
/// # Errors
/// As [`look`].
pub async fn confirm(context: &Context, link: &str, peer: &Peer) -> Result<(), Fault> {
    let known = look(context, Does::Confirm, link, peer).await?;
    let confirmed = known.confirmed(context.clock.now());
    if confirmed == known {
        return Ok(());
    }
    let changes = [
        event("confirmed", known.id),
        Subscription::Update(confirmed).into(),
        Change::Schedule { task: mailing::KIND, subject: TaskSubject::ONLY, due_at: context.clock.now() },
    ];
    Ok(context.apply(None, &Actor::Engine, &changes).await?)
}

/// Ends the mails to somebody, and forgets the address.
///
/// # Errors
/// As [`look`].
pub async fn leave(context: &Context, link: &str, peer: &Peer) -> Result<(), Fault> {
    let known = look(context, Does::Leave, link, peer).await?;
    let changes = [event("left", known.id), Subscription::Remove(known.id).into()];
    Ok(context.apply(None, &Actor::Engine, &changes).await?)
}

/// What the log has of somebody: no address.
pub(crate) fn event(verb: &str, id: SubscriberId) -> Change {
    Change::Event {
        kind: format!("notafter.subscriber.{verb}.v1"),
        subject: Subject::Installation,
        data: json!({ "subscriber": id }),
    }
}

/// Where somebody confirms, or leaves.
///
/// # Errors
/// The store or the vault failed.
pub(crate) async fn link(context: &Context, does: Does, of: &Subscriber) -> Result<String, Fault> {
    let key = signing_key::made(context, SECRET).await?;
    let site = site(&context.settings).unwrap_or_default();
    Ok(format!("{site}{}", path(does, of, &key)))
}

fn path(does: Does, of: &Subscriber, key: &[u8]) -> String {
    let mut bytes = of.id.as_bytes().to_vec();
    bytes.extend_from_slice(&hmac_sha256_128(key, &signed(does, of)));
    format!("/status/subscriptions/{}/{}", URL_SAFE_NO_PAD.encode(bytes), does.name())
}

fn signed(does: Does, of: &Subscriber) -> Vec<u8> {
    let mut bytes = format!("notafter status mail\0{}\0", does.name()).into_bytes();
    bytes.extend_from_slice(of.id.as_bytes());
    if does == Does::Confirm {
        bytes.extend_from_slice(&of.asked_at.as_micros().to_be_bytes());
    }
    bytes
}

async fn find(context: &Context, does: Does, link: &str, now: Time) -> Result<Option<Subscriber>, Fault> {
    let bytes = URL_SAFE_NO_PAD.decode(link).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let (Some(bytes), Some(key)) = (bytes, signing_key::known(context, SECRET).await?) else {
        return Ok(None);
    };
    let Some((id, code)) = bytes.split_first_chunk::<16>() else { return Ok(None) };
    let known = context.store.subscriber(&context.scope, SubscriberId::from_bytes(*id)).await?;
    Ok(known.filter(|known| is_good(does, known, (&key, code), now)))
}

fn is_good(does: Does, of: &Subscriber, (key, code): (&[u8], &[u8]), now: Time) -> bool {
    let is_in_time = does == Does::Leave || now < of.confirms_until();
    hmac_sha256_128_is(key, &signed(does, of), code) && is_in_time
}

fn nowhere() -> Fault {
    Fault::new(
        "status-page.link-leads-nowhere",
        "this link leads nowhere: it is not whole, not one of ours, too old, or its address is on the list no more",
        "open the link in the newest mail, or ask for mails anew on the status page",
    )
}

fn too_many() -> Fault {
    Fault::new(
        "access.too-many-attempts",
        "too much was asked for from here, or in all",
        "try again in an hour, or follow the status page's feed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);
    const KEY: &[u8] = &[7; 32];

    fn subscriber() -> Subscriber {
        Subscriber::new(SubscriberId::new(NOW, [1; 10]), "ada@example.org".to_owned(), Vec::new(), NOW)
    }

    #[test]
    fn a_link_is_good_for_what_it_does_and_whom_it_is_for_and_confirms_for_a_day() {
        let ada = subscriber();
        let code = |does, of: &Subscriber| hmac_sha256_128(KEY, &signed(does, of));
        let good = |does, code: &[u8], now| is_good(does, &ada, (KEY, code), now);
        let confirm = code(Does::Confirm, &ada);
        let day = NOW + Span::hours(24);
        assert!(good(Does::Confirm, &confirm, NOW));
        assert!(good(Does::Confirm, &confirm, Time::from_micros(day.as_micros() - 1)));
        assert!(!good(Does::Confirm, &confirm, day), "its day is over");
        assert!(!good(Does::Leave, &confirm, NOW), "the other one");
        assert!(good(Does::Leave, &code(Does::Leave, &ada), NOW + Span::days(900)));
        assert!(!is_good(Does::Confirm, &ada, (&[8; 32], &confirm), NOW), "another installation's");
        let again = Subscriber { asked_at: NOW + Span::hours(2), ..subscriber() };
        assert!(!is_good(Does::Confirm, &again, (KEY, &confirm), NOW + Span::hours(2)), "the older one");
        let bob = Subscriber { id: SubscriberId::new(NOW, [2; 10]), ..subscriber() };
        assert!(!is_good(Does::Leave, &bob, (KEY, &code(Does::Leave, &ada)), NOW), "somebody else's");
        let mut forged = confirm;
        forged[0] ^= 1;
        assert!(!good(Does::Confirm, &forged, NOW));
        assert!(path(Does::Leave, &ada, KEY).ends_with("/leave"));
    }

    #[test]
    fn so_much_is_asked_for_from_one_source_and_in_all_within_an_hour() {
        let counted = Counted::default();
        let source = |number: u8| Some(IpAddr::from([192, 0, 2, number]));
        for _ in 0..FROM_ONE {
            assert_eq!(counted.one_more(source(1), NOW), Some(()));
        }
        assert_eq!(counted.one_more(source(1), NOW), None);
        assert_eq!(counted.one_more(source(2), NOW), Some(()));
        assert_eq!(counted.one_more(source(1), NOW + WINDOW), Some(()), "an hour later");
        let taken = (0..IN_ALL * 2).filter(|_| counted.one_more(None, NOW + WINDOW).is_some()).count();
        assert_eq!(taken, usize::try_from(IN_ALL).unwrap() - 1, "behind a proxy, all together are counted");
    }
}
