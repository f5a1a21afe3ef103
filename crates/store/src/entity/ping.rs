//! Pings of other people's jobs.

use notafter_inventory::model::{LineageId, Pings};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// Of two pings at the same moment, the second is thought out again upon the first.
pub(crate) async fn put(
    tx: &mut Tx,
    scope: &Scope,
    before: Option<&Pings>,
    after: &Pings,
) -> Result<(), StoreError> {
    let (id, document) = (after.lineage_id, json("pings", after)?);
    let overtaken = || StoreError::Overtaken(format!("the pings of {id}"));
    if before.is_none() {
        let rows = tx
            .execute(
                "INSERT INTO pings (lineage_id, scope, document) VALUES ($1, $2, $3)
                 ON CONFLICT (lineage_id) DO NOTHING",
                values![id, scope.organisation, document],
            )
            .await?;
        return if rows == 0 { Err(overtaken()) } else { Ok(()) };
    }
    // Writing it as it is locks the row on either database.
    let rows = tx
        .fetch(
            "UPDATE pings SET document = document WHERE lineage_id = $1 AND scope = $2 RETURNING document",
            values![id, scope.organisation],
        )
        .await?;
    let stored: Option<Pings> = rows.first().map(|row| row.document(0, "pings")).transpose()?;
    if stored.as_ref() != before {
        return Err(overtaken());
    }
    tx.execute(
        "UPDATE pings SET document = $3 WHERE lineage_id = $1 AND scope = $2",
        values![id, scope.organisation, document],
    )
    .await?;
    Ok(())
}

impl Store {
    /// What came of a lineage's pings; nothing before they were expected.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn pings(&self, scope: &Scope, lineage: LineageId) -> Result<Option<Pings>, StoreError> {
        self.document(
            "pings",
            "SELECT document FROM pings WHERE lineage_id = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3))",
            values![lineage, scope.organisation, scope.owner],
        )
        .await
    }
}
