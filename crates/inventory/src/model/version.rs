//! Issued certificates of a lineage.

use notafter_cert::{Fingerprint, Span, Time};
use serde::{Deserialize, Serialize};

use super::{KeyId, LineageId, OrderId, VersionId};

/// One issued certificate with its key. The chain is kept as the CA sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Identity.
    pub id: VersionId,
    /// The lineage it belongs to.
    pub lineage_id: LineageId,
    /// Its private key in the vault; `None` for a watch-only lineage, whose key is not ours.
    pub key_id: Option<KeyId>,
    /// The leaf's identity.
    pub fingerprint: Fingerprint,
    /// The chain in PEM, leaf first.
    pub chain_pem: String,
    /// The leaf's first instant.
    pub not_before: Time,
    /// The leaf's last instant.
    pub not_after: Time,
    /// When we got it.
    pub obtained_at: Time,
    /// Where it came from.
    pub origin: Origin,
    /// What became of it.
    pub state: VersionState,
}

impl Version {
    /// Whether a person insisted on this chain, trusted or not.
    #[must_use]
    pub const fn is_insisted_on(&self) -> bool {
        matches!(self.origin, Origin::Files { insisted: true, .. })
    }

    /// From first to last instant (RFC 5280 section 4.1.2.5: both inclusive).
    #[must_use]
    pub fn lifetime(&self) -> Span {
        self.not_after.since(self.not_before) + Span::seconds(1)
    }
}

/// Where a version came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum Origin {
    /// An ACME order of ours.
    Order {
        /// Which.
        order: OrderId,
    },
    /// Files that were imported or adopted.
    Files {
        /// The chain file.
        path: String,
        /// A person insisted on exactly this chain, whoever trusts it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        insisted: bool,
    },
}

/// What became of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionState {
    /// Issued and stored; to be deployed, or being deployed, or proved: the deployments say which.
    Current,
    /// A newer one is current; kept for `rollback`.
    Superseded,
    /// Past the number of kept versions: its key is destroyed.
    Retired,
    /// Revoked.
    Revoked,
}
