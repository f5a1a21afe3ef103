//! Issuers.

use notafter_inventory::model::{Account, Issuer, IssuerId};

use crate::sql::{Row, Tx, Value, json, values};
use crate::{Scope, Store, StoreError};

/// An issuer that is there keeps its account, whatever the one that is put says of it.
pub(crate) async fn put(tx: &mut Tx, scope: &Scope, issuer: &Issuer) -> Result<(), StoreError> {
    let wanted = without_account(issuer.clone());
    tx.execute(
        "INSERT INTO issuers (id, scope, name, document, account) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document",
        values![
            issuer.id,
            scope.organisation,
            issuer.name.as_str(),
            json("issuer", &wanted)?,
            json("issuer", &issuer.account())?
        ],
    )
    .await?;
    Ok(())
}

/// The half that the inventory writes.
fn without_account(issuer: Issuer) -> Issuer {
    Issuer {
        account_key: None,
        account_url: None,
        account_orders: None,
        rollover_key: None,
        rollover: None,
        ..issuer
    }
}

/// What was learnt of the account at a directory. An issuer that is gone does not rise again, and nothing that hangs on it
/// is written.
pub(crate) async fn put_account(
    tx: &mut Tx,
    scope: &Scope,
    id: IssuerId,
    account: &Account,
) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "UPDATE issuers SET account = $3 WHERE id = $1 AND scope = $2",
            values![id, scope.organisation, json("issuer", account)?],
        )
        .await?;
    if touched == 0 { Err(StoreError::Overtaken(id.to_string())) } else { Ok(()) }
}

/// From its two halves, the first of which stands in this column.
pub(crate) fn of_halves(row: &Row, first: usize) -> Result<Issuer, StoreError> {
    let wanted: Issuer = row.document(first, "issuer")?;
    Ok(without_account(wanted).with(row.document(first + 1, "issuer")?))
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
        self.accounts(
            "SELECT document, account FROM issuers WHERE scope = $1 ORDER BY name",
            values![scope.organisation],
        )
        .await
    }

    /// An issuer by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn issuer(&self, scope: &Scope, id: IssuerId) -> Result<Option<Issuer>, StoreError> {
        let rows = self
            .accounts(
                "SELECT document, account FROM issuers WHERE id = $1 AND scope = $2",
                values![id, scope.organisation],
            )
            .await?;
        Ok(rows.into_iter().next())
    }

    /// An issuer by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn issuer_named(&self, scope: &Scope, name: &str) -> Result<Option<Issuer>, StoreError> {
        let rows = self
            .accounts(
                "SELECT document, account FROM issuers WHERE scope = $1 AND name = $2",
                values![scope.organisation, name],
            )
            .await?;
        Ok(rows.into_iter().next())
    }

    async fn accounts(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Issuer>, StoreError> {
        self.pool.fetch(sql, values).await?.iter().map(|row| of_halves(row, 0)).collect()
    }
}
