//! The append-only log that feeds audit, history and webhooks.

use std::fmt;

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{AlertId, Subject};

/// One entry of the hash-chained log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Position, from 1, without gaps.
    pub sequence: i64,
    /// When.
    pub at: Time,
    /// Who.
    pub actor: Actor,
    /// CloudEvents type: `notafter.<subject>.<verb>.v1`.
    pub kind: String,
    /// What it is about.
    pub subject: Subject,
    /// Details.
    pub data: serde_json::Value,
    /// SHA-256 over the canonical bytes of this entry and the hash of the one before, hexadecimal.
    pub hash: String,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A task of the engine.
    Engine,
    /// A person at the command line: the user's name.
    Person(String),
    /// Somebody who signed in to the pages: the account's name.
    User(String),
    /// A program with an API token: the token's name.
    Token(String),
    /// Whoever has the link that a message about an alert carried.
    Link {
        /// To whom the message went: an address, or the name of a channel.
        contact: String,
        /// The alert.
        alert: AlertId,
    },
    /// Whoever has the link of a message that asked something, such as a test: to whom that went.
    Answer(String),
    /// Whoever replied to a mail about an alert: to whom that went.
    Reply(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine => f.write_str("notafter"),
            Self::Person(name) | Self::User(name) => f.write_str(name),
            Self::Token(name) => write!(f, "the token {name}"),
            Self::Link { contact, alert } => write!(f, "{contact} by link of alert {alert}"),
            Self::Reply(contact) => write!(f, "{contact} by reply"),
            Self::Answer(contact) => write!(f, "{contact} by link of a message that asked"),
        }
    }
}

impl Actor {
    /// Whether it is a person or a person's program, and not the engine by itself.
    #[must_use]
    pub const fn is_by_hand(&self) -> bool {
        !matches!(self, Self::Engine)
    }
}
