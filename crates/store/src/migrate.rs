//! The schema, forward only.

use std::cmp::Ordering;

use notafter_cert::Time;
use notafter_inventory::model::{BusinessHours, Owner, OwnerId};

use crate::dialect::Both;
use crate::sql::values;
use crate::{Scope, Store, StoreError, entity};

/// In order; a number is never reused, a released file never changed.
const MIGRATIONS: [(i64, &str); 20] = [
    (1, include_str!("../migrations/0001_ground.sql")),
    (2, include_str!("../migrations/0002_ledger_and_retention.sql")),
    (3, include_str!("../migrations/0003_halves.sql")),
    (4, include_str!("../migrations/0004_access.sql")),
    (5, include_str!("../migrations/0005_clock.sql")),
    (6, include_str!("../migrations/0006_answers.sql")),
    (7, include_str!("../migrations/0007_lists.sql")),
    (8, include_str!("../migrations/0008_spent_links.sql")),
    (9, include_str!("../migrations/0009_trust.sql")),
    (10, include_str!("../migrations/0010_status_page.sql")),
    (11, include_str!("../migrations/0011_pings.sql")),
    (12, include_str!("../migrations/0012_drills.sql")),
    (13, include_str!("../migrations/0013_passkeys.sql")),
    (14, include_str!("../migrations/0014_criticality.sql")),
    (15, include_str!("../migrations/0015_identities.sql")),
    (16, include_str!("../migrations/0016_subscribers.sql")),
    (17, include_str!("../migrations/0017_public_since.sql")),
    (18, include_str!("../migrations/0018_order.sql")),
    (19, include_str!("../migrations/0019_ownerships.sql")),
    (20, include_str!("../migrations/0020_labels.sql")),
];

const TABLE_EXISTS: Both = Both {
    sqlite: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'",
    postgres: "SELECT 1::bigint FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_versions'",
};

const RANDOM: Both = Both {
    sqlite: "SELECT randomblob(10)",
    postgres: "SELECT decode(substr(replace(gen_random_uuid()::text, '-', ''), 1, 20), 'hex')",
};

pub(crate) async fn run(store: &Store, now: Time) -> Result<(), StoreError> {
    let found = version(store).await?;
    let known = newest();
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    let pending = || MIGRATIONS.iter().filter(|(number, _)| *number > found);
    if pending().next().is_none() {
        return Ok(());
    }
    if let (1.., Some(file)) = (found, &store.file) {
        let mut beside = file.as_os_str().to_owned();
        beside.push(format!(".before-schema-{known}"));
        store.backup_anew(beside.as_ref()).await?;
    }
    let mut tx = store.pool.begin().await?;
    for (number, migration) in pending() {
        if *number == 1 {
            tx.script(store.dialect().ddl(
                "CREATE TABLE schema_versions (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)",
            ))
            .await?;
        }
        tx.script(store.dialect().ddl(migration)).await?;
        tx.execute(
            "INSERT INTO schema_versions (version, applied_at) VALUES ($1, $2)",
            values![*number, now],
        )
        .await?;
    }
    if found == 1 {
        entity::charge::of_known_orders(&mut tx, now).await?;
    }
    if (1..7).contains(&found) {
        entity::endpoint::restate_amiss(&mut tx, store.dialect()).await?;
    }
    if (1..20).contains(&found) {
        entity::endpoint::label_anew(&mut tx, store.dialect()).await?;
    }
    if found == 0 {
        let random = tx.fetch(store.dialect().pick(RANDOM), values![]).await?;
        let random = random.first().map(|row| row.blob(0)).transpose()?.unwrap_or_default();
        let random = random.try_into().map_err(|_| StoreError::Damaged("no randomness".to_owned()))?;
        tx.execute(
            "INSERT INTO organisations (scope, name, event_sequence, event_hash) VALUES ($1, 'default', 0, '')",
            values![Scope::EVERYTHING.organisation],
        )
        .await?;
        let owner = Owner {
            id: OwnerId::new(now, random),
            name: "default".to_owned(),
            contacts: Vec::new(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        };
        entity::owner::put(&mut tx, &Scope::EVERYTHING, &owner).await?;
    }
    tx.commit().await
}

/// Whether the schema is the one that this binary works with; nothing is changed.
///
/// # Errors
/// It is another one, or cannot be found out.
pub(crate) async fn is_up_to_date(store: &Store) -> Result<(), StoreError> {
    let tables = store.pool.fetch(store.dialect().pick(TABLE_EXISTS), values![]).await?;
    let rows = match tables.is_empty() {
        true => Vec::new(),
        false => store.pool.fetch("SELECT max(version) FROM schema_versions", values![]).await?,
    };
    let found = rows.first().map(|row| row.maybe_int(0)).transpose()?.flatten().unwrap_or(0);
    let known = newest();
    match found.cmp(&known) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StoreError::NewerSchema { found, known }),
        Ordering::Less => Err(StoreError::NeedsOpening(format!(
            "it has schema {found}, and this notafter works with {known}"
        ))),
    }
}

/// The newest schema that this binary knows.
pub(crate) const fn newest() -> i64 {
    MIGRATIONS[MIGRATIONS.len() - 1].0
}

/// The database's schema; 0 for an empty one.
pub(crate) async fn version(store: &Store) -> Result<i64, StoreError> {
    if store.pool.fetch(store.dialect().pick(TABLE_EXISTS), values![]).await?.is_empty() {
        return Ok(0);
    }
    let rows = store.pool.fetch("SELECT max(version) FROM schema_versions", values![]).await?;
    Ok(rows.first().map(|row| row.maybe_int(0)).transpose()?.flatten().unwrap_or(0))
}
