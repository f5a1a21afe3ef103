//! What the last applied inventory file wrote.

use notafter_inventory::code::Manifest;

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, manifest: &Manifest) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO manifests (scope, document) VALUES ($1, $2)
         ON CONFLICT (scope) DO UPDATE SET document = excluded.document",
        values![scope.organisation, json("manifest", manifest)?],
    )
    .await?;
    Ok(())
}

impl Store {
    /// What the last applied inventory file wrote; empty before the first one.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn manifest(&self, scope: &Scope) -> Result<Manifest, StoreError> {
        let sql = "SELECT document FROM manifests WHERE scope = $1";
        Ok(self.document("manifest", sql, values![scope.organisation]).await?.unwrap_or_default())
    }
}
