//! What a person tells the public of something that goes wrong.

use std::fmt;

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{Actor, ComponentState, IncidentId};

/// Something that went wrong, told to the public by a person, with what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Identity.
    pub id: IncidentId,
    /// What it is called.
    pub name: String,
    /// The components that it is about, by name; those that are not on the page are not shown.
    pub components: Vec<String>,
    /// How its components are at the least while it is open: a person may know more than looks show.
    pub state: ComponentState,
    /// When it began.
    pub began_at: Time,
    /// What was told of it, oldest first; there is always one.
    pub updates: Vec<IncidentUpdate>,
}

/// What is told of an incident at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentUpdate {
    /// When it was told.
    pub at: Time,
    /// How far it is.
    pub status: IncidentStatus,
    /// The words.
    pub text: String,
    /// Who told it; this is never shown to the public.
    pub by: Actor,
}

/// How far an incident is, in Statuspage's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStatus {
    /// The cause is being looked for.
    Investigating,
    /// The cause is known.
    Identified,
    /// It was mended, and is watched.
    Monitoring,
    /// It is over.
    Resolved,
    /// It is over, and what was learnt of it is told.
    Postmortem,
}

impl IncidentStatus {
    /// Every status, in order.
    pub const ALL: [Self; 5] =
        [Self::Investigating, Self::Identified, Self::Monitoring, Self::Resolved, Self::Postmortem];

    /// As programs write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
            Self::Postmortem => "postmortem",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Investigating => "Investigating",
            Self::Identified => "Identified",
            Self::Monitoring => "Monitoring",
            Self::Resolved => "Resolved",
            Self::Postmortem => "What we learnt",
        }
    }

    /// Whether it goes on.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Investigating | Self::Identified | Self::Monitoring)
    }
}

impl fmt::Display for IncidentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Incident {
    /// How far it is: what was told last.
    #[must_use]
    pub fn status(&self) -> IncidentStatus {
        self.updates.last().map_or(IncidentStatus::Investigating, |update| update.status)
    }

    /// Whether it goes on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status().is_open()
    }

    /// When it was over: when that was told first, since it was last told to go on.
    #[must_use]
    pub fn resolved_at(&self) -> Option<Time> {
        let over = self.updates.iter().rev().take_while(|update| !update.status.is_open());
        over.last().map(|update| update.at)
    }

    /// When something was last told of it.
    #[must_use]
    pub fn updated_at(&self) -> Time {
        self.updates.last().map_or(self.began_at, |update| update.at)
    }
}
