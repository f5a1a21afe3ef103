//! Links in messages that did their one thing.

use notafter_inventory::model::{AlertLink, SpentLink};

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// Of two that use a link at the same moment, one did not.
pub(crate) async fn spend(tx: &mut Tx, scope: &Scope, spent: &SpentLink) -> Result<(), StoreError> {
    let AlertLink { does, alert, delivery } = spent.link;
    let rows = tx
        .execute(
            "INSERT INTO spent_links (alert_id, delivery_id, does, scope, until_at, document)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (alert_id, delivery_id, does) DO NOTHING",
            values![
                alert,
                delivery,
                does.name(),
                scope.organisation,
                spent.until,
                json("spent link", spent)?
            ],
        )
        .await?;
    if rows == 0 { Err(StoreError::Overtaken("the link".to_owned())) } else { Ok(()) }
}

impl Store {
    /// Who used a link, and when; nothing where nobody did.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn spent_link(&self, scope: &Scope, link: AlertLink) -> Result<Option<SpentLink>, StoreError> {
        let AlertLink { does, alert, delivery } = link;
        self.document(
            "spent link",
            "SELECT document FROM spent_links
             WHERE alert_id = $1 AND delivery_id = $2 AND does = $3 AND scope = $4",
            values![alert, delivery, does.name(), scope.organisation],
        )
        .await
    }
}
