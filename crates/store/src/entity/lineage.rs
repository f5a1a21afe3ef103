//! Lineages.

use notafter_inventory::model::{Lineage, LineageId};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, lineage: &Lineage) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO lineages (id, scope, owner_id, name, document) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET
            owner_id = excluded.owner_id, name = excluded.name, document = excluded.document",
        values![
            lineage.id,
            scope.organisation,
            lineage.owner_id,
            lineage.name.as_str(),
            json("lineage", lineage)?
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: LineageId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM lineages WHERE id = $1 AND scope = $2",
        "DELETE FROM places WHERE lineage_id = $1 AND scope = $2",
    ] {
        tx.execute(sql, values![id, scope.organisation]).await?;
    }
    Ok(())
}

impl Store {
    /// Every lineage, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineages(&self, scope: &Scope) -> Result<Vec<Lineage>, StoreError> {
        self.documents(
            "lineage",
            "SELECT document FROM lineages WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2) ORDER BY name",
            values![scope.organisation, scope.owner],
        )
        .await
    }

    /// A lineage by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineage(&self, scope: &Scope, id: LineageId) -> Result<Option<Lineage>, StoreError> {
        self.document(
            "lineage",
            "SELECT document FROM lineages WHERE id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }

    /// A lineage by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineage_named(&self, scope: &Scope, name: &str) -> Result<Option<Lineage>, StoreError> {
        self.document(
            "lineage",
            "SELECT document FROM lineages WHERE scope = $1 AND name = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![scope.organisation, name, scope.owner],
        )
        .await
    }
}
