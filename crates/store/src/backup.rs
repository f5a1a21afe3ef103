//! Backups of a database in a file, while it is in use.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notafter_cert::Time;
use sqlx::sqlite::SqliteConnectOptions;

use crate::single::{Readers, Single, Turn};
use crate::sql::{Pool, values};
use crate::{DataDir, Scope, Store, StoreError, disk, migrate};

impl Store {
    /// Writes a complete, verified copy of the database to `to` while work goes on; on the disk when this returns, mode
    /// 0600. The key-encryption key is not in it: without that, the keys in the copy cannot be opened.
    ///
    /// # Errors
    /// When `to` exists already, cannot be written, or the copy does not pass its check; then `to` is not there.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let Pool::Sqlite { read, .. } = &self.pool else { return Err(StoreError::NotAFile("backup")) };
        let failed = || StoreError::backup("written", to);
        if fs::symlink_metadata(to).is_ok() {
            return Err(failed()(io::Error::new(io::ErrorKind::AlreadyExists, "it exists already")));
        }
        let part = beside(to, "part");
        remove(&part).map_err(failed())?;
        // VACUUM INTO takes an empty file as it is: so the copy is never readable by others.
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(failed())?;
        let copied = copy_into(read.take().await?, &part).await;
        if copied.is_err() {
            // The first error is the one to tell; a part left behind is replaced by the next backup.
            drop(fs::remove_file(&part));
        }
        copied?;
        fs::rename(&part, to).and_then(|()| sync_parent(to)).map_err(failed())
    }

    /// Whether the database's structure is sound and the event log holds together.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Chain`], or a fault of the database.
    pub async fn check(&self, scope: &Scope) -> Result<(), StoreError> {
        self.check_structure().await?;
        self.verify_chain(scope).await.map(drop)
    }

    /// Whether the database's structure is sound; PostgreSQL sees to that by itself.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or a fault of the database.
    pub async fn check_structure(&self) -> Result<(), StoreError> {
        if let Pool::Sqlite { .. } = self.pool {
            let rows = self.pool.fetch("PRAGMA integrity_check", values![]).await?;
            let first = rows.first().map(|row| row.text(0)).transpose()?.unwrap_or_default();
            if first != "ok" {
                return Err(StoreError::Damaged(first));
            }
        }
        Ok(())
    }

    /// Whether this file is a backup that can be restored.
    ///
    /// # Errors
    /// It cannot be read, is no backup, is damaged, or was made by a newer notafter.
    pub async fn check_backup(from: &Path) -> Result<(), StoreError> {
        let failed = || StoreError::backup("read", from);
        if !fs::metadata(from).map_err(failed())?.is_file() {
            return Err(failed()(io::Error::other("it is not a file")));
        }
        File::open(from).map_err(failed())?;
        let found = inspect(from).await.map_err(|error| match error {
            StoreError::Damaged(why) => failed()(io::Error::other(why)),
            error => error,
        })?;
        if found > migrate::newest() {
            return Err(StoreError::NewerSchema { found, known: migrate::newest() });
        }
        Ok(())
    }

    /// Puts a backup in the place of the database in `data`, which nobody else has open: the lock says so. What was there
    /// stays beside it, named after `now`. A crash leaves either the old database or the new one.
    ///
    /// # Errors
    /// When the backup is damaged or of a newer notafter, or cannot be copied; then the old database is as it was.
    pub async fn restore(from: &Path, data: &DataDir, now: Time) -> Result<Option<PathBuf>, StoreError> {
        let failed = || StoreError::backup("read", from);
        Self::check_backup(from).await?;
        let live = data.database();
        let part = beside(&live, "restoring");
        copy(from, &part).map_err(failed())?;
        let mut kept = None;
        if live.exists() {
            // With its log folded in, the old database is one file, which can be kept by a second name.
            let old = alone(&live, false);
            old.take().await?.run(sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")).await?;
            old.close().await;
            kept = Some(keep(&live, now).map_err(failed())?);
        }
        for log in ["-wal", "-shm"] {
            let mut name = live.as_os_str().to_owned();
            name.push(log);
            remove(Path::new(&name)).map_err(failed())?;
        }
        fs::rename(&part, &live).and_then(|()| sync_parent(&live)).map_err(failed())?;
        Ok(kept)
    }
}

async fn copy_into(mut database: Turn, part: &Path) -> Result<(), StoreError> {
    let name = part
        .to_str()
        .ok_or_else(|| StoreError::backup("written", part)(io::Error::other("its path is not UTF-8")))?;
    database.run(sqlx::query("VACUUM INTO $1").bind(name)).await.map_err(|error| {
        match disk::cause(error, part) {
            // It is the disk of the copy that is full, not that of the database.
            StoreError::NoSpace(_) => StoreError::backup("written", part)(io::ErrorKind::StorageFull.into()),
            error => error,
        }
    })?;
    drop(database);
    File::open(part).and_then(|file| file.sync_all()).map_err(StoreError::backup("written", part))?;
    inspect(part).await.map(drop)
}

/// A second name for the database, after the instant; one that is taken holds what an earlier restore kept.
fn keep(live: &Path, now: Time) -> io::Result<PathBuf> {
    let name = format!("before-restore-{}", now.unix_seconds());
    let more = (2_u32..).map(|count| format!("{name}-{count}"));
    for name in std::iter::once(name.clone()).chain(more) {
        let kept = beside(live, &name);
        match fs::hard_link(live, &kept) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            linked => return linked.map(|()| kept),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Checks a database file without changing it, and gives its schema.
async fn inspect(path: &Path) -> Result<i64, StoreError> {
    let single = alone(path, true);
    let read = Readers::new([single.clone()]);
    let store = Store { pool: Pool::Sqlite { read, write: single, asked: Arc::default() }, file: None };
    let checked = async {
        let tables = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'";
        let tables = store.pool.fetch(tables, values![]).await?;
        if tables.is_empty() {
            return Err(StoreError::Damaged("it is not a database of notafter".to_owned()));
        }
        let rows = store.pool.fetch("SELECT max(version) FROM schema_versions", values![]).await?;
        let version = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or(0);
        store.check(&Scope::EVERYTHING).await?;
        Ok(version)
    }
    .await;
    store.close().await;
    checked
}

fn alone(path: &Path, immutable: bool) -> Single {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false);
    Single::new(options.immutable(immutable).read_only(immutable))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    remove(to)?;
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut target)?;
    target.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}
