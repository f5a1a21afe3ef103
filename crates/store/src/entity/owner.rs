//! Owners.

use notafter_inventory::model::{Owner, OwnerId};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, owner: &Owner) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO owners (id, scope, name, document) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document",
        values![owner.id, scope.organisation, owner.name.as_str(), json("owner", owner)?],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: OwnerId) -> Result<(), StoreError> {
    super::ownership::remove(tx, scope, id).await?;
    tx.execute("DELETE FROM owners WHERE id = $1 AND scope = $2", values![id, scope.organisation]).await?;
    Ok(())
}

impl Store {
    /// Every owner, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn owners(&self, scope: &Scope) -> Result<Vec<Owner>, StoreError> {
        self.documents(
            "owner",
            "SELECT document FROM owners WHERE scope = $1 ORDER BY name",
            values![scope.organisation],
        )
        .await
    }

    /// An owner by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn owner(&self, scope: &Scope, id: OwnerId) -> Result<Option<Owner>, StoreError> {
        self.document(
            "owner",
            "SELECT document FROM owners WHERE id = $1 AND scope = $2",
            values![id, scope.organisation],
        )
        .await
    }

    /// An owner by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn owner_named(&self, scope: &Scope, name: &str) -> Result<Option<Owner>, StoreError> {
        self.document(
            "owner",
            "SELECT document FROM owners WHERE scope = $1 AND name = $2",
            values![scope.organisation, name],
        )
        .await
    }
}
