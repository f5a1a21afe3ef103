//! Lineages.

use std::collections::BTreeMap;

use notafter_inventory::model::{Labels, Lineage, LineageId, Mode, OwnerId, Progress, Rehearsed};
use serde::{Deserialize, Serialize};

use crate::sql::{Row, Tx, Value, json, values};
use crate::{Scope, Store, StoreError};

/// The half that the inventory writes; the engine's is [`Progress`].
#[derive(Serialize, Deserialize)]
struct Wanted {
    id: LineageId,
    owner_id: OwnerId,
    name: String,
    labels: Labels,
    mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rehearsed: Option<Rehearsed>,
}

/// A lineage that is there keeps how far it is, whatever the one that is put says of it.
pub(crate) async fn put(tx: &mut Tx, scope: &Scope, lineage: &Lineage) -> Result<(), StoreError> {
    let wanted = Wanted {
        id: lineage.id,
        owner_id: lineage.owner_id,
        name: lineage.name.clone(),
        labels: lineage.labels.clone(),
        mode: lineage.mode.clone(),
        rehearsed: lineage.rehearsed,
    };
    tx.execute(
        "INSERT INTO lineages (id, scope, owner_id, name, document, progress) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET
            owner_id = excluded.owner_id, name = excluded.name, document = excluded.document",
        values![
            lineage.id,
            scope.organisation,
            lineage.owner_id,
            lineage.name.as_str(),
            json("lineage", &wanted)?,
            json("lineage", &lineage.progress())?
        ],
    )
    .await?;
    Ok(())
}

/// Only where it is what it was when `after` was thought out; a lineage that is gone does not rise again.
pub(crate) async fn advance(
    tx: &mut Tx,
    scope: &Scope,
    id: LineageId,
    (before, after): (&Progress, &Progress),
) -> Result<(), StoreError> {
    let (written, after) = (json("lineage", before)?, json("lineage", after)?);
    let advanced = tx
        .execute(
            "UPDATE lineages SET progress = $3 WHERE id = $1 AND scope = $2 AND progress = $4",
            values![id, scope.organisation, after.as_str(), written],
        )
        .await?;
    if advanced > 0 {
        return Ok(());
    }
    // An earlier version may have written the same in other words. Writing it as it is locks the row on either database.
    let rows = tx
        .fetch(
            "UPDATE lineages SET progress = progress WHERE id = $1 AND scope = $2 RETURNING progress",
            values![id, scope.organisation],
        )
        .await?;
    let stored: Option<Progress> = rows.first().map(|row| row.document(0, "lineage")).transpose()?;
    if stored.as_ref() != Some(before) {
        return Err(StoreError::Overtaken(id.to_string()));
    }
    tx.execute(
        "UPDATE lineages SET progress = $3 WHERE id = $1 AND scope = $2",
        values![id, scope.organisation, after],
    )
    .await?;
    Ok(())
}

/// From its two halves, the first of which stands in this column.
pub(crate) fn of_halves(row: &Row, first: usize) -> Result<Lineage, StoreError> {
    let Wanted { id, owner_id, name, labels, mode, rehearsed } = row.document(first, "lineage")?;
    let Progress { current, renewal } = row.document(first + 1, "lineage")?;
    Ok(Lineage { id, owner_id, name, labels, mode, current, renewal, rehearsed })
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: LineageId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM lineages WHERE id = $1 AND scope = $2",
        "DELETE FROM places WHERE lineage_id = $1 AND scope = $2",
        "DELETE FROM pings WHERE lineage_id = $1 AND scope = $2",
    ] {
        tx.execute(sql, values![id, scope.organisation]).await?;
    }
    Ok(())
}

impl Store {
    /// How many lineages each owner answers for.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineages_by_owner(&self, scope: &Scope) -> Result<BTreeMap<OwnerId, u64>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT owner_id, count(*) FROM lineages WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
                 GROUP BY owner_id",
                values![scope.organisation, scope.owner],
            )
            .await?;
        rows.iter().map(|row| Ok((row.id(0)?, u64::try_from(row.int(1)?).unwrap_or(0)))).collect()
    }

    /// Every lineage, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineages(&self, scope: &Scope) -> Result<Vec<Lineage>, StoreError> {
        self.found(
            "SELECT document, progress FROM lineages WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2) ORDER BY name",
            values![scope.organisation, scope.owner],
        )
        .await
    }

    /// A lineage by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineage(&self, scope: &Scope, id: LineageId) -> Result<Option<Lineage>, StoreError> {
        let rows = self.found(
            "SELECT document, progress FROM lineages WHERE id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![id, scope.organisation, scope.owner],
        )
        .await?;
        Ok(rows.into_iter().next())
    }

    /// A lineage by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lineage_named(&self, scope: &Scope, name: &str) -> Result<Option<Lineage>, StoreError> {
        let rows = self.found(
            "SELECT document, progress FROM lineages WHERE scope = $1 AND name = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![scope.organisation, name, scope.owner],
        )
        .await?;
        Ok(rows.into_iter().next())
    }

    async fn found(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Lineage>, StoreError> {
        self.pool.fetch(sql, values).await?.iter().map(|row| of_halves(row, 0)).collect()
    }
}
