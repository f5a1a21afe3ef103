//! Links in messages about alerts: made when a message is sent, and followed by whoever got it, without signing in.
//!
//! A link is signed (HMAC-SHA-256, cut to 128 bits) with a key that lies in the vault, over what it does, the alert, and the
//! message that carries it; the end follows from the message. What is kept is which links were used.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_cert::Time;
use notafter_inventory::model::{
    Acknowledgement, Actor, Alert, AlertId, AlertLink, AlertState, BusinessHours, Contact, Delivery,
    DeliveryId, Finding, LinkDoes, Message, Purpose, QuietFor, Severity, Silence, SilenceId, SilenceScope,
    SpentLink,
};
use notafter_inventory::plan::alert::{self as plan, Brief, Links};
use notafter_keys::{hmac_sha256_128, hmac_sha256_128_is};
use notafter_store::{Change, StoreError};
use url::{Host, Url};

use crate::access::{Peer, counted};
use crate::context::Context;
use crate::operate::Fault;
use crate::operate::alert::{self as operations, AcknowledgeArgs};
use crate::owner_link;
use crate::path_link;
use crate::settings::Settings;
use crate::signing_key;
use crate::tasks::alert;

/// The key's name in the vault. It is made when the first message needs it; no inventory file can name it.
pub(crate) const SECRET: &str = "alert-links";

/// As much of a note as anybody reads at 03:00.
const NOTE_CHARS: usize = 500;

/// Where the links of messages lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site<'a> {
    /// The setting `base_url` is missing: messages carry no links.
    Absent,
    /// It names this machine alone: a link would lead nowhere on a phone, and messages carry none.
    Loopback(&'a str),
    /// Somewhere; without a slash at the end.
    Elsewhere(&'a str),
}

impl<'a> Site<'a> {
    /// By the settings.
    #[must_use]
    pub fn of(settings: &'a Settings) -> Self {
        let Some(site) = settings.base_url.as_deref().map(|site| site.trim_end_matches('/')) else {
            return Self::Absent;
        };
        if is_of_this_machine(site) { Self::Loopback(site) } else { Self::Elsewhere(site) }
    }
}

/// Addresses and names that are another machine for everybody (RFC 6890, RFC 6761 section 6.3).
fn is_of_this_machine(site: &str) -> bool {
    let Ok(url) = Url::parse(site) else { return false };
    let here = |address: IpAddr| {
        let address = address.to_canonical();
        address.is_loopback() || address.is_unspecified()
    };
    match url.host() {
        Some(Host::Ipv4(address)) => here(address.into()),
        Some(Host::Ipv6(address)) => here(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// A message as it goes out: with links for each alert that is there to be taken, where they lead somewhere.
///
/// # Errors
/// The store or the vault failed.
pub async fn carried(context: &Context, delivery: &Delivery) -> Result<Message, Fault> {
    if delivery.purpose == Purpose::Test {
        return path_link::carried(context, delivery).await;
    }
    if delivery.purpose == Purpose::Ownership {
        return owner_link::carried(context, delivery).await;
    }
    let alerts = plan::linkable(&delivery.message);
    let (Site::Elsewhere(site), false) = (Site::of(&context.settings), alerts.is_empty()) else {
        return Ok(delivery.message.clone());
    };
    let key = signing_key::made(context, SECRET).await?;
    let links: Vec<(AlertId, Links)> = alerts
        .into_iter()
        .map(|alert| {
            let at = |does: LinkDoes| {
                let link = AlertLink { does, alert, delivery: delivery.id };
                format!("{site}{}", path(link, &key))
            };
            (alert, Links { acknowledge: at(LinkDoes::Acknowledge), silence: at(LinkDoes::Silence) })
        })
        .collect();
    Ok(plan::with_links(&delivery.message, &links))
}

/// What it does stands last: base64url may end in a letter that mail programs take for the end of a sentence.
fn path(link: AlertLink, key: &[u8]) -> String {
    let mut bytes = link.alert.as_bytes().to_vec();
    bytes.extend_from_slice(link.delivery.as_bytes());
    bytes.extend_from_slice(&hmac_sha256_128(key, &link.signed()));
    format!("/alert/{}/{}", URL_SAFE_NO_PAD.encode(bytes), link.does.name())
}

/// A link of ours that still leads somewhere by itself.
fn read(does: LinkDoes, text: &str, key: &[u8], now: Time) -> Option<AlertLink> {
    let bytes: [u8; 48] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (alert, rest) = bytes.split_first_chunk::<16>()?;
    let (delivery, code) = rest.split_first_chunk::<16>()?;
    let link =
        AlertLink { does, alert: AlertId::from_bytes(*alert), delivery: DeliveryId::from_bytes(*delivery) };
    (hmac_sha256_128_is(key, &link.signed(), code) && now < link.until()).then_some(link)
}

/// What a link is about, for whoever follows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The alert.
    pub alert: AlertId,
    /// In a few words.
    pub brief: Brief,
    /// How bad it is.
    pub severity: Severity,
    /// When it began.
    pub since: Time,
    /// Since when it is over.
    pub over: Option<Time>,
    /// Somebody took it.
    pub taken: Option<Acknowledgement>,
    /// Until when all of it is silenced.
    pub silenced_until: Option<Time>,
    /// Whose link it is.
    pub contact: String,
    /// The link was used.
    pub spent: Option<SpentLink>,
    /// When its owner works.
    pub hours: BusinessHours,
}

/// A link that is one, with what it is about.
struct Known {
    link: AlertLink,
    alert: Alert,
    contact: String,
}

impl Known {
    fn actor(&self) -> Actor {
        Actor::Link { contact: self.contact.clone(), alert: self.alert.id }
    }

    fn spent(&self, now: Time) -> SpentLink {
        SpentLink { link: self.link, by: self.actor(), at: now, until: self.link.until() }
    }
}

/// Shows what a link is about. Looking does not use it up: programs that preview links open them.
///
/// # Errors
/// It leads nowhere, which of the reasons is not said; too much was tried; or the store failed.
pub async fn look(context: &Context, does: LinkDoes, text: &str, peer: &Peer) -> Result<Shown, Fault> {
    let Known { link, alert, contact } = follow(context, does, text, peer).await?;
    let (store, scope, now) = (&context.store, &context.scope, context.clock.now());
    let mut findings: Vec<Finding> = Vec::new();
    for id in &alert.findings {
        findings.extend(store.finding(scope, *id).await?);
    }
    let background = alert::gather(context, &findings, &store.channels(scope).await?).await?;
    let owner = store.owner(scope, alert.owner_id).await?.ok_or_else(nowhere)?;
    let silences = store.silences_after(scope, now).await?;
    let children = plan::children(&alert, &findings);
    let (silenced_until, _) = operations::silenced(&children, &alert, &silences, now);
    Ok(Shown {
        brief: plan::brief(&alert, &findings, &background, &owner, now),
        alert: alert.id,
        severity: alert.severity,
        since: alert.opened_at,
        over: alert.closed_at,
        silenced_until,
        contact,
        spent: store.spent_link(scope, link).await?,
        hours: owner.hours,
        taken: alert.acknowledged,
    })
}

/// Takes the alert of a link, which is used up by it.
///
/// # Errors
/// It leads nowhere, was used, or the alert is over; too much was tried; or the store failed.
pub async fn acknowledge(context: &Context, text: &str, note: &str, peer: &Peer) -> Result<(), Fault> {
    let known = unspent(context, LinkDoes::Acknowledge, text, peer).await?;
    let args = AcknowledgeArgs { id: known.alert.id, note: noted(note) };
    let spent = known.spent(context.clock.now());
    match operations::take(context, &known.actor(), args, Some(spent)).await {
        Err(fault) if fault.code == "store.overtaken" => Err(used(context, &known).await?),
        outcome => outcome.map(drop),
    }
}

/// Silences what is behind the alert of a link for a while, for its owner. The link is used up by it.
///
/// # Errors
/// As [`acknowledge`]; or there is no reason, which the next person will ask for.
pub async fn silence(
    context: &Context,
    text: &str,
    (quiet, why): (QuietFor, &str),
    peer: &Peer,
) -> Result<(), Fault> {
    let known = unspent(context, LinkDoes::Silence, text, peer).await?;
    let why = noted(why).ok_or_else(|| {
        Fault::new(
            "alert.silence-refused",
            "a silence needs a reason, and nothing was silenced",
            "go back and write a few words: the next person will ask",
        )
    })?;
    if !QuietFor::BY_LINK.contains(&quiet) {
        let hint = "choose one of those on the page, or sign in to silence it for longer";
        let what = "a link silences nothing for that long, and nothing was silenced";
        return Err(Fault::new("alert.silence-refused", what, hint));
    }
    if known.alert.state == AlertState::Closed {
        let what = format!("{} is over already", known.alert.id);
        return Err(Fault::new("alert.over", what, "there is nothing to silence any more"));
    }
    let now = context.clock.now();
    let owner = context.store.owner(&context.scope, known.alert.owner_id).await?.ok_or_else(nowhere)?;
    let until = quiet.until(owner.hours, now);
    match self::quiet(context, &known.alert, known.spent(now), (until, &why)).await {
        Err(StoreError::Overtaken(_)) => Err(used(context, &known).await?),
        outcome => Ok(outcome?),
    }
}

/// Silences what is behind an alert, for its owner, by a message that is used up by it.
pub(crate) async fn quiet(
    context: &Context,
    alert: &Alert,
    spent: SpentLink,
    (until, why): (Time, &str),
) -> Result<(), StoreError> {
    let (now, by) = (context.clock.now(), spent.by.clone());
    let silence = Silence {
        id: SilenceId::new(now, context.random()),
        scope: SilenceScope { code: None, subject: Some(alert.root.clone()), owner: Some(alert.owner_id) },
        from: now,
        until,
        why: why.to_owned(),
        by: by.clone(),
    };
    let mut changes = vec![Change::PutSilence(silence), Change::SpendLink(spent)];
    changes.extend(operations::wake_all(context, now).await?);
    context.apply(None, &by, &changes).await
}

/// A note that says something.
pub(crate) fn noted(text: &str) -> Option<String> {
    let plain = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let note: String = plain.take(NOTE_CHARS).collect();
    (!note.is_empty()).then_some(note)
}

async fn unspent(context: &Context, does: LinkDoes, text: &str, peer: &Peer) -> Result<Known, Fault> {
    let known = follow(context, does, text, peer).await?;
    match context.store.spent_link(&context.scope, known.link).await? {
        Some(spent) => Err(used_by(&known, spent.at)),
        None => Ok(known),
    }
}

/// Somebody else was quicker, with the same link.
async fn used(context: &Context, known: &Known) -> Result<Fault, Fault> {
    let spent = context.store.spent_link(&context.scope, known.link).await?;
    Ok(used_by(known, spent.map_or_else(|| context.clock.now(), |spent| spent.at)))
}

fn used_by(known: &Known, at: Time) -> Fault {
    let did = match known.link.does {
        LinkDoes::Acknowledge => "took the alert",
        LinkDoes::Silence => "silenced the alert",
    };
    Fault::new(
        "alert.link-spent",
        format!("{} {did} with this link at {}, and nothing was done again", known.contact, at.for_people()),
        "a link does its one thing once; the newest message has another one, and so have the pages and `notafter alert`",
    )
}

/// Finds out whose link it is. Every attempt at one that leads nowhere is counted, by address; nothing tells why it does.
async fn follow(context: &Context, does: LinkDoes, text: &str, peer: &Peer) -> Result<Known, Fault> {
    let now = context.clock.now();
    let found = find(context, does, text, now);
    counted(context, (text, peer), found).await?.ok_or_else(nowhere)
}

async fn find(context: &Context, does: LinkDoes, text: &str, now: Time) -> Result<Option<Known>, Fault> {
    let Some(key) = signing_key::known(context, SECRET).await? else { return Ok(None) };
    let Some(link) = read(does, text, &key, now) else { return Ok(None) };
    let Some(alert) = context.store.alert(&context.scope, link.alert).await? else { return Ok(None) };
    let told = alert.told.iter().find(|told| told.delivery_id == link.delivery);
    let contact = told.map(|told| named(&told.contact));
    Ok(contact.map(|contact| Known { link, alert, contact }))
}

/// Whom the message went to.
fn named(contact: &Contact) -> String {
    contact.to.clone().unwrap_or_else(|| contact.channel.clone())
}

fn nowhere() -> Fault {
    Fault::new(
        "alert.link-leads-nowhere",
        "this link leads nowhere: it is not whole, not one of ours, or too old",
        "open the link in the newest message about the alert, or sign in and look at the alerts",
    )
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::LINK_LASTS;

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);
    const KEY: &[u8] = &[7; 32];

    #[test]
    fn addresses_of_this_machine_are_told_from_others() {
        for (base_url, here) in [
            ("http://127.0.0.1:8400", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:8400/", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://0.0.0.0:8400", true),
            ("https://localhost", true),
            ("https://LOCALHOST.:8443", true),
            ("https://na.localhost", true),
            ("https://notafter.example.org/", false),
            ("https://localhost.example.org", false),
            ("http://192.0.2.7:8400", false),
            ("http://[2001:db8::7]", false),
        ] {
            let settings = Settings { base_url: Some(base_url.to_owned()), ..Settings::default() };
            let site = base_url.trim_end_matches('/');
            let expected = if here { Site::Loopback(site) } else { Site::Elsewhere(site) };
            assert_eq!(Site::of(&settings), expected);
        }
        assert_eq!(Site::of(&Settings::default()), Site::Absent);
    }

    #[test]
    fn a_link_reads_back_for_what_it_does_until_its_end_and_nothing_else_is_one() {
        let link = AlertLink {
            does: LinkDoes::Acknowledge,
            alert: AlertId::new(NOW, [1; 10]),
            delivery: DeliveryId::new(NOW, [2; 10]),
        };
        let path = path(link, KEY);
        let text = path.strip_prefix("/alert/").and_then(|rest| rest.strip_suffix("/acknowledge")).unwrap();
        let ours = |does, text: &str, key: &[u8], now| read(does, text, key, now);
        let end = NOW + LINK_LASTS;
        assert_eq!(ours(LinkDoes::Acknowledge, text, KEY, NOW), Some(link));
        assert_eq!(
            ours(LinkDoes::Acknowledge, text, KEY, Time::from_micros(end.as_micros() - 1)),
            Some(link)
        );
        assert_eq!(ours(LinkDoes::Acknowledge, text, KEY, end), None, "its days are over");
        assert_eq!(ours(LinkDoes::Silence, text, KEY, NOW), None, "the other one");
        assert_eq!(ours(LinkDoes::Acknowledge, text, &[8; 32], NOW), None, "another installation's");
        for (position, _) in text.char_indices() {
            let mut forged = text.as_bytes().to_vec();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(ours(LinkDoes::Acknowledge, &forged, KEY, NOW), None, "letter {position}");
        }
        for text in ["", "AAAA", "not base64!", &text[1..], &text[..63], &format!("{text}AAAA")] {
            assert_eq!(ours(LinkDoes::Acknowledge, text, KEY, NOW), None, "{text:?}");
        }
    }
}
