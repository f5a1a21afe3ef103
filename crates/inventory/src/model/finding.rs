//! Judgements on facts. Opened, updated, closed; never silently dropped.

use std::fmt;
use std::str::FromStr;

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{FindingId, OwnerId};

/// How bad it is. The order is that of exit codes for several targets: critical beats warning beats unknown beats ok.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing to do; recorded.
    Ok,
    /// It could not be judged (law 6).
    Unknown,
    /// Somebody should act, soon.
    Warning,
    /// Somebody must act, now.
    Critical,
}

impl Severity {
    /// The exit code of design section 5.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Unknown => "UNKNOWN",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        })
    }
}

/// What a finding is about: kind and identity, such as `endpoint:ep_...`, `lineage:ln_...`, `installation`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An endpoint in the inventory.
    Endpoint(super::EndpointId),
    /// A lineage.
    Lineage(super::LineageId),
    /// A deployment's place.
    Place(super::PlaceId),
    /// An issuer.
    Issuer(super::IssuerId),
    /// An owner.
    Owner(super::OwnerId),
    /// A channel.
    Channel(super::ChannelId),
    /// A drill, whose alarm it is.
    Drill(super::DrillId),
    /// This installation of notafter.
    Installation,
    /// Something that is not in the inventory: a target of `check`, a file.
    Named(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(id) => write!(f, "endpoint:{id}"),
            Self::Lineage(id) => write!(f, "lineage:{id}"),
            Self::Place(id) => write!(f, "place:{id}"),
            Self::Issuer(id) => write!(f, "issuer:{id}"),
            Self::Owner(id) => write!(f, "owner:{id}"),
            Self::Channel(id) => write!(f, "channel:{id}"),
            Self::Drill(id) => write!(f, "drill:{id}"),
            Self::Installation => f.write_str("installation"),
            Self::Named(name) => write!(f, "named:{name}"),
        }
    }
}

impl FromStr for Subject {
    type Err = super::ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        Ok(match kind {
            "endpoint" => Self::Endpoint(rest.parse()?),
            "lineage" => Self::Lineage(rest.parse()?),
            "place" => Self::Place(rest.parse()?),
            "issuer" => Self::Issuer(rest.parse()?),
            "owner" => Self::Owner(rest.parse()?),
            "channel" => Self::Channel(rest.parse()?),
            "drill" => Self::Drill(rest.parse()?),
            "installation" => Self::Installation,
            _ => Self::Named(text.strip_prefix("named:").unwrap_or(text).to_owned()),
        })
    }
}

impl Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a rule says when it is violated: a finding without its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// Code of the rule in the catalogue: `area.kebab-case`.
    pub code: String,
    /// How bad it is now.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// What makes two violations of one rule on one subject two causes: a fingerprint, a name, a kind of failure; never
    /// days left, a serial or an address (design section 6).
    pub cause: String,
    /// One line: what is wrong, with the numbers of now.
    pub text: String,
    /// What to do, in the imperative, for this case.
    pub hint: String,
    /// Facts that show it.
    pub evidence: serde_json::Value,
}

/// A violation with its history; identified by (code, subject, cause).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Identity.
    pub id: FindingId,
    /// Who answers for the subject.
    pub owner_id: OwnerId,
    /// What it says now (or said last, when closed).
    #[serde(flatten)]
    pub violation: Violation,
    /// Open, or closed.
    pub state: FindingState,
    /// When it was opened.
    pub opened_at: Time,
    /// When severity, text or evidence last changed.
    pub changed_at: Time,
    /// When it was last seen to hold.
    pub seen_at: Time,
    /// When it was closed.
    pub closed_at: Option<Time>,
}

/// Whether it still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingState {
    /// It holds.
    Open,
    /// It does not hold any more.
    Closed,
}
