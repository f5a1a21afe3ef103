//! Versions.

use notafter_cert::Fingerprint;
use notafter_inventory::model::{LineageId, Version, VersionId, VersionState};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// A revoked version stays revoked: whoever read it before cannot know.
pub(crate) async fn put(tx: &mut Tx, scope: &Scope, version: &Version) -> Result<(), StoreError> {
    let known = tx
        .fetch(
            "UPDATE versions SET id = id WHERE id = $1 AND scope = $2 RETURNING document",
            values![version.id, scope.organisation],
        )
        .await?;
    let known: Option<Version> = known.first().map(|row| row.document(0, "version")).transpose()?;
    let mut version = version.clone();
    if known.is_some_and(|known| known.state == VersionState::Revoked) {
        version.state = VersionState::Revoked;
    }
    tx.execute(
        "INSERT INTO versions (id, scope, lineage_id, fingerprint, document) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, document = excluded.document",
        values![
            version.id,
            scope.organisation,
            version.lineage_id,
            version.fingerprint,
            json("version", &version)?
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: VersionId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM versions WHERE id = $1 AND scope = $2", values![id, scope.organisation]).await?;
    Ok(())
}

impl Store {
    /// A version by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn version(&self, scope: &Scope, id: VersionId) -> Result<Option<Version>, StoreError> {
        self.document(
            "version",
            "SELECT document FROM versions WHERE id = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3))",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }

    /// The versions of a lineage, newest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn versions_of(&self, scope: &Scope, lineage: LineageId) -> Result<Vec<Version>, StoreError> {
        self.documents(
            "version",
            "SELECT document FROM versions WHERE lineage_id = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3)) ORDER BY id DESC",
            values![lineage, scope.organisation, scope.owner],
        )
        .await
    }

    /// The versions of lineages that were removed, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn versions_of_removed(&self, scope: &Scope) -> Result<Vec<Version>, StoreError> {
        self.documents(
            "version",
            "SELECT document FROM versions WHERE scope = $1
             AND lineage_id NOT IN (SELECT id FROM lineages WHERE scope = $1) ORDER BY id",
            values![scope.organisation],
        )
        .await
    }

    /// The versions with this leaf: one, or several where lineages were imported twice.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn versions_with(
        &self,
        scope: &Scope,
        fingerprint: Fingerprint,
    ) -> Result<Vec<Version>, StoreError> {
        self.documents(
            "version",
            "SELECT document FROM versions WHERE fingerprint = $1 AND scope = $2
             AND ($3 IS NULL OR lineage_id IN (SELECT id FROM lineages WHERE owner_id = $3)) ORDER BY id DESC",
            values![fingerprint, scope.organisation, scope.owner],
        )
        .await
    }
}
