//! The append-only, hash-chained log.

use notafter_cert::{Fingerprint, Time};
use notafter_inventory::model::{Actor, Event, Subject};

use crate::change::Audit;
use crate::dialect::{self, Dialect};
use crate::sql::{Row, Tx, json, values};
use crate::{Scope, Store, StoreError};

/// Rows of the log that are read at once.
const PAGE: i64 = 1000;

/// What [`Store::verify_chain`] found intact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainState {
    /// Entries that retention cut away, whose hashes are kept.
    pub cut: i64,
    /// The last entry's position; 0 for an empty log.
    pub last: i64,
    /// The last entry's hash.
    pub hash: String,
}

/// Appends within one transaction: the head is taken with the first entry and put back at the end.
pub(crate) struct Log<'a> {
    dialect: Dialect,
    scope: &'a Scope,
    at: Time,
    actor: &'a Actor,
    head: Option<(i64, String)>,
}

impl<'a> Log<'a> {
    pub(crate) const fn new(dialect: Dialect, scope: &'a Scope, at: Time, actor: &'a Actor) -> Self {
        Self { dialect, scope, at, actor, head: None }
    }

    /// Entries from here on happened at this instant.
    pub(crate) const fn at(&mut self, at: Time) {
        self.at = at;
    }

    pub(crate) async fn append(&mut self, tx: &mut Tx, audit: Audit) -> Result<(), StoreError> {
        let (before, previous) = match self.head.take() {
            Some(head) => head,
            None => head(tx, self.dialect, self.scope).await?,
        };
        let (kind, subject, data) = audit;
        let entry = Stored {
            sequence: before + 1,
            at: self.at,
            actor: json("actor", self.actor)?,
            kind,
            subject: subject.to_string(),
            data: json("event", &data)?,
        };
        let hash = entry.hash(&previous);
        self.head = Some((entry.sequence, hash.clone()));
        tx.execute(
            "INSERT INTO events (sequence, scope, at, actor, kind, subject, data, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            values![
                entry.sequence,
                self.scope.organisation,
                entry.at,
                entry.actor,
                entry.kind,
                entry.subject,
                entry.data,
                hash
            ],
        )
        .await?;
        Ok(())
    }

    pub(crate) async fn finish(self, tx: &mut Tx) -> Result<(), StoreError> {
        let Some((sequence, hash)) = self.head else { return Ok(()) };
        tx.execute(
            "UPDATE organisations SET event_sequence = $2, event_hash = $3 WHERE scope = $1",
            values![self.scope.organisation, sequence, hash],
        )
        .await?;
        Ok(())
    }
}

async fn head(tx: &mut Tx, dialect: Dialect, scope: &Scope) -> Result<(i64, String), StoreError> {
    let rows = tx.fetch(dialect.pick(dialect::EVENT_HEAD), values![scope.organisation]).await?;
    let row = rows.first().ok_or_else(|| StoreError::Damaged("the organisation is missing".to_owned()))?;
    Ok((row.int(0)?, row.text(1)?))
}

/// An entry as its hash sees it: the stored texts, not what they parse to.
pub(crate) struct Stored {
    pub(crate) sequence: i64,
    pub(crate) at: Time,
    pub(crate) actor: String,
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) data: String,
}

impl Stored {
    /// SHA-256 over a JSON array of the hash before and every field: no two entries share their bytes.
    fn hash(&self, previous: &str) -> String {
        let canonical = serde_json::json!([
            previous,
            self.sequence,
            self.at.as_micros(),
            self.actor,
            self.kind,
            self.subject,
            self.data
        ]);
        Fingerprint::of(canonical.to_string().as_bytes()).to_string()
    }

    pub(crate) fn read(row: &Row) -> Result<(Self, String), StoreError> {
        let entry = Self {
            sequence: row.int(0)?,
            at: row.time(1)?,
            actor: row.text(2)?,
            kind: row.text(3)?,
            subject: row.text(4)?,
            data: row.text(5)?,
        };
        Ok((entry, row.text(6)?))
    }

    pub(crate) fn event(self, hash: String) -> Result<Event, StoreError> {
        let unreadable = |source| StoreError::Document { what: "event", source };
        Ok(Event {
            sequence: self.sequence,
            at: self.at,
            actor: serde_json::from_str(&self.actor).map_err(unreadable)?,
            kind: self.kind,
            subject: self.subject.parse().unwrap_or(Subject::Named(self.subject)),
            data: serde_json::from_str(&self.data).map_err(unreadable)?,
            hash,
        })
    }
}

fn events(rows: &[Row]) -> Result<Vec<Event>, StoreError> {
    rows.iter()
        .map(|row| {
            let (entry, hash) = Stored::read(row)?;
            entry.event(hash)
        })
        .collect()
}

impl Store {
    /// Entries after a position, oldest first, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn events_after(
        &self,
        scope: &Scope,
        sequence: i64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT sequence, at, actor, kind, subject, data, hash FROM events
                 WHERE scope = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
                values![scope.organisation, sequence, i64::from(limit)],
            )
            .await?;
        events(&rows)
    }

    /// Entries before a position, newest first, at most `limit`; the newest of all where no position is given.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn events_before(
        &self,
        scope: &Scope,
        sequence: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT sequence, at, actor, kind, subject, data, hash FROM events
                 WHERE scope = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3",
                values![scope.organisation, sequence.unwrap_or(i64::MAX), i64::from(limit)],
            )
            .await?;
        events(&rows)
    }

    /// The last entry's position; 0 for an empty log.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn last_event(&self, scope: &Scope) -> Result<i64, StoreError> {
        let rows = self
            .pool
            .fetch("SELECT event_sequence FROM organisations WHERE scope = $1", values![scope.organisation])
            .await?;
        let row =
            rows.first().ok_or_else(|| StoreError::Damaged("the organisation is missing".to_owned()))?;
        row.int(0)
    }

    /// The newest entries about one subject, newest first, at most `limit`; where an instant is given, none of after it.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn events_of(
        &self,
        scope: &Scope,
        subject: &Subject,
        until: Option<Time>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT sequence, at, actor, kind, subject, data, hash FROM events
                 WHERE scope = $1 AND subject = $2 AND ($3 IS NULL OR at <= $3) ORDER BY sequence DESC LIMIT $4",
                values![scope.organisation, subject.to_string(), until, i64::from(limit)],
            )
            .await?;
        events(&rows)
    }

    /// Walks the whole log: positions without gaps, every hash right, the head the last one. Writers and cuts may go on
    /// meanwhile: what they add or take away is not looked at.
    ///
    /// # Errors
    /// [`StoreError::Chain`] at the first entry that is wrong or missing.
    pub async fn verify_chain(&self, scope: &Scope) -> Result<ChainState, StoreError> {
        loop {
            let cut = self.last_cut(scope).await?;
            match self.verify_after(scope, cut.clone()).await {
                // What is missing was cut while this walked; it held together then.
                Err(StoreError::Chain(_)) if self.last_cut(scope).await? != cut => {}
                outcome => return outcome,
            }
        }
    }

    /// The head is read before the walk, with whatever lies beyond it: one statement sees one state.
    async fn verify_after(&self, scope: &Scope, cut: ChainState) -> Result<ChainState, StoreError> {
        let head = self
            .pool
            .fetch(
                "SELECT o.event_sequence, o.event_hash, (SELECT max(e.sequence) FROM events AS e
                    WHERE e.scope = o.scope AND e.sequence > o.event_sequence)
                 FROM organisations AS o WHERE o.scope = $1",
                values![scope.organisation],
            )
            .await?;
        let head = head.first().ok_or(StoreError::Chain(cut.last + 1))?;
        let (last, hash, beyond) = (head.int(0)?, head.text(1)?, head.maybe_int(2)?);
        let mut state = cut;
        while self.walk(scope, &mut state, last).await? > 0 {}
        if beyond.is_some() || (state.last, &state.hash) != (last, &hash) {
            return Err(StoreError::Chain(state.last + 1));
        }
        Ok(state)
    }

    /// Walks one page further, not beyond a position; answers how many entries that were.
    async fn walk(&self, scope: &Scope, state: &mut ChainState, through: i64) -> Result<usize, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT sequence, at, actor, kind, subject, data, hash FROM events
                 WHERE scope = $1 AND sequence > $2 AND sequence <= $4 ORDER BY sequence LIMIT $3",
                values![scope.organisation, state.last, PAGE, through],
            )
            .await?;
        for row in &rows {
            let (entry, hash) = Stored::read(row)?;
            state.last += 1;
            if entry.sequence != state.last || entry.hash(&state.hash) != hash {
                return Err(StoreError::Chain(state.last));
            }
            state.hash = hash;
        }
        Ok(rows.len())
    }

    /// Removes every entry up to `through` from the log, a page at a time, and keeps each segment's last hash, on which
    /// the rest hangs. Gives the number of entries removed.
    ///
    /// # Errors
    /// [`StoreError::Chain`] when the log does not hold together, as a whole: a broken log is never cut.
    pub async fn cut_events(&self, scope: &Scope, through: i64, at: Time) -> Result<u64, StoreError> {
        let mut state = self.last_cut(scope).await?;
        if through <= state.last {
            return Ok(0);
        }
        self.verify_chain(scope).await?;
        let (mut first, mut removed) = (state.last + 1, 0);
        while self.walk(scope, &mut state, through).await? > 0 {
            removed += self.cut_segment(scope, (first, &state), at).await?;
            first = state.last + 1;
        }
        Ok(removed)
    }

    async fn cut_segment(
        &self,
        scope: &Scope,
        (first, ChainState { last, hash, .. }): (i64, &ChainState),
        at: Time,
    ) -> Result<u64, StoreError> {
        let mut tx = self.pool.begin().await?;
        tx.execute(
            "INSERT INTO event_segments (first_sequence, scope, last_sequence, last_hash, cut_at)
             VALUES ($1, $2, $3, $4, $5)",
            values![first, scope.organisation, *last, hash.as_str(), at],
        )
        .await?;
        let removed = tx
            .execute(
                "DELETE FROM events WHERE scope = $1 AND sequence <= $2",
                values![scope.organisation, *last],
            )
            .await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// Where the log begins: after the last segment that was cut.
    pub(crate) async fn last_cut(&self, scope: &Scope) -> Result<ChainState, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT last_sequence, last_hash FROM event_segments WHERE scope = $1
                 ORDER BY first_sequence DESC LIMIT 1",
                values![scope.organisation],
            )
            .await?;
        let (cut, hash) = rows
            .first()
            .map_or_else(|| Ok((0, String::new())), |row| Ok::<_, StoreError>((row.int(0)?, row.text(1)?)))?;
        Ok(ChainState { cut, last: cut, hash })
    }
}
