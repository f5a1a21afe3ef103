//! The anchors that endpoints are judged by.

use notafter_cert::Fingerprint;

use crate::sql::{Tx, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, anchors: Fingerprint) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO trust (scope, anchors) VALUES ($1, $2)
         ON CONFLICT (scope) DO UPDATE SET anchors = excluded.anchors",
        values![scope.organisation, &anchors.as_bytes()[..]],
    )
    .await?;
    Ok(())
}

impl Store {
    /// The set of anchors (`Anchors::identity`) that endpoints without anchors of their own were judged by last; nothing
    /// before the first start of a server.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn trust(&self, scope: &Scope) -> Result<Option<Fingerprint>, StoreError> {
        let rows = self
            .pool
            .fetch("SELECT anchors FROM trust WHERE scope = $1", values![scope.organisation])
            .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        // Of another length it is none that could be in force.
        Ok(row.blob(0)?.try_into().ok().map(Fingerprint::from_bytes))
    }
}
