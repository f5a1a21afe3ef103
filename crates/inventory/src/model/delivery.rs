//! One message on its way to one contact, kept with its result.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{AlertId, ChannelId, DeliveryId, OwnerId, Purpose};

/// One message; stored before it is sent (law 3), so that a crash sends it again under the same identity and the
/// receiver can tell that it is the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Identity; also the idempotency key towards the receiver.
    pub id: DeliveryId,
    /// Whose subject it is about.
    pub owner_id: OwnerId,
    /// The alert it tells of; nothing for a test or a digest.
    pub alert_id: Option<AlertId>,
    /// What carries it.
    pub channel_id: ChannelId,
    /// The address on that channel.
    pub to: Option<String>,
    /// Why it is sent.
    pub purpose: Purpose,
    /// What it says.
    pub message: Message,
    /// What a person types to confirm that it arrived (tests only).
    pub code: Option<String>,
    /// How far it is.
    pub state: DeliveryState,
    /// What was tried, oldest first, at most 50.
    pub attempts: Vec<DeliveryAttempt>,
    /// When it is tried next; nothing when it is over.
    pub next_at: Option<Time>,
    /// When it was decided on.
    pub created_at: Time,
}

/// What is said, independent of the channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// One line that is enough at 03:00.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// The same for programs.
    pub data: serde_json::Value,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    /// To be sent, or to be tried again.
    Pending,
    /// The other side took responsibility for it; that is not yet a person who read it.
    Accepted,
    /// Seen by whom it was meant for: a person typed its code, or a program answered 2xx.
    Confirmed,
    /// Given up: refused for good, or not accepted in time.
    Failed,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryAttempt {
    /// When.
    pub at: Time,
    /// Whether the other side accepted it.
    pub accepted: bool,
    /// What the other side said, or what went wrong.
    pub detail: String,
}

/// What a notifier got for a message that the other side accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The other side's words: `250 2.0.0 Ok: queued as 4A1B`, `204 No Content`.
    pub detail: String,
    /// Whether acceptance already shows that the receiver itself has it (a program that answered), or only that somebody
    /// on the way does (a mail server).
    pub end_to_end: bool,
}
