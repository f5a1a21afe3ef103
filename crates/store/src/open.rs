//! Opening the store.

use std::fmt;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use notafter_cert::Time;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::StoreError;
use crate::dialect::Dialect;
use crate::single::{Readers, Single};
use crate::sql::Pool;
use crate::tally::Tallies;
use crate::{disk, migrate, reading};

/// How long a PostgreSQL server may take to let us in.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Where the state lies.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file, usually [`crate::DataDir::database`]. The caller holds the directory's lock.
    File(PathBuf),
    /// A PostgreSQL database: `postgres://user@host/name`.
    Postgres(String),
}

/// An address may hold a password.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Postgres(_) => f.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

/// The organisation's state. Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: Pool,
    pub(crate) file: Option<PathBuf>,
    pub(crate) tallies: Tallies,
}

impl Store {
    /// Opens the database, makes it where it is missing, and brings its schema up to date; `now` is written down with
    /// the migrations. An existing file is backed up beside itself before it is migrated.
    ///
    /// # Errors
    /// When it cannot be opened, is damaged, or was written by a newer notafter.
    pub async fn open(location: &Location, now: Time) -> Result<Self, StoreError> {
        Self::open_as(location, now, &SERVER).await
    }

    /// As [`Store::open`], for somebody who asks one thing after another and is gone soon: one connection, and less of
    /// SQLite's log for the next one to read.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_for_a_command(location: &Location, now: Time) -> Result<Self, StoreError> {
        Self::open_as(location, now, &COMMAND).await
    }

    /// Opens the database as it stands, to read it and nothing else: no schema is changed and not a byte is written.
    /// Nobody is kept from working with it, or from beginning to.
    ///
    /// # Errors
    /// When it cannot be opened, is damaged, is of another schema, or SQLite cannot read it without writing.
    pub async fn open_to_read(location: &Location) -> Result<Self, StoreError> {
        let store = match location {
            Location::File(path) => Self::of(reading::sqlite(path).await?, Some(path.clone())),
            Location::Postgres(url) => Self::of(postgres(url, &READING).await?, None),
        };
        let checked = migrate::is_up_to_date(&store).await;
        if checked.is_err() {
            store.close().await;
        }
        checked.map(|()| store)
    }

    async fn open_as(location: &Location, now: Time, manner: &Manner) -> Result<Self, StoreError> {
        let store = match location {
            Location::File(path) => Self::of(sqlite(path, manner).await?, Some(path.clone())),
            Location::Postgres(url) => Self::of(postgres(url, &[]).await?, None),
        };
        migrate::run(&store, now).await?;
        Ok(store)
    }

    /// What talks to a database, which is this file.
    pub(crate) fn of(pool: Pool, file: Option<PathBuf>) -> Self {
        Self { pool, file, tallies: Tallies::default() }
    }

    /// Closes every connection; pending reads and writes end first.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// How many statements were asked outside transactions since it was opened, and how many rows they gave: the work
    /// that a reader makes.
    #[must_use]
    pub fn asked(&self) -> (u64, u64) {
        let asked = self.pool.asked();
        (asked.statements.load(Relaxed), asked.rows.load(Relaxed))
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        Dialect::of(&self.pool)
    }
}

/// How SQLite is used.
struct Manner {
    /// Connections that read while another one writes; none where one does both. Each costs a thread and a reading of the
    /// schema.
    readers: usize,
    /// What the connection that writes keeps of the database, as SQLite counts it: negative, in KiB. A large file of the
    /// inventory is written faster with more.
    cache: &'static str,
    /// Pages after which the log is folded into the database. Whoever comes first after the last one has left reads the
    /// whole log.
    log_pages: &'static str,
}

const SERVER: Manner = Manner { readers: 4, cache: "-2000", log_pages: "1000" };

const COMMAND: Manner = Manner { readers: 0, cache: "-16000", log_pages: "200" };

/// WAL with `synchronous=FULL`: a commit is on the disk when it returns, also after a power cut.
async fn sqlite(path: &Path, manner: &Manner) -> Result<Pool, StoreError> {
    // SQLite would make it readable by others, and its logs as the database is. What is wrong with the path, it tells.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    drop(made);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(false)
        // Destroyed keys leave nothing behind in free pages.
        .pragma("secure_delete", "ON")
        .pragma("wal_autocheckpoint", manner.log_pages)
        .pragma("cache_size", manner.cache);
    let write = Single::new(options.clone());
    write.take().await.map_err(|error| disk::cause(error, path))?;
    let reading = options.create_if_missing(false).pragma("cache_size", "-500");
    let readers = match manner.readers {
        0 => Readers::new([write.clone()]),
        several => Readers::new(std::iter::repeat_with(|| Single::new(reading.clone())).take(several)),
    };
    Ok(Pool::Sqlite { read: readers, write, asked: Arc::default() })
}

/// Parameters of a session that changes nothing.
const READING: [(&str, &str); 1] = [("default_transaction_read_only", "on")];

async fn postgres(url: &str, parameters: &[(&str, &str)]) -> Result<Pool, StoreError> {
    let options: PgConnectOptions = url.parse().map_err(StoreError::Url)?;
    let options = options.options(parameters.iter().copied());
    // A pool tries again until its time is over, and then does not say why it could not connect.
    let first = tokio::time::timeout(CONNECT_WITHIN, options.connect()).await;
    first.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(CONNECT_WITHIN)
        .connect_with(options.application_name("notafter"))
        .await?;
    Ok(Pool::Postgres { pool, asked: Arc::default() })
}
