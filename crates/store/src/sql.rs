//! One way to run static statements on two concrete pools.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use notafter_cert::{Fingerprint, Time};
use notafter_inventory::model::Id;
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Postgres, Row as _, Sqlite, Transaction};

use crate::dialect::{Both, Dialect};
use crate::single::{Readers, Single, Turn};
use crate::{Lease, StoreError, disk, task};

/// SQLite has one writer and several readers; PostgreSQL one pool.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Sqlite { read: Readers, write: Single, asked: Arc<Asked> },
    Postgres { pool: PgPool, asked: Arc<Asked> },
}

/// How much was read outside transactions since the store was opened.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) statements: AtomicU64,
    pub(crate) rows: AtomicU64,
}

macro_rules! begin {
    ($synchronous:literal, $more:expr) => {
        concat!("PRAGMA synchronous = ", $synchronous, "; BEGIN IMMEDIATE; ", $more)
    };
}

/// A row where the lease still holds.
macro_rules! fence {
    () => {
        "SELECT CAST(1 AS BIGINT) FROM tasks WHERE kind = $1 AND subject = $2 AND epoch = $3 AND holder IS NOT NULL"
    };
}
pub(crate) use fence;

/// A statement about claims: whole by itself, and one that SQLite need not wait for the disk for.
macro_rules! claims {
    ($sqlite:expr, $postgres:expr $(,)?) => {
        $crate::dialect::Both {
            sqlite: concat!("PRAGMA synchronous = NORMAL; ", $sqlite),
            postgres: $postgres,
        }
    };
    ($both:expr) => {
        claims!($both, $both)
    };
}
pub(crate) use claims;

/// A value to bind: nothing but integers, text and blobs is stored.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! from {
    ($($source:ty: $value:ident => $variant:ident $convert:expr;)*) => {$(
        impl From<$source> for Value {
            fn from($value: $source) -> Self {
                Self::$variant($convert)
            }
        }
    )*};
}

from! {
    i64: value => Int Some(value);
    Option<i64>: value => Int value;
    bool: value => Int Some(i64::from(value));
    Time: value => Int Some(value.as_micros());
    Option<Time>: value => Int value.map(Time::as_micros);
    String: value => Text Some(value);
    &str: value => Text Some(value.to_owned());
    Option<String>: value => Text value;
    Vec<u8>: value => Blob Some(value);
    &[u8]: value => Blob Some(value.to_vec());
    Fingerprint: value => Blob Some(value.as_bytes().to_vec());
}

impl<K: notafter_inventory::model::Kind> From<Id<K>> for Value {
    fn from(id: Id<K>) -> Self {
        Self::Blob(Some(id.as_bytes().to_vec()))
    }
}

impl<K: notafter_inventory::model::Kind> From<Option<Id<K>>> for Value {
    fn from(id: Option<Id<K>>) -> Self {
        Self::Blob(id.map(|id| id.as_bytes().to_vec()))
    }
}

/// A row of either database; columns by position.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! column {
    ($name:ident, $kind:ty) => {
        pub(crate) fn $name(&self, position: usize) -> Result<$kind, StoreError> {
            Ok(match self {
                Self::Sqlite(row) => row.try_get(position)?,
                Self::Postgres(row) => row.try_get(position)?,
            })
        }
    };
}

impl Row {
    column!(int, i64);
    column!(maybe_int, Option<i64>);
    column!(text, String);
    column!(maybe_text, Option<String>);
    column!(blob, Vec<u8>);

    pub(crate) fn time(&self, position: usize) -> Result<Time, StoreError> {
        self.int(position).map(Time::from_micros)
    }

    pub(crate) fn id<K: notafter_inventory::model::Kind>(
        &self,
        position: usize,
    ) -> Result<Id<K>, StoreError> {
        let bytes = self.blob(position)?;
        let bytes =
            bytes.try_into().map_err(|_| StoreError::Damaged("an identifier has not 16 bytes".to_owned()))?;
        Ok(Id::from_bytes(bytes))
    }

    pub(crate) fn document<T: DeserializeOwned>(
        &self,
        position: usize,
        what: &'static str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(position)?).map_err(|source| StoreError::Document { what, source })
    }
}

/// JSON as it is stored.
pub(crate) fn json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Document { what, source })
}

fn sqlite(sql: &'static str, values: Vec<Value>) -> Query<'static, Sqlite, SqliteArguments> {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Blob(value) => query.bind(value),
    })
}

fn postgres(sql: &'static str, values: Vec<Value>) -> Query<'static, Postgres, PgArguments> {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Blob(value) => query.bind(value),
    })
}

impl Pool {
    /// Reads outside any transaction.
    pub(crate) async fn fetch(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let rows: Vec<Row> = match self {
            Self::Sqlite { read, .. } => {
                let rows = read.take().await?.run(sqlite(sql, values)).await?.rows;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres { pool, .. } => {
                postgres(sql, values).fetch_all(pool).await?.into_iter().map(Row::Postgres).collect()
            }
        };
        self.asked().statements.fetch_add(1, Relaxed);
        self.asked().rows.fetch_add(rows.len() as u64, Relaxed);
        Ok(rows)
    }

    pub(crate) fn asked(&self) -> &Asked {
        match self {
            Self::Sqlite { asked, .. } | Self::Postgres { asked, .. } => asked,
        }
    }

    /// Begins a transaction that writes. SQLite takes its only write lock at once, so that it cannot fail later.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(self.begin_with(begin!("FULL", ""), values![]).await?.0)
    }

    /// Begins a transaction with statements of SQLite, in one go; PostgreSQL only begins.
    async fn begin_with(&self, sql: &'static str, values: Vec<Value>) -> Result<(Tx, Vec<Row>), StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                let file = write.file().to_owned();
                let begun = write.begin(sqlite(sql, values)).await;
                let (turn, rows) = begun.map_err(|error| disk::cause(error, &file))?;
                (Tx::Sqlite(turn, file), rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres { pool, .. } => (Tx::Postgres(pool.begin().await?), Vec::new()),
        })
    }

    /// As [`Pool::begin`], for whoever holds this lease; it is theirs until the transaction ends. What need not wait for the
    /// disk is lost in a power cut together with everything that came after it; a wait for anything later is one for it, too.
    pub(crate) async fn begin_under(&self, lease: &Lease, waits_for_disk: bool) -> Result<Tx, StoreError> {
        let values = values![lease.kind, lease.subject.bytes(), lease.epoch];
        let sql = if waits_for_disk { begin!("FULL", fence!()) } else { begin!("NORMAL", fence!()) };
        let (mut tx, rows) = self.begin_with(sql, values).await?;
        if let Self::Postgres { .. } = self {
            task::fence(&mut tx, Dialect::Postgres, lease).await?;
        } else if rows.is_empty() {
            return Err(task::lost(lease));
        }
        Ok(tx)
    }

    /// Runs one [`claims!`] statement by itself. In SQLite it survives the process but not a power cut, which the claimer
    /// does not survive either: then the task is due again, as after [`Store::release_claims`](crate::Store::release_claims).
    /// That saves the wait for the disk.
    pub(crate) async fn claim(&self, sql: Both, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                let mut turn = write.take().await?;
                let answer = turn.run(sqlite(sql.sqlite, values)).await;
                let rows = answer.map_err(|error| disk::cause(error, write.file()))?.rows;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres { pool, .. } => {
                let rows = postgres(sql.postgres, values).fetch_all(pool).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// A transaction; dropped, it is rolled back, in SQLite before the connection's next use.
pub(crate) enum Tx {
    /// With the database's file, which tells what an error of the disk means.
    Sqlite(Turn, PathBuf),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(..) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(tx, file) => {
                let answer = tx.run(sqlite(sql, values)).await;
                answer.map_err(|error| disk::cause(error, file))?.changed
            }
            Self::Postgres(tx) => postgres(sql, values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Runs a statement and gives its rows.
    pub(crate) async fn fetch(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(tx, file) => {
                let answer = tx.run(sqlite(sql, values)).await;
                answer.map_err(|error| disk::cause(error, file))?.rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(tx) => {
                postgres(sql, values).fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Runs several statements without parameters: migrations.
    pub(crate) async fn script(&mut self, sql: String) -> Result<(), StoreError> {
        let script = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
        match self {
            Self::Sqlite(tx, file) => {
                tx.run(script).await.map(drop).map_err(|error| disk::cause(error, file))?;
            }
            Self::Postgres(tx) => script.execute(&mut **tx).await.map(drop)?,
        }
        Ok(())
    }

    /// Makes it durable: on the disk when this returns.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx, file) => tx.commit().await.map_err(|error| disk::cause(error, &file))?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use crate::{Location, Store};

    #[tokio::test]
    async fn only_claims_do_not_wait_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("database"));
        let store = Store::open(&location, Time::from_unix_seconds(0)).await.unwrap();
        let claimed = async || {
            let rows = store.pool.claim(claims!("PRAGMA synchronous"), values![]).await.unwrap();
            rows[0].int(0).unwrap()
        };
        let applied = async || {
            let mut tx = store.pool.begin().await.unwrap();
            let rows = tx.fetch("PRAGMA synchronous", values![]).await.unwrap();
            tx.commit().await.unwrap();
            rows[0].int(0).unwrap()
        };
        let (normal, full) = (1, 2);
        assert_eq!((claimed().await, applied().await, claimed().await), (normal, full, normal));
    }
}
