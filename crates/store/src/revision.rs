//! Which state of the inventory somebody thought from: two processes may write it at once.

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use crate::sql::{Tx, values};
use crate::{Change, Scope, Store, StoreError, TaskSubject};

/// Nobody's work, and never due: the epoch of this row of the tasks counts the writes of the inventory, as that of every
/// other row counts claims, and whoever writes it keeps others waiting until his transaction ends.
const KIND: &str = "inventory";
const NEVER: Time = Time::from_micros(i64::MAX);

/// A state of the inventory: the owners, channels, issuers, endpoints, lineages and places that are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(i64);

impl Revision {
    /// As a number: how often the inventory was written.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The revision of this number.
    #[must_use]
    pub const fn of_number(number: i64) -> Self {
        Self(number)
    }
}

impl Store {
    /// The present revision of the inventory. Whoever reads it before he reads the inventory, and writes with
    /// [`Change::Upon`] what he thought out, undoes nothing that somebody else wrote meanwhile.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn inventory_revision(&self, scope: &Scope) -> Result<Revision, StoreError> {
        let sql = "SELECT epoch FROM tasks WHERE kind = $1 AND subject = $2 AND scope = $3";
        let values = values![KIND, TaskSubject::ONLY.bytes(), scope.organisation];
        let rows = self.pool.fetch(sql, values).await?;
        Ok(Revision(rows.first().map_or(Ok(0), |row| row.int(0))?))
    }
}

/// Counts these changes as one write of the inventory, if they are one. The first in its transaction, so that of two who
/// write at once the later one waits here and hears that he is late, and not that a name is taken.
pub(crate) async fn advance(tx: &mut Tx, scope: &Scope, changes: &[Change]) -> Result<(), StoreError> {
    if !changes.iter().any(Change::is_of_the_inventory) {
        return Ok(());
    }
    let sql = "INSERT INTO tasks (kind, subject, scope, due_at, epoch) VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (kind, subject) DO UPDATE SET epoch = tasks.epoch + 1 RETURNING epoch";
    let values = values![KIND, TaskSubject::ONLY.bytes(), scope.organisation, NEVER];
    let rows = tx.fetch(sql, values).await?;
    let before = rows.first().map_or(Ok(0), |row| row.int(0))? - 1;
    let is_late = |change: &Change| matches!(change, Change::Upon(Revision(read)) if *read != before);
    if changes.iter().any(is_late) {
        return Err(StoreError::Overtaken("the inventory".to_owned()));
    }
    Ok(())
}
