//! Paths: channel and address, and whether messages arrive there.

use notafter_inventory::model::Path;

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, path: &Path) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO paths (scope, channel_id, address, owner_id, document) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, channel_id, address) DO UPDATE SET
            owner_id = excluded.owner_id, document = excluded.document",
        values![
            scope.organisation,
            path.channel_id,
            path.to.as_deref().unwrap_or_default(),
            path.owner_id,
            json("path", path)?
        ],
    )
    .await?;
    Ok(())
}

impl Store {
    /// Every path of which something is known.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn paths(&self, scope: &Scope) -> Result<Vec<Path>, StoreError> {
        self.documents(
            "path",
            "SELECT document FROM paths WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             ORDER BY channel_id, address",
            values![scope.organisation, scope.owner],
        )
        .await
    }
}
