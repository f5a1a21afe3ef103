//! Drills.

use notafter_inventory::model::{Drill, DrillId, LineageId};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// Drills of one lineage that stay as history.
const KEPT: i64 = 50;

/// Of one lineage, one goes on at a time.
pub(crate) async fn put(tx: &mut Tx, scope: &Scope, drill: &Drill) -> Result<(), StoreError> {
    let put = tx
        .execute(
            "INSERT INTO drills (id, scope, owner_id, lineage_id, is_open, document)
             SELECT $1, $2, $3, $4, $5, $6
             WHERE $5 = 0 OR NOT EXISTS (SELECT 1 FROM drills AS d WHERE d.lineage_id = $4 AND d.is_open = 1 AND d.id <> $1)
             ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, document = excluded.document
             WHERE drills.scope = excluded.scope AND drills.is_open = 1",
            values![
                drill.id,
                scope.organisation,
                drill.owner_id,
                drill.lineage_id,
                drill.is_open(),
                json("drill", drill)?
            ],
        )
        .await?;
    if put == 0 {
        return Err(StoreError::Overtaken(format!("the drills of {}", drill.lineage)));
    }
    tx.execute(
        "DELETE FROM drills WHERE scope = $1 AND lineage_id = $2 AND is_open = 0 AND id NOT IN (
             SELECT d.id FROM drills AS d WHERE d.scope = $1 AND d.lineage_id = $2 ORDER BY d.id DESC LIMIT $3)",
        values![scope.organisation, drill.lineage_id, KEPT],
    )
    .await?;
    Ok(())
}

impl Store {
    /// A drill by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn drill(&self, scope: &Scope, id: DrillId) -> Result<Option<Drill>, StoreError> {
        self.document(
            "drill",
            "SELECT document FROM drills WHERE id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }

    /// The last `limit` drills, the newest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn drills(&self, scope: &Scope, limit: u32) -> Result<Vec<Drill>, StoreError> {
        self.documents(
            "drill",
            "SELECT document FROM drills WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             ORDER BY id DESC LIMIT $3",
            values![scope.organisation, scope.owner, i64::from(limit)],
        )
        .await
    }

    /// The drills of a lineage, the newest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn drills_of(&self, scope: &Scope, lineage: LineageId) -> Result<Vec<Drill>, StoreError> {
        self.documents(
            "drill",
            "SELECT document FROM drills WHERE scope = $1 AND lineage_id = $2 AND ($3 IS NULL OR owner_id = $3)
             ORDER BY id DESC",
            values![scope.organisation, lineage, scope.owner],
        )
        .await
    }
}
