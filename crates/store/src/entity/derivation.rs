//! How key-encryption keys are derived from passphrases: nothing secret.

use serde_json::Value;

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// Takes the place of whatever was known: the vault has one key-encryption key.
pub(crate) async fn put(
    tx: &mut Tx,
    scope: &Scope,
    derived: Option<&(String, Value)>,
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM key_derivations WHERE scope = $1", values![scope.organisation]).await?;
    if let Some((kek_id, document)) = derived {
        tx.execute(
            "INSERT INTO key_derivations (kek_id, scope, document) VALUES ($1, $2, $3)",
            values![kek_id.as_str(), scope.organisation, json("derivation", document)?],
        )
        .await?;
    }
    Ok(())
}

impl Store {
    /// The fingerprint of the key-encryption key that comes from a passphrase, and how it is derived.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn key_derivations(&self, scope: &Scope) -> Result<Vec<(String, Value)>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT kek_id, document FROM key_derivations WHERE scope = $1",
                values![scope.organisation],
            )
            .await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.document(1, "derivation")?))).collect()
    }
}
