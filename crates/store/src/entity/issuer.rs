//! Issuers.

use notafter_inventory::model::{Issuer, IssuerId};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, issuer: &Issuer) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO issuers (id, scope, name, document) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document",
        values![issuer.id, scope.organisation, issuer.name.as_str(), json("issuer", issuer)?],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: IssuerId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM issuers WHERE id = $1 AND scope = $2", values![id, scope.organisation]).await?;
    Ok(())
}

impl Store {
    /// Every issuer, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn issuers(&self, scope: &Scope) -> Result<Vec<Issuer>, StoreError> {
        self.documents(
            "issuer",
            "SELECT document FROM issuers WHERE scope = $1 ORDER BY name",
            values![scope.organisation],
        )
        .await
    }

    /// An issuer by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn issuer(&self, scope: &Scope, id: IssuerId) -> Result<Option<Issuer>, StoreError> {
        self.document(
            "issuer",
            "SELECT document FROM issuers WHERE id = $1 AND scope = $2",
            values![id, scope.organisation],
        )
        .await
    }

    /// An issuer by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn issuer_named(&self, scope: &Scope, name: &str) -> Result<Option<Issuer>, StoreError> {
        self.document(
            "issuer",
            "SELECT document FROM issuers WHERE scope = $1 AND name = $2",
            values![scope.organisation, name],
        )
        .await
    }
}
