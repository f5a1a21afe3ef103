//! Maintenances: work that is announced to the public.

use notafter_cert::Time;
use notafter_inventory::model::{Maintenance, MaintenanceId};

use super::updates;
use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// Puts a maintenance with one more update than is stored of it.
pub(crate) async fn put(tx: &mut Tx, scope: &Scope, maintenance: &Maintenance) -> Result<(), StoreError> {
    let put = tx
        .execute(
            "INSERT INTO maintenances (id, scope, updates, until_at, document) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET updates = excluded.updates, until_at = excluded.until_at,
                document = excluded.document
             WHERE maintenances.scope = excluded.scope AND maintenances.updates = excluded.updates - 1",
            values![
                maintenance.id,
                scope.organisation,
                updates(&maintenance.updates),
                maintenance.until,
                json("maintenance", maintenance)?
            ],
        )
        .await?;
    match put {
        0 => Err(StoreError::Overtaken(format!("maintenance {}", maintenance.id))),
        _ => Ok(()),
    }
}

impl Store {
    /// The maintenances that end after an instant, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn maintenances_since(
        &self,
        scope: &Scope,
        since: Time,
    ) -> Result<Vec<Maintenance>, StoreError> {
        self.documents(
            "maintenance",
            "SELECT document FROM maintenances WHERE scope = $1 AND until_at > $2 ORDER BY id",
            values![scope.organisation, since],
        )
        .await
    }

    /// A maintenance by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn maintenance(
        &self,
        scope: &Scope,
        id: MaintenanceId,
    ) -> Result<Option<Maintenance>, StoreError> {
        self.document(
            "maintenance",
            "SELECT document FROM maintenances WHERE id = $1 AND scope = $2",
            values![id, scope.organisation],
        )
        .await
    }
}
