//! Where certificates are served.

use std::collections::BTreeMap;

use notafter_cert::Span;
use notafter_tls::Target;
use serde::{Deserialize, Serialize};

use super::{EndpointId, OwnerId};

/// Free-form marks: `service = "checkout"`.
pub type Labels = BTreeMap<String, String>;

/// A host, port, SNI and dialogue that is looked at regularly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Identity.
    pub id: EndpointId,
    /// Who answers for it.
    pub owner_id: OwnerId,
    /// Where it is; unique.
    pub target: Target,
    /// Marks.
    pub labels: Labels,
    /// How much it matters: sets interval and escalation.
    pub criticality: Criticality,
    /// Private trust anchors (PEM file) that this endpoint is judged by, instead of the installation's.
    pub trust: Option<String>,
    /// Whether an administrator wrote it (law 10: only then may the server reach private addresses).
    pub written_by_admin: bool,
}

/// How much an endpoint matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criticality {
    /// Looked at less often.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Looked at more often.
    High,
}

impl Criticality {
    /// The longest time between two looks.
    #[must_use]
    pub const fn longest_interval(self) -> Span {
        match self {
            Self::Low => Span::hours(24),
            Self::Normal => Span::hours(6),
            Self::High => Span::hours(1),
        }
    }
}
