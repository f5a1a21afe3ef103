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
use crate::{DataDir, Scope, Store, StoreError, disk, last_line, migrate};

/// A backup that took the place of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBack {
    /// Where the database that was there before is kept.
    pub before: Option<PathBuf>,
    /// Whether the backup ended with a digest of its content, which was right; those of an older notafter have none.
    pub digest: bool,
}

impl Store {
    /// Writes a complete, verified copy of the database to `to` while work goes on; on the disk when this returns, mode
    /// 0600. The key-encryption key is not in it: without that, the keys in the copy cannot be opened.
    ///
    /// # Errors
    /// When `to` exists already, cannot be written, or the copy does not pass its check; then `to` is not there.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if fs::symlink_metadata(to).is_ok() {
            let exists = io::Error::new(io::ErrorKind::AlreadyExists, "it exists already");
            return Err(StoreError::backup("written", to)(exists));
        }
        self.backup_anew(to).await
    }

    /// As [`Store::backup`], in the place of one that is there: an upgrade that broke off after its backup is begun anew.
    pub(crate) async fn backup_anew(&self, to: &Path) -> Result<(), StoreError> {
        let Pool::Sqlite { read, .. } = &self.pool else { return Err(StoreError::NotAFile("backup")) };
        let failed = || StoreError::backup("written", to);
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

    /// Whether this file is a backup that can be restored; also whether it ends with a digest of its content.
    ///
    /// # Errors
    /// It cannot be read, is no backup, is damaged (any byte of it, where it has a digest), or was made by a newer notafter.
    pub async fn check_backup(from: &Path) -> Result<bool, StoreError> {
        let failed = || StoreError::backup("read", from);
        if !fs::metadata(from).map_err(failed())?.is_file() {
            return Err(failed()(io::Error::other("it is not a file")));
        }
        let digest = last_line::check(from).map_err(failed())?;
        let found = inspect(from, Depth::Documents).await.map_err(|error| match error {
            StoreError::Damaged(why) => failed()(io::Error::other(why)),
            error => error,
        })?;
        if found > migrate::newest() {
            return Err(StoreError::NewerSchema { found, known: migrate::newest() });
        }
        Ok(digest)
    }

    /// Puts a backup in the place of the database in `data`, which nobody else has open: the lock says so. What was there
    /// stays beside it, named after `now`. A crash leaves either the old database or the new one.
    ///
    /// # Errors
    /// When the backup is damaged or of a newer notafter, or cannot be copied; then the old database is as it was.
    pub async fn restore(from: &Path, data: &DataDir, now: Time) -> Result<PutBack, StoreError> {
        let failed = || StoreError::backup("read", from);
        let digest = Self::check_backup(from).await?;
        let live = data.database();
        let part = beside(&live, "restoring");
        copy(from, &part).map_err(failed())?;
        if digest {
            // What was read the second time is what was read the first time.
            last_line::check(&part)
                .and_then(|_| last_line::take_off(&part))
                .map_err(StoreError::backup("read", from))?;
        }
        let mut before = None;
        if live.exists() {
            // With its log folded in, the old database is one file, which can be kept by a second name.
            let old = alone(&live, false);
            old.take().await?.run(sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")).await?;
            old.close().await;
            before = Some(keep(&live, now).map_err(failed())?);
        }
        for log in ["-wal", "-shm"] {
            let mut name = live.as_os_str().to_owned();
            name.push(log);
            remove(Path::new(&name)).map_err(failed())?;
        }
        fs::rename(&part, &live).and_then(|()| sync_parent(&live)).map_err(failed())?;
        Ok(PutBack { before, digest })
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
    inspect(part, Depth::Structure).await?;
    last_line::write(part).map_err(StoreError::backup("written", part))
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

/// How far a database file is looked into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Structure and event log.
    Structure,
    /// Every document, too.
    Documents,
}

/// Checks a database file without changing it, and gives its schema.
async fn inspect(path: &Path, depth: Depth) -> Result<i64, StoreError> {
    let single = alone(path, true);
    let read = Readers::new([single.clone()]);
    let store = Store::of(Pool::Sqlite { read, write: single, asked: Arc::default() }, None);
    let checked = async {
        let tables = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'";
        let tables = store.pool.fetch(tables, values![]).await?;
        if tables.is_empty() {
            return Err(StoreError::Damaged("it is not a database of notafter".to_owned()));
        }
        let rows = store.pool.fetch("SELECT max(version) FROM schema_versions", values![]).await?;
        let version = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or(0);
        store.check(&Scope::EVERYTHING).await?;
        // Those of an older schema are read after they were brought up to date.
        if depth == Depth::Documents && version == migrate::newest() {
            read_documents(&store).await?;
        }
        Ok(version)
    }
    .await;
    store.close().await;
    checked
}

/// Reads what the work needs, as a server does that begins with it.
async fn read_documents(store: &Store) -> Result<(), StoreError> {
    const AT_ONCE: u32 = 1000;
    let all = &Scope::EVERYTHING;
    store.owners(all).await?;
    store.channels(all).await?;
    store.paths(all).await?;
    store.issuers(all).await?;
    store.places(all).await?;
    store.orders_open(all).await?;
    store.deployments_open(all).await?;
    for lineage in store.lineages(all).await? {
        store.versions_of(all, lineage.id).await?;
    }
    store.findings_open(all).await?;
    store.alerts_open(all).await?;
    store.deliveries_pending(all).await?;
    store.users(all).await?;
    store.tokens(all).await?;
    store.manifest(all).await?;
    store.key_derivations(all).await?;
    let mut after = None;
    loop {
        let some = store.endpoints_after(all, after, AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(last.id);
    }
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
