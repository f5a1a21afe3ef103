//! What the clock showed: where it shows less than before, what was planned meanwhile is brought back.

use notafter_cert::{Span, Time};

use crate::dialect::Both;
use crate::sql::{Tx, claims, values};
use crate::{Scope, Store, StoreError};

/// What is known of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockRow {
    /// The latest instant that it showed.
    pub seen_at: Time,
    /// When it was last found to have been set back, and by how much.
    pub set_back: Option<(Time, Span)>,
}

const SEEN: Both = claims!(
    "INSERT INTO clocks (scope, seen_at) VALUES ($1, $2)
     ON CONFLICT (scope) DO UPDATE SET seen_at = excluded.seen_at WHERE clocks.seen_at < excluded.seen_at
     RETURNING scope"
);

impl Store {
    /// What is known of the clock; nothing before it was first noted.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn clock(&self, scope: &Scope) -> Result<Option<ClockRow>, StoreError> {
        let sql = "SELECT seen_at, set_back_at, set_back_by FROM clocks WHERE scope = $1";
        let rows = self.pool.fetch(sql, values![scope.organisation]).await?;
        let row = |row: &crate::sql::Row| {
            let set_back = row.maybe_int(1)?.zip(row.maybe_int(2)?);
            Ok(ClockRow {
                seen_at: row.time(0)?,
                set_back: set_back.map(|(at, by)| (Time::from_micros(at), Span::micros(by))),
            })
        };
        rows.first().map(row).transpose()
    }

    /// The clock shows `now`; an earlier instant than was seen before changes nothing.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn note_clock(&self, scope: &Scope, now: Time) -> Result<(), StoreError> {
        self.pool.claim(SEEN, values![scope.organisation, now]).await.map(drop)
    }
}

/// What waits for an instant after `now` was planned by a clock that was ahead by `by`: it waits as long from `now` as it
/// waited from then. What fell due meanwhile is due.
pub(crate) async fn set_back(tx: &mut Tx, scope: &Scope, now: Time, by: Span) -> Result<(), StoreError> {
    let by = by.as_micros();
    tx.execute(
        "UPDATE tasks SET due_at = CASE WHEN due_at - $3 < $2 THEN $2 ELSE due_at - $3 END,
            again_at = CASE WHEN again_at > $2 THEN $2 ELSE again_at END
         WHERE scope = $1 AND due_at > $2",
        values![scope.organisation, now, by],
    )
    .await?;
    tx.execute(
        "INSERT INTO clocks (scope, seen_at, set_back_at, set_back_by) VALUES ($1, $2, $2, $3)
         ON CONFLICT (scope) DO UPDATE SET
            seen_at = excluded.seen_at, set_back_at = excluded.set_back_at, set_back_by = excluded.set_back_by",
        values![scope.organisation, now, by],
    )
    .await?;
    Ok(())
}
