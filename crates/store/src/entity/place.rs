//! Places.

use notafter_inventory::model::{LineageId, Place, PlaceId};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, place: &Place) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO places (id, scope, owner_id, lineage_id, name, document) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id, lineage_id = excluded.lineage_id,
            name = excluded.name, document = excluded.document",
        values![
            place.id,
            scope.organisation,
            place.owner_id,
            place.lineage_id,
            place.name.as_str(),
            json("place", place)?
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: PlaceId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM places WHERE id = $1 AND scope = $2", values![id, scope.organisation]).await?;
    Ok(())
}

impl Store {
    /// Every place, by lineage and name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn places(&self, scope: &Scope) -> Result<Vec<Place>, StoreError> {
        self.documents(
            "place",
            "SELECT document FROM places WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             ORDER BY lineage_id, name",
            values![scope.organisation, scope.owner],
        )
        .await
    }

    /// The places of a lineage, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn places_of(&self, scope: &Scope, lineage: LineageId) -> Result<Vec<Place>, StoreError> {
        self.documents(
            "place",
            "SELECT document FROM places WHERE lineage_id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)
             ORDER BY name",
            values![lineage, scope.organisation, scope.owner],
        )
        .await
    }

    /// A place by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn place(&self, scope: &Scope, id: PlaceId) -> Result<Option<Place>, StoreError> {
        self.document(
            "place",
            "SELECT document FROM places WHERE id = $1 AND scope = $2 AND ($3 IS NULL OR owner_id = $3)",
            values![id, scope.organisation, scope.owner],
        )
        .await
    }
}
