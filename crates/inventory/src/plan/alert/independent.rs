//! Which ways to people share no fate: whether what breaks one may break the other, by what the inventory says of both.

use std::collections::BTreeSet;
use std::net::IpAddr;

use notafter_cert::Time;
use serde_json::Value;

use super::{State, channel_of, path_of};
use crate::model::{Channel, ChannelKind, Contact, Owner, Recipient, Rung};

/// Whether nothing that the inventory names carries messages to both of them: another kind of channel, or the same kind
/// through other hosts, and no mailbox at the same domain. Where the same kind does not say through whom, it is through the
/// same: two channels of one chat are one way.
#[must_use]
pub fn independent(one: &Contact, other: &Contact, channels: &[Channel], kinds: &[&ChannelKind]) -> bool {
    let (Some(first), Some(second)) = (channel_of(channels, one), channel_of(channels, other)) else {
        return false;
    };
    let (here, there) = (through(first, one, kinds), through(second, other, kinds));
    let known = !here.is_empty() && !there.is_empty();
    here.is_disjoint(&there) && (first.kind != second.kind || known)
}

/// What a message passes on its way, as far as it is named. This machine is none of it: every way begins here.
fn through(channel: &Channel, contact: &Contact, kinds: &[&ChannelKind]) -> BTreeSet<String> {
    let Some(kind) = kinds.iter().find(|kind| kind.name == channel.kind) else { return BTreeSet::new() };
    let settings = kind.through.iter().filter_map(|key| channel.settings.get(*key));
    let texts = settings.flat_map(|value| match value {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    });
    let mut names: BTreeSet<String> = texts.filter_map(named).collect();
    if let (Recipient::Mailbox(_), Some((_, domain))) =
        (kind.to, contact.to.as_deref().and_then(|to| to.rsplit_once('@')))
    {
        names.insert(format!("@{}", plain(domain)));
    }
    names
}

/// The host of an address, or the text itself; nothing where it is a reference into the vault, or this machine.
fn named(text: &str) -> Option<String> {
    if crate::model::is_reference(text) {
        return None;
    }
    let Some((_, rest)) = text.split_once("://") else { return elsewhere(text) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
        Some((address, _)) => elsewhere(address),
        None => elsewhere(place.split_once(':').map_or(place, |(host, _)| host)),
    }
}

fn elsewhere(host: &str) -> Option<String> {
    let host = plain(host);
    let here = match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    };
    (!here && !host.is_empty()).then_some(host)
}

fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Who hears beside those who were told, on a way that shares no fate with one of theirs; nobody where two of theirs do not.
/// A way that is down or silent counts for nothing. Of the ways that are left, the first of these:
///
/// 1. another way to somebody who was told, by the same address on another channel, while on duty;
/// 2. whoever else is on duty, in the order of the ladder, which ends with the default owner;
/// 3. whoever is on duty soonest: better somebody is told who is not on duty than that news has one way only.
pub(super) fn second(told: &[Contact], ladder: &[&Rung], state: &State<'_>, now: Time) -> Option<Contact> {
    let works = |contact: &Contact| {
        let path = path_of(state.channels, state.paths, contact);
        path.is_none_or(|path| !path.is_down() && path.silent_since(now).is_none())
    };
    let everybody: Vec<Contact> = ladder.iter().flat_map(|rung| rung.everybody()).collect();
    let hear: Vec<&Contact> =
        told.iter().filter(|contact| everybody.contains(contact) && works(contact)).collect();
    let apart = |one: &Contact, other: &Contact| independent(one, other, state.channels, state.kinds);
    if hear.iter().any(|one| hear.iter().any(|other| apart(one, other))) {
        return None;
    }
    let fits = |contact: &Contact| {
        !told.contains(contact) && works(contact) && hear.iter().any(|known| apart(known, contact))
    };
    let on_duty: Vec<Contact> = ladder.iter().filter_map(|rung| rung.on_duty(now)).filter(fits).collect();
    let is_known = |contact: &&Contact| contact.to.is_some() && hear.iter().any(|one| one.to == contact.to);
    let soonest = || {
        let later = ladder.iter().filter_map(|rung| rung.next_on_duty(now, fits));
        later.min_by_key(|(from, _)| *from).map(|(_, contact)| contact)
    };
    let found = on_duty.iter().find(is_known).or(on_duty.first()).cloned();
    found.or_else(soonest).or_else(|| everybody.iter().find(|contact| fits(contact)).cloned())
}

/// The owners who would hear of a critical alert on one way alone, together with whoever stands behind them; those whom
/// nobody can tell at all are none of them.
#[must_use]
pub fn told_one_way<'a>(
    owners: &'a [Owner],
    last: Option<&Owner>,
    channels: &[Channel],
    kinds: &[&ChannelKind],
) -> Vec<&'a Owner> {
    let one_way = |owner: &&Owner| {
        let behind = last.iter().flat_map(|last| last.everybody());
        let ladder: Vec<Contact> = owner
            .everybody()
            .into_iter()
            .chain(behind)
            .filter(|contact| channel_of(channels, contact).is_some())
            .collect();
        let apart = |one: &Contact| ladder.iter().any(|other| independent(one, other, channels, kinds));
        !ladder.is_empty() && !ladder.iter().any(apart)
    };
    owners.iter().filter(one_way).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ChannelId;
    use crate::model::channel::stage::WITH_PAGER;

    static MAILBOXES: ChannelKind = ChannelKind {
        name: "mailbox",
        title: "",
        receipt: "",
        proof: crate::model::Proof::Code,
        hears_who_took_it: false,
        to: Recipient::Mailbox(|_| Ok(())),
        through: &["host"],
        settings: &[],
        check: ChannelKind::unchecked,
    };

    fn channel(name: &str, kind: &str, settings: Value) -> Channel {
        Channel {
            id: ChannelId::from_bytes([3; 16]),
            name: name.to_owned(),
            kind: kind.to_owned(),
            settings: serde_json::from_value(settings).unwrap(),
        }
    }

    /// Whether a way over the first and one over the second channel are two.
    fn two(one: (&str, Value), other: (&str, Value)) -> bool {
        two_to((one.0, one.1, None), (other.0, other.1, None))
    }

    fn two_to(one: (&str, Value, Option<&str>), other: (&str, Value, Option<&str>)) -> bool {
        let channels = [channel("one", one.0, one.1), channel("other", other.0, other.1)];
        let contact =
            |name: &str, to: Option<&str>| Contact { channel: name.to_owned(), to: to.map(str::to_owned) };
        let mut kinds = WITH_PAGER.to_vec();
        kinds.push(&MAILBOXES);
        let (one, other) = (contact("one", one.2), contact("other", other.2));
        let apart = independent(&one, &other, &channels, &kinds);
        assert_eq!(apart, independent(&other, &one, &channels, &kinds), "it is so both ways");
        apart
    }

    #[test]
    fn two_kinds_are_two_ways_and_one_kind_is_where_it_goes_through_others() {
        let mail = |host: &str| ("smtp", json!({ "host": host }));
        let hook = |url: &str| ("webhook", json!({ "url": url }));
        assert!(two(mail("mail.example.org"), hook("https://pager.example.org/hooks")));
        assert!(two(mail("mail.example.org"), mail("mail.example.net")));
        assert!(!two(mail("mail.example.org"), mail("MAIL.example.org.")), "one server");
        assert!(!two(hook("https://a.example/1"), hook("https://u@a.example:8443/2?x")), "one host");
        assert!(!two(mail("box.example"), hook("http://box.example:81/sms")), "two kinds on one host");
        assert!(!two(hook("http://[2001:db8::1]:80/"), hook("http://[2001:db8::1]/x")));
    }

    #[test]
    fn what_is_not_said_is_taken_for_the_same_within_a_kind() {
        let secret = || ("webhook", json!({ "url": "file:/etc/notafter/hook.url" }));
        assert!(!two(secret(), secret()));
        assert!(!two(secret(), ("webhook", json!({ "url": "https://a.example/" }))));
        assert!(two(secret(), ("smtp", json!({ "host": "mail.example.org" }))));
        assert!(!two(("pager", json!({})), ("pager", json!({}))), "one product");
        assert!(!two(("gone", json!({})), ("gone", json!({}))), "a kind that nobody knows");
    }

    #[test]
    fn this_machine_is_on_every_way() {
        let local = |port: u16| ("webhook", json!({ "url": format!("http://127.0.0.1:{port}/") }));
        assert!(two(("smtp", json!({ "host": "localhost" })), local(81)), "two programs");
        assert!(!two(local(81), local(82)), "of one kind, nobody knows what is behind them");
    }

    /// Two servers that carry to one mailbox end at the same one.
    #[test]
    fn two_mail_servers_that_carry_to_one_domain_are_one_way() {
        let to = |host: &str, to: &'static str| ("mailbox", json!({ "host": host }), Some(to));
        assert!(!two_to(to("a.example", "ada@example.org"), to("b.example", "bob@EXAMPLE.org")));
        assert!(two_to(to("a.example", "ada@example.org"), to("b.example", "ada@example.net")));
        assert!(!two_to(to("a.example", "ada@example.org"), to("a.example", "ada@example.net")));
    }
}
