//! What somebody is told: one alert per cause, its findings attached.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{Actor, AlertId, Contact, DeliveryId, FindingId, OwnerId, Severity, Subject};

/// One cause that one owner hears of, from the first message to the recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Identity.
    pub id: AlertId,
    /// Who answers for it.
    pub owner_id: OwnerId,
    /// The thing behind it: the issuer that is down, the lineage that is not renewed, the endpoint.
    pub root: Subject,
    /// The worst of its open findings now (the last one, when none is open).
    pub severity: Severity,
    /// The worst that was ever told: only more than this is told again.
    pub peak: Severity,
    /// Its findings, in the order in which they joined; they stay when they close.
    pub findings: Vec<FindingId>,
    /// Open until every finding is closed and stayed closed.
    pub state: AlertState,
    /// When the first finding joined.
    pub opened_at: Time,
    /// Since when none of its findings holds.
    pub quiet_since: Option<Time>,
    /// When the recovery was established.
    pub closed_at: Option<Time>,
    /// How many contacts have been reached; the next one is the first who was not told.
    pub rung: u32,
    /// Who was told what, oldest first.
    pub told: Vec<Told>,
    /// How many times it got worse, and was told anew to everybody: products that keep alerts of their own begin another
    /// one each time, because one that somebody took there pages nobody.
    #[serde(default)]
    pub worsened: u32,
    /// Somebody took it.
    pub acknowledged: Option<Acknowledgement>,
}

/// Whether the alert still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertState {
    /// It stands.
    Open,
    /// It is over.
    Closed,
}

/// One message that was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: Time,
    /// To whom.
    pub contact: Contact,
    /// Why.
    pub purpose: Purpose,
    /// How bad it was then.
    pub severity: Severity,
    /// The message itself.
    pub delivery_id: DeliveryId,
}

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The first message about this cause.
    Opened,
    /// It got worse.
    Risen,
    /// A certificate in it has ended.
    Expired,
    /// Something of another kind joined after it was acknowledged.
    Grown,
    /// The contact before did not acknowledge, or could not be reached.
    Escalated,
    /// It still stands after a day.
    Reminder,
    /// Somebody took it; told to products that know such a thing.
    Acknowledged,
    /// It is over.
    Recovered,
    /// The weekly summary.
    Digest,
    /// A path is being proved.
    Test,
    /// An owner is asked whether it still answers for what it owns.
    Ownership,
}

impl Purpose {
    /// What became of whom the message went to: `ada@example.org was ...`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Opened => "told of it",
            Self::Risen => "told that it got worse",
            Self::Expired => "told that a certificate has ended",
            Self::Grown => "told that more joined it",
            Self::Escalated => "told, because nobody before took it or could be reached",
            Self::Reminder => "reminded",
            Self::Acknowledged => "told that somebody took it",
            Self::Recovered => "told that it is over",
            Self::Digest => "told in the weekly summary",
            Self::Test => "sent a test",
            Self::Ownership => "asked whether the owner still answers",
        }
    }
}

/// Somebody took the alert: it does not climb further and does not remind, until it gets worse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// When.
    pub at: Time,
    /// Who.
    pub by: Actor,
    /// What they say about it.
    pub note: Option<String>,
}
