//! Incidents: what people tell the public of what goes wrong.

use notafter_cert::Time;
use notafter_inventory::model::{Incident, IncidentId};

use super::updates;
use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// Puts an incident with one more update than is stored of it.
pub(crate) async fn put(tx: &mut Tx, scope: &Scope, incident: &Incident) -> Result<(), StoreError> {
    let put = tx
        .execute(
            "INSERT INTO incidents (id, scope, is_open, updates, updated_at, document)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, updates = excluded.updates,
                updated_at = excluded.updated_at, document = excluded.document
             WHERE incidents.scope = excluded.scope AND incidents.updates = excluded.updates - 1",
            values![
                incident.id,
                scope.organisation,
                incident.is_open(),
                updates(&incident.updates),
                incident.updated_at(),
                json("incident", incident)?
            ],
        )
        .await?;
    match put {
        0 => Err(StoreError::Overtaken(format!("incident {}", incident.id))),
        _ => Ok(()),
    }
}

impl Store {
    /// The incidents that are open, or of which something was told since an instant, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn incidents_since(&self, scope: &Scope, since: Time) -> Result<Vec<Incident>, StoreError> {
        self.documents(
            "incident",
            "SELECT document FROM incidents WHERE scope = $1 AND (is_open = 1 OR updated_at > $2) ORDER BY id",
            values![scope.organisation, since],
        )
        .await
    }

    /// An incident by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn incident(&self, scope: &Scope, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        self.document(
            "incident",
            "SELECT document FROM incidents WHERE id = $1 AND scope = $2",
            values![id, scope.organisation],
        )
        .await
    }
}
