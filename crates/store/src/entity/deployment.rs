//! Deployments.

use notafter_inventory::model::{Deployment, DeploymentId, LineageId, PlaceId};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, deployment: &Deployment) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO deployments (id, scope, lineage_id, place_id, is_open, document)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, document = excluded.document",
        values![
            deployment.id,
            scope.organisation,
            deployment.lineage_id,
            deployment.place_id,
            deployment.closed_at.is_none(),
            json("deployment", deployment)?
        ],
    )
    .await?;
    Ok(())
}

/// An open case is not removed: only the wire closes it (law 4).
pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: DeploymentId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM deployments WHERE id = $1 AND scope = $2 AND is_open = 0",
        values![id, scope.organisation],
    )
    .await?;
    Ok(())
}

impl Store {
    /// A deployment by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deployment(
        &self,
        scope: &Scope,
        id: DeploymentId,
    ) -> Result<Option<Deployment>, StoreError> {
        self.document(
            "deployment",
            "SELECT document FROM deployments WHERE id = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3))",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }

    /// The open cases, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deployments_open(&self, scope: &Scope) -> Result<Vec<Deployment>, StoreError> {
        self.documents(
            "deployment",
            "SELECT document FROM deployments WHERE scope = $1 AND is_open = 1
             AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2)) ORDER BY id",
            values![scope.organisation, scope.owner],
        )
        .await
    }

    /// The deployments of a lineage, newest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deployments_of(
        &self,
        scope: &Scope,
        lineage: LineageId,
        limit: u32,
    ) -> Result<Vec<Deployment>, StoreError> {
        self.documents(
            "deployment",
            "SELECT document FROM deployments WHERE lineage_id = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3))
             ORDER BY id DESC LIMIT $4",
            values![lineage, scope.organisation, scope.owner, i64::from(limit)],
        )
        .await
    }

    /// The last deployments to each place, newest first, at most `each` of one place.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deployments_last(&self, scope: &Scope, each: u32) -> Result<Vec<Deployment>, StoreError> {
        self.documents(
            "deployment",
            "SELECT document FROM (
                SELECT id, document, row_number() OVER (PARTITION BY place_id ORDER BY id DESC) AS place
                FROM deployments WHERE scope = $1
                AND ($2 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $2))
             ) AS numbered WHERE place <= $3 ORDER BY id DESC",
            values![scope.organisation, scope.owner, i64::from(each)],
        )
        .await
    }

    /// The deployments to a place, newest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deployments_to(
        &self,
        scope: &Scope,
        place: PlaceId,
        limit: u32,
    ) -> Result<Vec<Deployment>, StoreError> {
        self.documents(
            "deployment",
            "SELECT document FROM deployments WHERE place_id = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3))
             ORDER BY id DESC LIMIT $4",
            values![place, scope.organisation, scope.owner, i64::from(limit)],
        )
        .await
    }
}
