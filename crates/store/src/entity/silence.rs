//! Silences.

use notafter_cert::Time;
use notafter_inventory::model::{Silence, SilenceId};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, silence: &Silence) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO silences (id, scope, until_at, document) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET until_at = excluded.until_at, document = excluded.document",
        values![silence.id, scope.organisation, silence.until, json("silence", silence)?],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, id: SilenceId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM silences WHERE id = $1 AND scope = $2", values![id, scope.organisation]).await?;
    Ok(())
}

impl Store {
    /// The silences that end after an instant, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn silences_after(&self, scope: &Scope, after: Time) -> Result<Vec<Silence>, StoreError> {
        self.documents(
            "silence",
            "SELECT document FROM silences WHERE scope = $1 AND until_at > $2 ORDER BY id",
            values![scope.organisation, after],
        )
        .await
    }
}
