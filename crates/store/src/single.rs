//! Connections to SQLite, each used by one after the other.
//!
//! Every statement crosses to the connection's thread and back, which is most of what a small one costs. A pool of sqlx
//! crosses once more after each use, to ask for a sign of life that a file does not need to give.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, Executor, Sqlite, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// One connection, made when it is first needed. Clones share it.
#[derive(Clone)]
pub(crate) struct Single {
    options: Arc<SqliteConnectOptions>,
    held: Arc<Mutex<Held>>,
}

struct Held {
    state: State,
    /// A transaction was begun, and nobody saw it end.
    begun: bool,
}

enum State {
    Unopened,
    Open(SqliteConnection),
    Closed,
}

/// The right to use the connection, until it is dropped.
pub(crate) struct Turn {
    held: OwnedMutexGuard<Held>,
}

impl Single {
    pub(crate) fn new(options: SqliteConnectOptions) -> Self {
        let held = Held { state: State::Unopened, begun: false };
        Self { options: Arc::new(options), held: Arc::new(Mutex::new(held)) }
    }

    /// The database's file.
    pub(crate) fn file(&self) -> &Path {
        self.options.get_filename()
    }

    /// Waits for its turn. What whoever came before left undone is rolled back.
    pub(crate) async fn take(&self) -> Result<Turn, sqlx::Error> {
        self.prepared(Arc::clone(&self.held).lock_owned().await).await
    }

    /// As [`Single::take`], where nobody else has it.
    async fn take_if_free(&self) -> Option<Result<Turn, sqlx::Error>> {
        let held = Arc::clone(&self.held).try_lock_owned().ok()?;
        Some(self.prepared(held).await)
    }

    async fn prepared(&self, mut held: OwnedMutexGuard<Held>) -> Result<Turn, sqlx::Error> {
        if matches!(held.state, State::Unopened) {
            held.state = State::Open(self.options.connect().await?);
        }
        let mut turn = Turn { held };
        turn.connection()?;
        if turn.held.begun {
            // SQLite may have rolled back by itself, as on a full disk: then there is nothing to do, which it calls an error.
            drop(turn.connection()?.execute("ROLLBACK").await);
            turn.held.begun = false;
        }
        Ok(turn)
    }

    /// Begins a transaction with these statements, and gives the rows that they answered.
    pub(crate) async fn begin(
        &self,
        statements: Query<'static, Sqlite, SqliteArguments>,
    ) -> Result<(Turn, Vec<SqliteRow>), sqlx::Error> {
        let mut turn = self.take().await?;
        // Noted first: whoever stops waiting for it leaves a transaction behind.
        turn.held.begun = true;
        let rows = statements.fetch_all(turn.connection()?).await?;
        Ok((turn, rows))
    }

    /// Nobody gets a turn any more.
    pub(crate) async fn close(&self) {
        let mut held = self.held.lock().await;
        if let State::Open(connection) = std::mem::replace(&mut held.state, State::Closed) {
            // What was committed is on the disk; whoever opens the file next folds the log in.
            drop(connection.close().await);
        }
    }
}

impl Turn {
    /// The connection.
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        match &mut self.held.state {
            State::Open(connection) => Ok(connection),
            State::Unopened | State::Closed => Err(sqlx::Error::PoolClosed),
        }
    }

    /// Ends the transaction that was begun.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.connection()?.execute("COMMIT").await?;
        self.held.begun = false;
        Ok(())
    }
}

impl fmt::Debug for Single {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Single").field(&self.file()).finish()
    }
}

/// Several connections to one file, for those who read.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    all: Arc<[Single]>,
    turns: Arc<AtomicUsize>,
}

impl Readers {
    pub(crate) fn new(all: impl IntoIterator<Item = Single>) -> Self {
        Self { all: all.into_iter().collect(), turns: Arc::default() }
    }

    /// The first that is free; where none is, each is waited for in turn.
    pub(crate) async fn take(&self) -> Result<Turn, sqlx::Error> {
        for single in self.all.iter() {
            if let Some(turn) = single.take_if_free().await {
                return turn;
            }
        }
        let turn = self.turns.fetch_add(1, Relaxed) % self.all.len().max(1);
        match self.all.get(turn) {
            Some(single) => single.take().await,
            None => Err(sqlx::Error::PoolClosed),
        }
    }

    pub(crate) async fn close(&self) {
        for single in self.all.iter() {
            single.close().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn count(single: &Single) -> i64 {
        let mut turn = single.take().await.unwrap();
        sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(turn.connection().unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn what_nobody_committed_is_gone_at_the_next_turn() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            SqliteConnectOptions::new().filename(folder.path().join("file")).create_if_missing(true);
        let single = Single::new(options);
        single.take().await.unwrap().connection().unwrap().execute("CREATE TABLE t (a)").await.unwrap();
        let begin = async || single.begin(sqlx::query("BEGIN IMMEDIATE")).await.unwrap().0;
        let mut left = begin().await;
        left.connection().unwrap().execute("INSERT INTO t VALUES (1)").await.unwrap();
        drop(left);
        assert_eq!(count(&single).await, 0);
        let mut kept = begin().await;
        kept.connection().unwrap().execute("INSERT INTO t VALUES (1)").await.unwrap();
        kept.commit().await.unwrap();
        assert_eq!(count(&single).await, 1);
        // SQLite ends a transaction by itself where the disk is full.
        let mut ended = begin().await;
        ended.connection().unwrap().execute("ROLLBACK").await.unwrap();
        drop(ended);
        assert_eq!(count(&single).await, 1);
    }

    #[tokio::test]
    async fn a_reader_that_is_taken_is_not_waited_for_while_another_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            SqliteConnectOptions::new().filename(folder.path().join("file")).create_if_missing(true);
        let readers = Readers::new([options.clone(), options].map(Single::new));
        let first = readers.take().await.unwrap();
        let second = readers.take().await.unwrap();
        let third = tokio::spawn({
            let readers = readers.clone();
            async move { readers.take().await.is_ok() }
        });
        drop((first, second));
        assert!(third.await.unwrap());
        readers.close().await;
        assert!(matches!(readers.take().await, Err(sqlx::Error::PoolClosed)));
    }
}
