//! Backups of the database, and the way back.

use std::path::{Path, PathBuf};

use notafter_inventory::model::{Actor, Subject};
use notafter_net::Clock;
use notafter_store::{Change, Location, PutBack, Scope, Store, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Fault, Operation, operation};
use crate::context::Context;
use crate::open::{self, data_of, reopen};
use crate::settings::Settings;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("installation.backup", backup)];

/// Where to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Backup {
    /// The file, absolute: the server has another working directory than the person. It must not exist.
    pub file: PathBuf,
}

/// A backup that is complete, checked, and on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// The file.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// What opens the keys in it, and is not in it.
    pub key_encryption_key: PathBuf,
    /// The fingerprint of that key.
    pub key_id: String,
}

async fn backup(context: &Context, actor: &Actor, Backup { file }: Backup) -> Result<BackedUp, Fault> {
    let (path, key_id) = {
        let keyring = context.keyring.read().await;
        (PathBuf::from(keyring.source().to_string()), keyring.id())
    };
    context.store.backup(&file).await?;
    let bytes = std::fs::metadata(&file).map_or(0, |meta| meta.len());
    let event = Change::Event {
        kind: "notafter.installation.backed-up.v1".to_owned(),
        subject: Subject::Installation,
        data: json!({ "file": file, "bytes": bytes }),
    };
    context.apply(None, actor, &[event]).await?;
    Ok(BackedUp { file, bytes, key_encryption_key: path, key_id })
}

/// A database that was put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Where it is.
    pub database: PathBuf,
    /// Where the database that was there before is kept.
    pub before: Option<PathBuf>,
    /// Whether the backup carried a digest of its content, which was right; those of an older notafter carry none.
    pub digest: bool,
    /// Why the keys in it cannot be opened on this machine; nothing when they can.
    pub sealed: Option<Fault>,
}

/// Puts a backup in the place of the database. Holds the data directory's lock: no server runs meanwhile.
///
/// # Errors
/// A server runs; a database is there and `force` was not said; the backup cannot be used. Nothing is changed then.
pub async fn restore(
    settings: &Settings,
    clock: &Clock,
    (from, force): (&Path, bool),
    actor: &Actor,
) -> Result<Restored, Fault> {
    if settings.database.is_some() {
        return Err(StoreError::NotAFile("restore").into());
    }
    let data = data_of(settings)?;
    let lock = open::lock(data, open::COMMAND_WAITS).await?;
    let database = lock.database();
    if database.exists() && !force {
        // Whoever names a file that is no backup hears of that before being told to insist.
        Store::check_backup(from).await?;
        return Err(Fault::new(
            "store.database-exists",
            format!("there is a database at {} already", database.display()),
            "say --force to put the backup in its place; the present database is kept beside it",
        ));
    }
    let PutBack { before, digest } = Store::restore(from, &lock, clock.now()).await?;
    let store = Store::open(&Location::File(database.clone()), clock.now()).await?;
    let sealed = sealed(settings, data, &store).await.err();
    let event = Change::Event {
        kind: "notafter.installation.restored.v1".to_owned(),
        subject: Subject::Installation,
        data: json!({ "from": from, "before": before, "digest": digest }),
    };
    store.apply(&Scope::EVERYTHING, None, clock.now(), actor, &[event]).await?;
    store.close().await;
    Ok(Restored { database, before, digest, sealed })
}

/// Whether the key-encryption key of this machine opens what is in the store.
async fn sealed(settings: &Settings, data: &Path, store: &Store) -> Result<(), Fault> {
    let ids = store.kek_ids(&Scope::EVERYTHING).await?;
    if ids.is_empty() {
        return Ok(());
    }
    reopen(settings, data, store).await.map(drop)
}
