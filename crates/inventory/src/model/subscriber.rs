//! Who is told by mail of what the status page tells.

use notafter_cert::{Fingerprint, Span, Time};
use serde::{Deserialize, Serialize};

use super::SubscriberId;

/// A link that confirms leads somewhere for so long; an address that nobody confirmed is forgotten then.
pub const CONFIRMED_WITHIN: Span = Span::hours(24);
/// An address is asked to confirm at most this often.
const ASKED_EVERY: Span = Span::hours(1);
/// Mails in a row that an address may refuse for good before it is dropped.
const MOST_BOUNCES: u32 = 3;

/// An address that asked to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// Identity.
    pub id: SubscriberId,
    /// Its address, as it was typed.
    pub address: String,
    /// The components that it is told of, as the page's programs know them; all where there is none.
    pub components: Vec<String>,
    /// What it asked for last, which holds once that is confirmed.
    pub asked: Vec<String>,
    /// When it was last asked to confirm.
    pub asked_at: Time,
    /// When it confirmed; what was told before is not mailed.
    pub confirmed_at: Option<Time>,
    /// Mails in a row that it refused for good.
    pub bounces: u32,
}

/// An address as it is compared: programs that carry mail tell no letters apart by their case, however they might.
#[must_use]
pub fn address_hash(address: &str) -> Fingerprint {
    Fingerprint::of(address.to_lowercase().as_bytes())
}

impl Subscriber {
    /// Somebody who is new here.
    #[must_use]
    pub const fn new(id: SubscriberId, address: String, asked: Vec<String>, now: Time) -> Self {
        Self { id, address, components: Vec::new(), asked, asked_at: now, confirmed_at: None, bounces: 0 }
    }

    /// Asked once more; nothing where it was asked just now.
    #[must_use]
    pub fn asked_again(&self, asked: Vec<String>, now: Time) -> Option<Self> {
        let is_soon = now.since(self.asked_at) < ASKED_EVERY;
        (!is_soon).then(|| Self { asked, asked_at: now, ..self.clone() })
    }

    /// Until when its link confirms.
    #[must_use]
    pub fn confirms_until(&self) -> Time {
        self.asked_at + CONFIRMED_WITHIN
    }

    /// As it is once it confirmed what it asked for. To confirm the same again changes nothing.
    #[must_use]
    pub fn confirmed(&self, now: Time) -> Self {
        let confirmed_at = Some(self.confirmed_at.unwrap_or(now));
        Self { components: self.asked.clone(), confirmed_at, bounces: 0, ..self.clone() }
    }

    /// As it is after it refused a mail for good; nothing where it is to be dropped.
    #[must_use]
    pub fn bounced(&self) -> Option<Self> {
        let bounces = self.bounces + 1;
        let stays = self.confirmed_at.is_some() && bounces < MOST_BOUNCES;
        stays.then(|| Self { bounces, ..self.clone() })
    }
}

/// A mail to one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusMail {
    /// To whom.
    pub to: SubscriberId,
    /// What it tells; nothing where it asks to confirm.
    pub news: Option<String>,
    /// It was begun to be sent: where that is found later, nobody knows whether it arrived, and it is not sent again.
    pub is_begun: bool,
    /// When it is tried.
    pub due_at: Time,
    /// How often it was tried in vain.
    pub tries: u32,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribers {
    /// Who confirmed.
    pub confirmed: u64,
    /// Who did not yet.
    pub unconfirmed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn subscriber() -> Subscriber {
        Subscriber::new(
            SubscriberId::new(NOW, [1; 10]),
            "ada@example.org".to_owned(),
            vec!["a".to_owned()],
            NOW,
        )
    }

    #[test]
    fn an_address_is_asked_once_an_hour_and_keeps_what_it_confirmed_until_it_confirms_the_next() {
        let known = subscriber().confirmed(NOW + Span::minutes(5));
        assert_eq!(known.components, ["a"]);
        assert_eq!(known.asked_again(Vec::new(), NOW + Span::minutes(59)), None);
        let again = known.asked_again(vec!["b".to_owned()], NOW + Span::minutes(60)).unwrap();
        assert_eq!((&again.components[..], again.confirmed_at), (&["a".to_owned()][..], known.confirmed_at));
        assert_eq!(again.confirmed(NOW + Span::hours(2)).components, ["b"]);
        assert_eq!(again.confirms_until(), NOW + Span::hours(25));
    }

    #[test]
    fn an_address_that_refuses_three_mails_in_a_row_is_dropped() {
        assert_eq!(subscriber().bounced(), None, "nobody confirmed it");
        let once = subscriber().confirmed(NOW).bounced().unwrap();
        assert_eq!(once.bounced().unwrap().bounced(), None);
    }

    #[test]
    fn addresses_are_the_same_whatever_the_case_of_their_letters() {
        assert_eq!(address_hash("Ada@Example.org"), address_hash("ada@example.ORG"));
        assert_ne!(address_hash("ada@example.org"), address_hash("ada@example.com"));
    }
}
