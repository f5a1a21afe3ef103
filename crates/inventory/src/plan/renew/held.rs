//! What a lineage holds.

use notafter_cert::pem::{self, ChainError};
use notafter_cert::{Certificate, Fingerprint, Identifier, KeySpec, ParseError, Retry, Span, Time, Trouble};

use crate::model::{IssuerId, MissedChain, Order, Version, VersionId, VersionState};

/// The facts about a current version that a renewal is decided from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which version.
    pub version: VersionId,
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// Its first instant.
    pub not_before: Time,
    /// Its last instant.
    pub not_after: Time,
    /// When we got it.
    pub obtained_at: Time,
    /// What was ordered; for files that were adopted, what the certificate carries. Comparing the order and not the
    /// certificate keeps a CA that adds a name of its own from being asked again and again.
    pub ordered: Vec<Identifier>,
    /// Algorithm and size of its key; `None` when it is none that we would make.
    pub key: Option<KeySpec>,
    /// SHA-256 of its key's SPKI, hexadecimal.
    pub key_sha256: String,
    /// Whether the CA revoked it.
    pub revoked: bool,
    /// Whether it came from an order of ours at the account that orders now: another CA knows nothing of it.
    pub ours: bool,
    /// A chain that was preferred when it was ordered, and not offered.
    pub missed_chain: Option<MissedChain>,
}

/// A stored version that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HeldError {
    /// The stored text holds no chain.
    #[error("the stored chain of version {version} cannot be read")]
    Chain {
        /// Which version.
        version: VersionId,
        /// Why.
        source: ChainError,
    },
    /// The leaf is no certificate.
    #[error("the stored certificate of version {version} cannot be parsed")]
    Leaf {
        /// Which version.
        version: VersionId,
        /// Why.
        source: ParseError,
    },
}

impl Trouble for HeldError {
    fn code(&self) -> &'static str {
        "version.unreadable"
    }

    fn hint(&self) -> String {
        "the database was changed by another program or damaged: restore it from a backup".to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

impl Held {
    /// The facts of a stored version; `order` is the order that it came from, where it came from one; `issuer` is the
    /// account that orders the next one.
    ///
    /// # Errors
    /// When the stored chain cannot be read.
    pub fn read(version: &Version, order: Option<&Order>, issuer: IssuerId) -> Result<Self, HeldError> {
        let id = version.id;
        let chain = pem::chain_from(version.chain_pem.as_bytes())
            .map_err(|source| HeldError::Chain { version: id, source })?;
        let leaf = Certificate::parse(chain.first().map_or(&[][..], Vec::as_slice))
            .map_err(|source| HeldError::Leaf { version: id, source })?;
        let ordered = order.map_or_else(|| leaf.names().to_vec(), |order| order.identifiers.clone());
        Ok(Self {
            version: id,
            fingerprint: leaf.fingerprint(),
            not_before: leaf.not_before(),
            not_after: leaf.not_after(),
            obtained_at: version.obtained_at,
            ordered,
            key: leaf.key().spec(),
            key_sha256: Fingerprint::from_bytes(leaf.key().spki_sha256).to_string(),
            revoked: version.state == VersionState::Revoked,
            ours: order.is_some_and(|order| order.issuer_id == issuer),
            missed_chain: order.and_then(|order| order.missed_chain.clone()),
        })
    }

    /// From first to last instant, both inclusive.
    #[must_use]
    pub fn lifetime(&self) -> Span {
        self.not_after.since(self.not_before) + Span::seconds(1)
    }
}
