//! Deliveries.

use notafter_inventory::model::{AlertId, Delivery, DeliveryId, DeliveryState};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, delivery: &Delivery) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO deliveries (id, scope, owner_id, alert_id, is_open, document) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, document = excluded.document",
        values![
            delivery.id,
            scope.organisation,
            delivery.owner_id,
            delivery.alert_id,
            delivery.state == DeliveryState::Pending,
            json("delivery", delivery)?
        ],
    )
    .await?;
    Ok(())
}

impl Store {
    /// A delivery by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn delivery(&self, scope: &Scope, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.document(
            "delivery",
            "SELECT document FROM deliveries WHERE id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }

    /// What is still to be sent, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deliveries_pending(&self, scope: &Scope) -> Result<Vec<Delivery>, StoreError> {
        self.documents(
            "delivery",
            "SELECT document FROM deliveries WHERE scope = $1 AND is_open = 1 AND ($2 IS NULL OR owner_id = $2)
             ORDER BY id",
            values![scope.organisation, scope.owner],
        )
        .await
    }

    /// The deliveries of an alert, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deliveries_of(&self, scope: &Scope, alert: AlertId) -> Result<Vec<Delivery>, StoreError> {
        self.documents(
            "delivery",
            "SELECT document FROM deliveries WHERE alert_id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)
             ORDER BY id",
            values![alert, scope.organisation, scope.owner],
        )
        .await
    }

    /// The newest deliveries, newest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deliveries(&self, scope: &Scope, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.documents(
            "delivery",
            "SELECT document FROM deliveries WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             ORDER BY id DESC LIMIT $3",
            values![scope.organisation, scope.owner, i64::from(limit)],
        )
        .await
    }
}
