//! What is to be done when, and by whom.

use std::fmt;

use notafter_cert::{Span, Time, hex};
use notafter_inventory::model::{Id, Kind};

use crate::dialect::{self, Both, Dialect};
use crate::sql::{Tx, claims, fence, values};
use crate::{Change, Scope, Store, StoreError};

/// What a task is about: an identity, or nothing where there is one task of its kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskSubject(Vec<u8>);

impl TaskSubject {
    /// The only task of its kind.
    pub const ONLY: Self = Self(Vec::new());

    /// The task about this subject.
    #[must_use]
    pub fn of<K: Kind>(id: Id<K>) -> Self {
        Self(id.as_bytes().to_vec())
    }

    /// The subject's identity; `None` for [`TaskSubject::ONLY`].
    #[must_use]
    pub fn id<K: Kind>(&self) -> Option<Id<K>> {
        self.0.as_slice().try_into().ok().map(Id::from_bytes)
    }

    pub(crate) fn hex(&self) -> String {
        hex(&self.0)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TaskSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskSubject({})", self.hex())
    }
}

/// The right to work on one task until an instant. Writes under it fail once another worker has claimed the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The kind of task.
    pub kind: &'static str,
    /// What it is about.
    pub subject: TaskSubject,
    /// Counts the claims: the fence.
    pub epoch: i64,
    /// Until when it is ours; then it may be claimed by others.
    pub until: Time,
}

impl Lease {
    fn is_about(&self, kind: &str, subject: &TaskSubject) -> bool {
        self.kind == kind && self.subject == *subject
    }
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When it is due; for a claimed one, the end of its lease.
    pub due_at: Time,
    /// Who works on it now.
    pub holder: Option<String>,
}

const FENCE: Both = Both { sqlite: fence!(), postgres: concat!(fence!(), " FOR UPDATE") };

const CLAIM_ONE: Both = claims!(
    "UPDATE tasks SET holder = $4, epoch = epoch + 1, due_at = $5, again_at = NULL
     WHERE kind = $1 AND subject = $2 AND due_at <= $3 RETURNING epoch"
);

const CLAIM_IDLE: Both = claims!(
    "UPDATE tasks SET holder = $3, epoch = epoch + 1, due_at = $4, again_at = NULL
     WHERE kind = $1 AND subject = $2 AND holder IS NULL RETURNING epoch"
);

const RELEASE_ALL: Both =
    claims!("UPDATE tasks SET due_at = $1, holder = NULL, again_at = NULL WHERE holder IS NOT NULL");

const EXTEND: Both = claims!(
    "UPDATE tasks SET due_at = $4 WHERE kind = $1 AND subject = $2 AND epoch = $3 AND holder IS NOT NULL
     RETURNING epoch"
);

const PUT_BACK: Both = claims!(
    "UPDATE tasks SET due_at = CASE WHEN again_at < $4 THEN again_at ELSE $4 END, holder = NULL, again_at = NULL
     WHERE kind = $1 AND subject = $2 AND epoch = $3 AND holder IS NOT NULL RETURNING epoch"
);

const LET_GO: Both = claims!(
    "DELETE FROM tasks WHERE kind = $1 AND subject = $2 AND epoch = $3 AND scope = $4 AND holder IS NOT NULL
     RETURNING epoch"
);

impl Store {
    /// Takes up to `limit` tasks of a kind that are due, longest due first, for `lease_for`. A task whose worker died is
    /// due again when its lease ends.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn claim(
        &self,
        kind: &'static str,
        now: Time,
        limit: u32,
        holder: &str,
        lease_for: Span,
    ) -> Result<Vec<Lease>, StoreError> {
        let until = now + lease_for;
        let values = values![kind, now, i64::from(limit), holder, until];
        let rows = self.pool.claim(dialect::CLAIM, values).await?;
        let lease = |row: &crate::sql::Row| {
            Ok(Lease { kind, subject: TaskSubject(row.blob(0)?), epoch: row.int(1)?, until })
        };
        rows.iter().map(lease).collect()
    }

    /// Takes one task if it is due and nobody works on it: for a person who waits for it.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn claim_one(
        &self,
        kind: &'static str,
        subject: &TaskSubject,
        now: Time,
        holder: &str,
        lease_for: Span,
    ) -> Result<Option<Lease>, StoreError> {
        let until = now + lease_for;
        let rows = self.pool.claim(CLAIM_ONE, values![kind, subject.bytes(), now, holder, until]).await?;
        let lease =
            |row: &crate::sql::Row| Ok(Lease { kind, subject: subject.clone(), epoch: row.int(0)?, until });
        rows.first().map(lease).transpose()
    }

    /// Takes one task that nobody works on, whenever it is due: for a person who waits for it, and does not wait for its turn.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn claim_idle(
        &self,
        kind: &'static str,
        subject: &TaskSubject,
        holder: &str,
        until: Time,
    ) -> Result<Option<Lease>, StoreError> {
        let rows = self.pool.claim(CLAIM_IDLE, values![kind, subject.bytes(), holder, until]).await?;
        let lease =
            |row: &crate::sql::Row| Ok(Lease { kind, subject: subject.clone(), epoch: row.int(0)?, until });
        rows.first().map(lease).transpose()
    }

    /// Makes every claimed task due now. For whoever holds the data directory's lock: a worker that claimed something
    /// before is dead, and its leases need not be waited out.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn release_claims(&self, now: Time) -> Result<(), StoreError> {
        self.pool.claim(RELEASE_ALL, values![now]).await.map(drop)
    }

    /// Keeps a lease longer. The new end is in the lease that is given back.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or a fault of the database.
    pub async fn extend(&self, lease: &Lease, until: Time) -> Result<Lease, StoreError> {
        let values = values![lease.kind, lease.subject.bytes(), lease.epoch, until];
        let touched = self.pool.claim(EXTEND, values).await?;
        if touched.is_empty() { Err(lost(lease)) } else { Ok(Lease { until, ..lease.clone() }) }
    }

    /// Ends a lease with a change that says nothing but when its task is due again; `None` for any other change.
    pub(crate) async fn put_back(
        &self,
        scope: &Scope,
        lease: &Lease,
        change: &Change,
    ) -> Option<Result<(), StoreError>> {
        let subject = lease.subject.bytes();
        let (sql, last) = match change {
            Change::Schedule { task, subject, due_at } if lease.is_about(task, subject) => {
                (PUT_BACK, values![*due_at])
            }
            Change::Unschedule { task, subject } if lease.is_about(task, subject) => {
                (LET_GO, values![scope.organisation])
            }
            _ => return None,
        };
        let mut values = values![lease.kind, subject, lease.epoch];
        values.extend(last);
        let touched = self.pool.claim(sql, values).await;
        Some(touched.and_then(|rows| if rows.is_empty() { Err(lost(lease)) } else { Ok(()) }))
    }

    /// When the next task of this kind is due: when to wake up. A claimed one counts with the end of its lease.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_due(&self, kind: &str) -> Result<Option<Time>, StoreError> {
        let rows = self.pool.fetch("SELECT min(due_at) FROM tasks WHERE kind = $1", values![kind]).await?;
        Ok(rows.first().map(|row| row.maybe_int(0)).transpose()?.flatten().map(Time::from_micros))
    }

    /// When one task is due; `None` where it is not planned. For a claimed one, the end of its lease.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn due(&self, kind: &str, subject: &TaskSubject) -> Result<Option<Time>, StoreError> {
        Ok(self.planned(kind, subject).await?.map(|planned| planned.due_at))
    }

    /// How one task stands; `None` where it is not planned.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn planned(&self, kind: &str, subject: &TaskSubject) -> Result<Option<Planned>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT due_at, holder FROM tasks WHERE kind = $1 AND subject = $2",
                values![kind, subject.bytes()],
            )
            .await?;
        let planned =
            |row: &crate::sql::Row| Ok(Planned { due_at: row.time(0)?, holder: row.maybe_text(1)? });
        rows.first().map(planned).transpose()
    }

    /// How many tasks of a kind somebody works on, or were due at an instant and nobody works on yet.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn unfinished(&self, kind: &str, at: Time) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM tasks WHERE kind = $1 AND (holder IS NOT NULL OR due_at <= $2)";
        let rows = self.pool.fetch(sql, values![kind, at]).await?;
        let count = rows.first().map_or(Ok(0), |row| row.int(0))?;
        Ok(count.unsigned_abs())
    }

    /// How many tasks of a kind were due before an instant: how far behind the workers are.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn overdue(&self, kind: &str, before: Time) -> Result<i64, StoreError> {
        let rows = self
            .pool
            .fetch("SELECT count(*) FROM tasks WHERE kind = $1 AND due_at < $2", values![kind, before])
            .await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }
}

pub(crate) fn lost(lease: &Lease) -> StoreError {
    StoreError::LeaseLost { kind: lease.kind.to_owned(), epoch: lease.epoch }
}

/// Fails unless the lease still holds; keeps it so until the transaction ends.
pub(crate) async fn fence(tx: &mut Tx, dialect: Dialect, lease: &Lease) -> Result<(), StoreError> {
    let rows = tx.fetch(dialect.pick(FENCE), values![lease.kind, lease.subject.bytes(), lease.epoch]).await?;
    if rows.is_empty() { Err(lost(lease)) } else { Ok(()) }
}

/// Carries out a change of a task; any other is none of this file's.
pub(crate) async fn write(
    tx: &mut Tx,
    scope: &Scope,
    (lease, at): (Option<&Lease>, Time),
    change: &Change,
) -> Result<(), StoreError> {
    match change {
        Change::Schedule { task, subject, due_at } => {
            schedule(tx, scope, lease, (task, subject), *due_at).await
        }
        Change::Unschedule { task, subject } => unschedule(tx, scope, task, subject).await,
        Change::BringForward { task } => bring_forward(tx, scope, task, at).await,
        _ => Ok(()),
    }
}

async fn schedule(
    tx: &mut Tx,
    scope: &Scope,
    lease: Option<&Lease>,
    (kind, subject): (&str, &TaskSubject),
    due_at: Time,
) -> Result<(), StoreError> {
    let ours = lease.filter(|lease| lease.is_about(kind, subject));
    if let Some(lease) = ours {
        tx.execute(
            "UPDATE tasks SET due_at = CASE WHEN again_at < $4 THEN again_at ELSE $4 END, holder = NULL, again_at = NULL
             WHERE kind = $1 AND subject = $2 AND epoch = $3",
            values![kind, subject.bytes(), lease.epoch, due_at],
        )
        .await?;
        return Ok(());
    }
    tx.execute(
        "INSERT INTO tasks (kind, subject, scope, due_at, epoch) VALUES ($1, $2, $3, $4, 0)
         ON CONFLICT (kind, subject) DO UPDATE SET
            due_at = CASE WHEN tasks.holder IS NULL THEN excluded.due_at ELSE tasks.due_at END,
            again_at = CASE WHEN tasks.holder IS NULL THEN NULL
                            WHEN tasks.again_at < excluded.due_at THEN tasks.again_at ELSE excluded.due_at END",
        values![kind, subject.bytes(), scope.organisation, due_at],
    )
    .await?;
    Ok(())
}

/// What waits is due at `now`, and what somebody works on is due again then at the latest.
async fn bring_forward(tx: &mut Tx, scope: &Scope, kind: &str, now: Time) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE tasks SET
            due_at = CASE WHEN holder IS NULL THEN $3 ELSE due_at END,
            again_at = CASE WHEN holder IS NULL THEN NULL WHEN again_at < $3 THEN again_at ELSE $3 END
         WHERE scope = $1 AND kind = $2 AND due_at > $3",
        values![scope.organisation, kind, now],
    )
    .await?;
    Ok(())
}

async fn unschedule(tx: &mut Tx, scope: &Scope, kind: &str, subject: &TaskSubject) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM tasks WHERE kind = $1 AND subject = $2 AND scope = $3",
        values![kind, subject.bytes(), scope.organisation],
    )
    .await?;
    Ok(())
}
