//! Links in messages: whoever got one takes an alert, or silences it, without signing in.

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::{Actor, AlertId, BusinessHours, DeliveryId, Path};

/// A link leads nowhere so long after its message was written; whoever still has to act has had a newer one by then, because
/// an alert that nobody took is told again each day.
pub const LINK_LASTS: Span = Span::days(14);

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkDoes {
    /// Takes the alert: it does not climb further and does not remind, until it gets worse.
    Acknowledge,
    /// Silences what is behind the alert for a while.
    Silence,
}

impl LinkDoes {
    /// As it stands in the link.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Silence => "silence",
        }
    }
}

/// What a link says: it does one thing, to one alert, for whoever got one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AlertLink {
    /// What it does.
    pub does: LinkDoes,
    /// To which alert.
    pub alert: AlertId,
    /// The message that carries it, which knows the contact.
    pub delivery: DeliveryId,
}

/// What stands before what is signed of a link about an alert, so that it is taken for nothing else, and for nothing of
/// another version.
const SIGNED_AS: &[u8] = b"notafter alert link 1\0";

impl AlertLink {
    /// From when on it leads nowhere.
    #[must_use]
    pub const fn until(&self) -> Time {
        Time::from_micros(self.delivery.made_at().as_micros() + LINK_LASTS.as_micros())
    }

    /// The bytes that are signed: each part has one length, so that no two links have the same. The end is among them: it
    /// follows from the identity of the message, which begins with the instant of its writing.
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        let does = match self.does {
            LinkDoes::Acknowledge => 1,
            LinkDoes::Silence => 2,
        };
        let mut signed = SIGNED_AS.to_vec();
        signed.push(does);
        signed.extend_from_slice(self.alert.as_bytes());
        signed.extend_from_slice(self.delivery.as_bytes());
        signed
    }
}

/// A link of a test message: it says that the message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathLink {
    /// The message that carries it.
    pub delivery: DeliveryId,
}

/// What stands before what is signed of such a link: the same key signs links about alerts, and neither is the other.
const PATH_SIGNED_AS: &[u8] = b"notafter path link 1\0";

impl PathLink {
    /// From when on it leads nowhere.
    #[must_use]
    pub const fn until(&self) -> Time {
        Time::from_micros(self.delivery.made_at().as_micros() + Path::ANSWER_WITHIN.as_micros())
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        [PATH_SIGNED_AS, self.delivery.as_bytes()].concat()
    }
}

/// A link of a message that asks an owner: it says that the owner still answers for what it owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnerLink {
    /// The message that carries it.
    pub delivery: DeliveryId,
}

/// What stands before what is signed of such a link.
const OWNER_SIGNED_AS: &[u8] = b"notafter owner link 1\0";

impl OwnerLink {
    /// From when on it leads nowhere: what asks later is another message, or a finding.
    #[must_use]
    pub const fn until(&self) -> Time {
        Time::from_micros(self.delivery.made_at().as_micros() + LINK_LASTS.as_micros())
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        [OWNER_SIGNED_AS, self.delivery.as_bytes()].concat()
    }
}

/// A link that did its one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpentLink {
    /// The link.
    pub link: AlertLink,
    /// Who used it.
    pub by: Actor,
    /// When.
    pub at: Time,
    /// From when on it leads nowhere anyway.
    pub until: Time,
}

/// How long somebody wants to hear nothing, as it is chosen in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuietFor {
    /// One hour.
    Hour,
    /// Four hours.
    FourHours,
    /// Until nine in the morning where the owner works.
    Morning,
    /// A day.
    Day,
    /// A week.
    Week,
    /// Thirty days.
    Month,
}

/// What is silenced until the morning is silenced for longer than by the choice before.
const SHORTEST_NIGHT: Span = Span::hours(4);

impl QuietFor {
    /// Every choice, in the order in which people read them: for whoever signed in.
    pub const ALL: [Self; 6] =
        [Self::Hour, Self::FourHours, Self::Morning, Self::Day, Self::Week, Self::Month];

    /// The choices of a link: whoever came by somebody else's mail is not to silence anything for long.
    pub const BY_LINK: [Self; 4] = [Self::Hour, Self::FourHours, Self::Morning, Self::Day];

    /// As a form carries it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::FourHours => "four-hours",
            Self::Morning => "morning",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Hour => "1 hour",
            Self::FourHours => "4 hours",
            Self::Morning => "morning",
            Self::Day => "1 day",
            Self::Week => "1 week",
            Self::Month => "30 days",
        }
    }

    /// When it ends.
    #[must_use]
    pub fn until(self, hours: BusinessHours, now: Time) -> Time {
        match self {
            Self::Hour => now + Span::hours(1),
            Self::FourHours => now + Span::hours(4),
            Self::Morning => morning(hours, now),
            Self::Day => now + Span::days(1),
            Self::Week => now + Span::days(7),
            Self::Month => now + Span::days(30),
        }
    }
}

/// The first nine o'clock that more than a few hours lie before: at 03:00 that of the same day, at 08:30 that of the next.
fn morning(hours: BusinessHours, now: Time) -> Time {
    const NINE: i64 = 9 * 60;
    let (today, _) = hours.local(now);
    let nine = hours.instant(today, NINE);
    if nine.since(now) > SHORTEST_NIGHT { nine } else { hours.instant(today + 1, NINE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_morning_is_the_first_nine_o_clock_that_a_night_lies_before() {
        let table = [
            ("2026-11-25T03:00:00Z", 0, "2026-11-25T09:00:00Z"),
            ("2026-11-25T04:59:59Z", 0, "2026-11-25T09:00:00Z"),
            ("2026-11-25T05:00:00Z", 0, "2026-11-26T09:00:00Z"),
            ("2026-11-25T08:30:00Z", 0, "2026-11-26T09:00:00Z"),
            ("2026-11-25T22:00:00Z", 0, "2026-11-26T09:00:00Z"),
            ("2026-11-25T23:30:00Z", 60, "2026-11-26T08:00:00Z"),
            ("2026-11-25T02:00:00Z", -480, "2026-11-25T17:00:00Z"),
        ];
        for (now, offset_minutes, nine) in table {
            let hours = BusinessHours { offset_minutes, ..BusinessHours::default() };
            let until = QuietFor::Morning.until(hours, now.parse().unwrap());
            assert_eq!(until.to_string(), nine, "{now} at {offset_minutes}");
        }
        let berlin = BusinessHours { zone: "Europe/Berlin".parse().ok(), ..BusinessHours::default() };
        let until = QuietFor::Morning.until(berlin, "2026-10-24T22:00:00Z".parse().unwrap());
        assert_eq!(until.to_string(), "2026-10-25T08:00:00Z", "the night in which the clock is set back");
    }

    #[test]
    fn no_two_links_are_signed_alike() {
        let now = Time::from_unix_seconds(1_796_000_000);
        let link = AlertLink {
            does: LinkDoes::Acknowledge,
            alert: AlertId::new(now, [1; 10]),
            delivery: DeliveryId::new(now, [2; 10]),
        };
        let others = [
            AlertLink { does: LinkDoes::Silence, ..link },
            AlertLink { alert: AlertId::new(now, [3; 10]), ..link },
            AlertLink { delivery: DeliveryId::new(now, [3; 10]), ..link },
            AlertLink { delivery: DeliveryId::new(now + Span::millis(1), [2; 10]), ..link },
        ];
        for other in others {
            assert_ne!(link.signed(), other.signed(), "{other:?}");
        }
        assert_eq!(link.until(), now + LINK_LASTS);
        let (path, owner) = (PathLink { delivery: link.delivery }, OwnerLink { delivery: link.delivery });
        assert_ne!(path.signed(), owner.signed());
        assert_eq!(owner.until(), now + LINK_LASTS);
    }
}
