//! Connections to SQLite, each used by one after the other.
//!
//! Every statement crosses to the connection's thread and back, which is most of what a small one costs. A pool of sqlx
//! crosses once more after each use, to ask for a sign of life that a file does not need to give. Whose thread died is found
//! out by whoever asks it next, and opened anew for whoever comes after.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use futures_util::TryStreamExt;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, Either, Execute, Executor, Sqlite, SqliteConnection};
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
    /// Its thread died. What it had not committed SQLite has rolled back.
    Lost,
    Closed,
}

/// What statements answered.
#[derive(Default)]
pub(crate) struct Answer {
    /// Their rows.
    pub(crate) rows: Vec<SqliteRow>,
    /// How many rows they changed.
    pub(crate) changed: u64,
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

    async fn prepared(&self, held: OwnedMutexGuard<Held>) -> Result<Turn, sqlx::Error> {
        let mut turn = Turn { held };
        self.open(&mut turn).await?;
        if turn.held.begun {
            // SQLite may have rolled back by itself, as on a full disk: then there is nothing to do, which it calls an error.
            drop(turn.run(sqlx::query("ROLLBACK")).await);
            turn.held.begun = false;
            self.open(&mut turn).await?;
        }
        Ok(turn)
    }

    /// Opens the connection where there is none. A database that was there once is not made anew: it went for a reason.
    async fn open(&self, turn: &mut Turn) -> Result<(), sqlx::Error> {
        let options = match turn.held.state {
            State::Open(_) => return Ok(()),
            State::Unopened => SqliteConnectOptions::clone(&self.options),
            State::Lost => SqliteConnectOptions::clone(&self.options).create_if_missing(false),
            State::Closed => return Err(sqlx::Error::PoolClosed),
        };
        turn.held.state = State::Open(options.connect().await?);
        Ok(())
    }

    /// Begins a transaction with these statements, and gives the rows that they answered.
    pub(crate) async fn begin(
        &self,
        statements: Query<'static, Sqlite, SqliteArguments>,
    ) -> Result<(Turn, Vec<SqliteRow>), sqlx::Error> {
        let mut turn = self.take().await?;
        // Noted first: whoever stops waiting for it leaves a transaction behind.
        turn.held.begun = true;
        let rows = turn.run(statements).await?.rows;
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
    /// Runs statements, and gives up a connection whose thread died.
    pub(crate) async fn run<'q, E: Execute<'q, Sqlite> + 'q>(
        &mut self,
        statements: E,
    ) -> Result<Answer, sqlx::Error> {
        let connection = match &mut self.held.state {
            State::Open(connection) => connection,
            State::Lost => return Err(sqlx::Error::WorkerCrashed),
            State::Unopened | State::Closed => return Err(sqlx::Error::PoolClosed),
        };
        let answer = answer(connection, statements).await;
        if matches!(answer, Err(sqlx::Error::WorkerCrashed)) {
            tracing::warn!("the thread of a connection to SQLite died; another connection takes its place");
            (self.held.state, self.held.begun) = (State::Lost, false);
        }
        answer
    }

    /// Ends the transaction that was begun.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.run(sqlx::query("COMMIT")).await?;
        self.held.begun = false;
        Ok(())
    }
}

/// The thread says of each statement that it is done. Where it dies in the midst of one the rows only stop coming, which
/// must not be taken for their end, nor a commit for done.
async fn answer<'q, E: Execute<'q, Sqlite> + 'q>(
    connection: &mut SqliteConnection,
    statements: E,
) -> Result<Answer, sqlx::Error> {
    let mut parts = connection.fetch_many(statements);
    let (mut answer, mut is_done) = (Answer::default(), false);
    while let Some(part) = parts.try_next().await? {
        is_done = part.is_left();
        match part {
            Either::Left(done) => answer.changed += done.rows_affected(),
            Either::Right(row) => answer.rows.push(row),
        }
    }
    if is_done { Ok(answer) } else { Err(sqlx::Error::WorkerCrashed) }
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
    use std::sync::atomic::AtomicBool;

    use sqlx::Row;
    use tracing::Subscriber;
    use tracing::span::{EnteredSpan, Id};
    use tracing::subscriber::DefaultGuard;
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::{Context, SubscriberExt};
    use tracing_subscriber::util::SubscriberInitExt;

    use super::*;

    async fn count(single: &Single) -> Result<i64, sqlx::Error> {
        let answer = single.take().await?.run(sqlx::query("SELECT count(*) FROM t")).await?;
        answer.rows[0].try_get(0)
    }

    /// A table without a row.
    async fn set(folder: &Path) -> Single {
        let options = SqliteConnectOptions::new().filename(folder.join("file")).create_if_missing(true);
        let single = Single::new(options);
        single.take().await.unwrap().run(sqlx::query("CREATE TABLE t (a)")).await.unwrap();
        single
    }

    async fn begin(single: &Single) -> Turn {
        single.begin(sqlx::query("BEGIN IMMEDIATE")).await.unwrap().0
    }

    async fn insert(turn: &mut Turn) {
        let answer = turn.run(sqlx::query("INSERT INTO t VALUES (1)")).await.unwrap();
        assert_eq!((answer.changed, answer.rows.len()), (1, 0));
    }

    /// Kills the first thread of a connection that takes up what was asked within a span.
    #[derive(Default)]
    struct Deadly(AtomicBool);

    impl<S: Subscriber> Layer<S> for Deadly {
        fn on_enter(&self, _: &Id, _: Context<'_, S>) {
            let thread = std::thread::current();
            let is_meant = thread.name().is_some_and(|name| name.starts_with("sqlx"));
            assert!(!is_meant || self.0.swap(true, Relaxed), "as it was told");
        }
    }

    /// While this lives, on this thread.
    fn deadly() -> (DefaultGuard, EnteredSpan) {
        let guard = tracing_subscriber::registry().with(Deadly::default()).set_default();
        (guard, tracing::info_span!("deadly").entered())
    }

    #[tokio::test]
    async fn what_nobody_committed_is_gone_at_the_next_turn() {
        let folder = tempfile::tempdir().unwrap();
        let single = set(folder.path()).await;
        let mut left = begin(&single).await;
        insert(&mut left).await;
        drop(left);
        assert_eq!(count(&single).await.unwrap(), 0);
        let mut kept = begin(&single).await;
        insert(&mut kept).await;
        kept.commit().await.unwrap();
        assert_eq!(count(&single).await.unwrap(), 1);
        // SQLite ends a transaction by itself where the disk is full.
        let mut ended = begin(&single).await;
        ended.run(sqlx::query("ROLLBACK")).await.unwrap();
        drop(ended);
        assert_eq!(count(&single).await.unwrap(), 1);
    }

    /// Its rows ended as if there were no more, and every use of it failed for ever.
    #[tokio::test]
    async fn a_connection_whose_thread_died_says_so_once_and_another_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let single = set(folder.path()).await;
        for _ in 0..2 {
            let killing = deadly();
            assert!(
                matches!(count(&single).await, Err(sqlx::Error::WorkerCrashed)),
                "no row is not zero rows"
            );
            drop(killing);
            assert_eq!(count(&single).await.unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn what_a_dead_thread_did_not_commit_is_gone_and_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let single = set(folder.path()).await;
        for statement in ["INSERT INTO t VALUES (2)", "COMMIT"] {
            let mut dying = begin(&single).await;
            insert(&mut dying).await;
            let killing = deadly();
            let outcome = match statement {
                "COMMIT" => dying.commit().await,
                _ => {
                    let outcome = dying.run(sqlx::query(statement)).await;
                    drop(dying);
                    outcome.map(drop)
                }
            };
            assert!(matches!(outcome, Err(sqlx::Error::WorkerCrashed)), "{statement}: {outcome:?}");
            drop(killing);
            // SQLite waits until the thread has come to its end, which lets go of the lock.
            let mut next = begin(&single).await;
            assert!(next.run(sqlx::query("SELECT a FROM t")).await.unwrap().rows.is_empty());
        }
        // It died when what somebody had left was to be rolled back: that is done, and whoever came is served.
        let mut left = begin(&single).await;
        insert(&mut left).await;
        drop(left);
        let killing = deadly();
        assert_eq!(count(&single).await.unwrap(), 0);
        drop(killing);
        let mut next = begin(&single).await;
        insert(&mut next).await;
        next.commit().await.unwrap();
        assert_eq!(count(&single).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_transaction_does_not_go_on_over_another_connection() {
        let folder = tempfile::tempdir().unwrap();
        let single = set(folder.path()).await;
        let mut turn = begin(&single).await;
        insert(&mut turn).await;
        let killing = deadly();
        assert!(turn.run(sqlx::query("SELECT a FROM t")).await.is_err());
        drop(killing);
        let more = turn.run(sqlx::query("INSERT INTO t VALUES (2)")).await;
        assert!(matches!(more, Err(sqlx::Error::WorkerCrashed)));
        assert!(matches!(turn.commit().await, Err(sqlx::Error::WorkerCrashed)));
        assert_eq!(count(&single).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_database_that_went_meanwhile_is_not_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let single = set(folder.path()).await;
        let killing = deadly();
        assert!(count(&single).await.is_err());
        drop(killing);
        std::fs::remove_file(folder.path().join("file")).unwrap();
        assert!(count(&single).await.is_err());
        assert!(!folder.path().join("file").exists());
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
