//! Issuers.

use notafter_inventory::model::{Account, AcmeIssuer, Authority, Issuer, IssuerId, PrivateIssuer};

use crate::Change;
use crate::sql::{Row, Tx, Value, json, values};
use crate::{Scope, Store, StoreError};

/// Carries out a change of an issuer; any other is none of this file's.
pub(crate) async fn write(tx: &mut Tx, scope: &Scope, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::PutIssuer(issuer) => put(tx, scope, issuer).await,
        Change::PutAccount(id, account) => put_account(tx, scope, *id, account).await,
        Change::PutAuthority { issuer, before, after } => {
            put_authority(tx, scope, *issuer, (before.as_ref(), after)).await
        }
        Change::RemoveIssuer(id) => remove(tx, scope, *id).await,
        _ => Ok(()),
    }
}

/// An issuer that is there keeps its account, or its certificates, whatever the one that is put says of them.
async fn put(tx: &mut Tx, scope: &Scope, issuer: &Issuer) -> Result<(), StoreError> {
    let wanted = without_state(issuer.clone());
    let state = match issuer {
        Issuer::Acme(acme) => json("issuer", &acme.account())?,
        Issuer::Private(private) => json("issuer", &private.authority)?,
    };
    tx.execute(
        "INSERT INTO issuers (id, scope, name, document, account) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document",
        values![issuer.id(), scope.organisation, issuer.name(), json("issuer", &wanted)?, state],
    )
    .await?;
    Ok(())
}

/// The half that the inventory writes.
fn without_state(issuer: Issuer) -> Issuer {
    match issuer {
        Issuer::Acme(acme) => Issuer::Acme(AcmeIssuer {
            account_key: None,
            account_url: None,
            account_orders: None,
            rollover_key: None,
            rollover: None,
            ..acme
        }),
        Issuer::Private(private) => Issuer::Private(PrivateIssuer { authority: None, ..private }),
    }
}

/// What was learnt of the account at a directory. An issuer that is gone does not rise again, and nothing that hangs on it
/// is written.
async fn put_account(tx: &mut Tx, scope: &Scope, id: IssuerId, account: &Account) -> Result<(), StoreError> {
    let touched = tx
        .execute(
            "UPDATE issuers SET account = $3 WHERE id = $1 AND scope = $2",
            values![id, scope.organisation, json("issuer", account)?],
        )
        .await?;
    if touched == 0 { Err(StoreError::Overtaken(id.to_string())) } else { Ok(()) }
}

/// What a private CA signs with from now on, where that is still what it was thought out from.
async fn put_authority(
    tx: &mut Tx,
    scope: &Scope,
    id: IssuerId,
    (before, after): (Option<&Authority>, &Authority),
) -> Result<(), StoreError> {
    // Writing it as it is locks the row on either database.
    let rows = tx
        .fetch(
            "UPDATE issuers SET account = account WHERE id = $1 AND scope = $2 RETURNING account",
            values![id, scope.organisation],
        )
        .await?;
    let stored: Option<Option<Authority>> = rows.first().map(|row| row.document(0, "issuer")).transpose()?;
    if stored.as_ref().map(Option::as_ref) != Some(before) {
        return Err(StoreError::Overtaken(id.to_string()));
    }
    tx.execute(
        "UPDATE issuers SET account = $3 WHERE id = $1 AND scope = $2",
        values![id, scope.organisation, json("issuer", after)?],
    )
    .await?;
    Ok(())
}

/// From its two halves, the first of which stands in this column.
pub(crate) fn of_halves(row: &Row, first: usize) -> Result<Issuer, StoreError> {
    let wanted: Issuer = row.document(first, "issuer")?;
    Ok(match without_state(wanted) {
        Issuer::Acme(acme) => acme.with(row.document(first + 1, "issuer")?).into(),
        Issuer::Private(private) => {
            PrivateIssuer { authority: row.document(first + 1, "issuer")?, ..private }.into()
        }
    })
}

async fn remove(tx: &mut Tx, scope: &Scope, id: IssuerId) -> Result<(), StoreError> {
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
