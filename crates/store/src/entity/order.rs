//! ACME orders.

use notafter_inventory::model::{LineageId, Order, OrderId};

use super::charge;
use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, order: &Order) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO orders (id, scope, lineage_id, is_open, document) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, document = excluded.document",
        values![
            order.id,
            scope.organisation,
            order.lineage_id,
            order.closed_at.is_none(),
            json("order", order)?
        ],
    )
    .await?;
    charge::put(tx, scope, &notafter_inventory::ledger::charges(order)).await?;
    charge::acquit(tx, scope, order).await
}

/// One that is under way is not removed: what the CA is asked for depends on it.
pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: OrderId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM orders WHERE id = $1 AND scope = $2 AND is_open = 0",
        values![id, scope.organisation],
    )
    .await?;
    Ok(())
}

impl Store {
    /// An order by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.document(
            "order",
            "SELECT document FROM orders WHERE id = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3))",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }

    /// The orders of lineages that were removed, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn orders_of_removed(&self, scope: &Scope) -> Result<Vec<Order>, StoreError> {
        self.documents(
            "order",
            "SELECT document FROM orders WHERE scope = $1
             AND lineage_id NOT IN (SELECT id FROM lineages WHERE scope = $1) ORDER BY id",
            values![scope.organisation],
        )
        .await
    }

    /// The orders that are under way, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn orders_open(&self, scope: &Scope) -> Result<Vec<Order>, StoreError> {
        self.documents(
            "order",
            "SELECT document FROM orders WHERE scope = $1 AND is_open = 1
             AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2)) ORDER BY id",
            values![scope.organisation, scope.owner],
        )
        .await
    }

    /// The orders of a lineage, newest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn orders_of(
        &self,
        scope: &Scope,
        lineage: LineageId,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        self.documents(
            "order",
            "SELECT document FROM orders WHERE lineage_id = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3))
             ORDER BY id DESC LIMIT $4",
            values![lineage, scope.organisation, scope.owner, i64::from(limit)],
        )
        .await
    }
}
