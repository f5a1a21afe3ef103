//! Alerts.

use notafter_inventory::model::{Alert, AlertId, AlertState};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, alert: &Alert) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO alerts (id, scope, owner_id, is_open, document) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET
            owner_id = excluded.owner_id, is_open = excluded.is_open, document = excluded.document",
        values![
            alert.id,
            scope.organisation,
            alert.owner_id,
            alert.state == AlertState::Open,
            json("alert", alert)?
        ],
    )
    .await?;
    Ok(())
}

impl Store {
    /// The open alerts, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn alerts_open(&self, scope: &Scope) -> Result<Vec<Alert>, StoreError> {
        self.documents(
            "alert",
            "SELECT document FROM alerts WHERE scope = $1 AND is_open = 1 AND ($2 IS NULL OR owner_id = $2)
             ORDER BY id",
            values![scope.organisation, scope.owner],
        )
        .await
    }

    /// The newest alerts, open and closed, newest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn alerts(&self, scope: &Scope, limit: u32) -> Result<Vec<Alert>, StoreError> {
        self.documents(
            "alert",
            "SELECT document FROM alerts WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             ORDER BY id DESC LIMIT $3",
            values![scope.organisation, scope.owner, i64::from(limit)],
        )
        .await
    }

    /// An alert by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn alert(&self, scope: &Scope, id: AlertId) -> Result<Option<Alert>, StoreError> {
        self.document(
            "alert",
            "SELECT document FROM alerts WHERE id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }
}
