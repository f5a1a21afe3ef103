//! Where versions are installed.

use notafter_tls::Target;
use serde::{Deserialize, Serialize};

use super::{LineageId, OwnerId, PlaceId, SecretRef};

/// A deployer, its settings, and the endpoints that must then serve the version. The key-type slot is the lineage's key
/// algorithm: RSA and ECDSA side by side are two lineages with two places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Identity.
    pub id: PlaceId,
    /// Who answers for it.
    pub owner_id: OwnerId,
    /// The lineage whose versions go here.
    pub lineage_id: LineageId,
    /// Unique within the lineage.
    pub name: String,
    /// Name of the deployer: `files`, `nginx`.
    pub deployer: String,
    /// The deployer's own settings, checked by it when the inventory is applied.
    pub settings: serde_json::Value,
    /// Where the version must be seen on the wire; empty means that nothing can prove the place, which is a finding.
    pub endpoints: Vec<Target>,
}

impl Place {
    /// The secret that the settings refer to: the password of a PKCS#12 file.
    #[must_use]
    pub fn secret(&self) -> Option<SecretRef> {
        secret_of(&self.settings)
    }
}

/// The secret that a place's settings refer to.
pub(crate) fn secret_of(settings: &serde_json::Value) -> Option<SecretRef> {
    let reference = settings.pointer("/pkcs12/password")?.as_str()?;
    Some(SecretRef(reference.to_owned()))
}
