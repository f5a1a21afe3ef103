//! Since when endpoints are shown to the public.

use std::collections::HashMap;

use notafter_cert::Time;
use notafter_inventory::model::EndpointId;

use crate::sql::{Tx, values};
use crate::{Scope, Store, StoreError};

/// What is shown to the public, as part of a component of this name.
#[derive(Clone, Debug)]
pub enum Public {
    /// An endpoint, since this instant where it was not before.
    Show(String, EndpointId, Time),
    /// No more: where it is again, that is since then.
    Hide(String, EndpointId),
}

/// Of two that remember since when something is shown, the first one counts.
pub(crate) async fn write(tx: &mut Tx, scope: &Scope, public: &Public) -> Result<(), StoreError> {
    let organisation = scope.organisation;
    match public {
        Public::Show(component, endpoint, since) => {
            tx.execute(
                "INSERT INTO public_since (component, endpoint_id, scope, since) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (scope, component, endpoint_id) DO NOTHING",
                values![component.as_str(), *endpoint, organisation, *since],
            )
            .await?;
        }
        Public::Hide(component, endpoint) => {
            tx.execute(
                "DELETE FROM public_since WHERE scope = $1 AND component = $2 AND endpoint_id = $3",
                values![organisation, component.as_str(), *endpoint],
            )
            .await?;
        }
    }
    Ok(())
}

impl Store {
    /// Since when each endpoint is shown that is, by the component's name and the endpoint.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn public_since(
        &self,
        scope: &Scope,
    ) -> Result<HashMap<(String, EndpointId), Time>, StoreError> {
        let sql = "SELECT component, endpoint_id, since FROM public_since WHERE scope = $1";
        let rows = self.pool.fetch(sql, values![scope.organisation]).await?;
        rows.iter().map(|row| Ok(((row.text(0)?, row.id(1)?), row.time(2)?))).collect()
    }
}
