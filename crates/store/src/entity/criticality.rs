//! Rules on labels: how much endpoints matter.

use notafter_inventory::model::CriticalityRule;

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, rule: &CriticalityRule) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO criticalities (scope, label, document) VALUES ($1, $2, $3)
         ON CONFLICT (scope, label) DO UPDATE SET document = excluded.document",
        values![scope.organisation, rule.label.as_str(), json("criticality", rule)?],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, label: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM criticalities WHERE scope = $1 AND label = $2",
        values![scope.organisation, label],
    )
    .await?;
    Ok(())
}

impl Store {
    /// Every rule that says how much endpoints with a label matter, by label.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn criticalities(&self, scope: &Scope) -> Result<Vec<CriticalityRule>, StoreError> {
        self.documents(
            "criticality",
            "SELECT document FROM criticalities WHERE scope = $1 ORDER BY label",
            values![scope.organisation],
        )
        .await
    }
}
