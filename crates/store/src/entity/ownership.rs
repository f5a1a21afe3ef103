//! Whether owners still answer for what they own.

use notafter_cert::Time;
use notafter_inventory::model::{Given, OwnerId, Ownership};

use crate::sql::{Row, Tx, json, values};
use crate::{Scope, Store, StoreError};

/// What becomes of it. Each writes its own part, so that whoever asks at the same moment does not undo an answer.
#[derive(Clone, Debug)]
pub enum Acknowledging {
    /// It is asked from this instant on.
    Begin(OwnerId, Time),
    /// A message asks it.
    Ask(OwnerId, Time),
    /// Somebody says that it does.
    Give(OwnerId, Given),
    /// It is asked no more. What somebody said of it stays.
    Forget(OwnerId),
}

pub(crate) async fn write(tx: &mut Tx, scope: &Scope, change: &Acknowledging) -> Result<(), StoreError> {
    let organisation = scope.organisation;
    let (sql, values) = match change {
        Acknowledging::Begin(owner, since) => (
            "INSERT INTO ownerships (owner_id, scope, since) VALUES ($1, $2, $3)
             ON CONFLICT (owner_id) DO UPDATE SET since = excluded.since, asked_at = NULL",
            values![*owner, organisation, *since],
        ),
        Acknowledging::Ask(owner, at) => (
            "UPDATE ownerships SET asked_at = $3 WHERE owner_id = $1 AND scope = $2",
            values![*owner, organisation, *at],
        ),
        Acknowledging::Give(owner, given) => (
            "INSERT INTO ownerships (owner_id, scope, since, given_at, given_by) VALUES ($1, $2, $3, $3, $4)
             ON CONFLICT (owner_id)
             DO UPDATE SET asked_at = NULL, given_at = excluded.given_at, given_by = excluded.given_by",
            values![*owner, organisation, given.at, json("actor", &given.by)?],
        ),
        Acknowledging::Forget(owner) => (
            "DELETE FROM ownerships WHERE owner_id = $1 AND scope = $2 AND given_at IS NULL",
            values![*owner, organisation],
        ),
    };
    tx.execute(sql, values).await?;
    Ok(())
}

/// With the owner itself.
pub(crate) async fn remove(tx: &mut Tx, scope: &Scope, owner: OwnerId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM ownerships WHERE owner_id = $1 AND scope = $2",
        values![owner, scope.organisation],
    )
    .await?;
    Ok(())
}

impl Store {
    /// What is known of an owner that is asked; nothing where it never was.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn ownership(&self, scope: &Scope, owner: OwnerId) -> Result<Option<Ownership>, StoreError> {
        let sql = "SELECT owner_id, since, asked_at, given_at, given_by FROM ownerships
                   WHERE owner_id = $1 AND scope = $2";
        let rows = self.pool.fetch(sql, values![owner, scope.organisation]).await?;
        rows.first().map(ownership).transpose()
    }

    /// The same of all of them.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn ownerships(&self, scope: &Scope) -> Result<Vec<Ownership>, StoreError> {
        let sql = "SELECT owner_id, since, asked_at, given_at, given_by FROM ownerships WHERE scope = $1";
        let rows = self.pool.fetch(sql, values![scope.organisation]).await?;
        rows.iter().map(ownership).collect()
    }
}

fn ownership(row: &Row) -> Result<Ownership, StoreError> {
    let given = match row.maybe_int(3)?.map(Time::from_micros) {
        Some(at) => Some(Given { at, by: row.document(4, "actor")? }),
        None => None,
    };
    let asked_at = row.maybe_int(2)?.map(Time::from_micros);
    Ok(Ownership { owner_id: row.id(0)?, since: row.time(1)?, asked_at, given })
}
