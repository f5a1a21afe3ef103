//! What a lineage holds.

use notafter_cert::{Identifier, KeySpec, Span, Time};

use crate::model::VersionId;

/// The facts about a current version that a renewal is decided from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which version.
    pub version: VersionId,
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
    /// Whether it came from an order of ours.
    pub ours: bool,
}

impl Held {
    /// From first to last instant, both inclusive.
    #[must_use]
    pub fn lifetime(&self) -> Span {
        self.not_after.since(self.not_before) + Span::seconds(1)
    }
}
