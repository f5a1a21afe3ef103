//! Sealed keys and secrets: ciphertext, opened by `keys` alone.

use std::collections::BTreeSet;

use notafter_cert::Time;
use notafter_inventory::model::KeyId;

use crate::dialect::Both;
use crate::sql::{Row, Tx, values};
use crate::{Holds, Scope, Store, StoreError};

/// A sealed key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Identity.
    pub id: KeyId,
    /// What the key is for.
    pub holds: Holds,
    /// The key-encryption key it is sealed with.
    pub kek_id: String,
    /// The sealed record; empty once destroyed.
    pub sealed: Vec<u8>,
    /// When it was stored first.
    pub made_at: Time,
    /// When it was destroyed.
    pub destroyed_at: Option<Time>,
}

/// A sealed secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// Its name.
    pub name: String,
    /// The key-encryption key it is sealed with.
    pub kek_id: String,
    /// The sealed record.
    pub sealed: Vec<u8>,
}

/// The keys that are still good for something.
const NEEDED: Both = Both {
    sqlite: "SELECT document ->> 'key_id' FROM versions WHERE scope = $1
             UNION SELECT document ->> 'key_id' FROM orders WHERE scope = $1 AND is_open = 1",
    postgres: "SELECT document::jsonb ->> 'key_id' FROM versions WHERE scope = $1
             UNION SELECT document::jsonb ->> 'key_id' FROM orders WHERE scope = $1 AND is_open = 1",
};

/// A destroyed key stays destroyed: a put that comes late does not bring it back.
pub(crate) async fn put(
    tx: &mut Tx,
    scope: &Scope,
    at: Time,
    (id, holds): (KeyId, Holds),
    (kek_id, sealed): (&str, &[u8]),
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO sealed_keys (id, scope, kind, kek_id, sealed, made_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET kek_id = excluded.kek_id, sealed = excluded.sealed
         WHERE sealed_keys.destroyed_at IS NULL",
        values![id, scope.organisation, holds.name(), kek_id, sealed, at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn destroy(tx: &mut Tx, scope: &Scope, at: Time, id: KeyId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE sealed_keys SET sealed = $3, destroyed_at = $4
         WHERE id = $1 AND scope = $2 AND destroyed_at IS NULL",
        values![id, scope.organisation, Vec::new(), at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn put_secret(
    tx: &mut Tx,
    scope: &Scope,
    at: Time,
    name: &str,
    (kek_id, sealed): (&str, &[u8]),
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO secrets (scope, name, kek_id, sealed, changed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, name) DO UPDATE SET
            kek_id = excluded.kek_id, sealed = excluded.sealed, changed_at = excluded.changed_at",
        values![scope.organisation, name, kek_id, sealed, at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn make_secret(
    tx: &mut Tx,
    scope: &Scope,
    at: Time,
    name: &str,
    (kek_id, sealed): (&str, &[u8]),
) -> Result<(), StoreError> {
    let made = tx
        .execute(
            "INSERT INTO secrets (scope, name, kek_id, sealed, changed_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (scope, name) DO NOTHING",
            values![scope.organisation, name, kek_id, sealed, at],
        )
        .await?;
    if made == 0 { Err(StoreError::Overtaken(format!("the secret {name}"))) } else { Ok(()) }
}

pub(crate) async fn remove_secret(tx: &mut Tx, scope: &Scope, name: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM secrets WHERE scope = $1 AND name = $2", values![scope.organisation, name])
        .await?;
    Ok(())
}

fn key_row(row: &Row) -> Result<KeyRow, StoreError> {
    let kind = row.text(1)?;
    let holds = [Holds::CertificateKey, Holds::AccountKey, Holds::AuthorityKey]
        .into_iter()
        .find(|holds| holds.name() == kind)
        .ok_or_else(|| StoreError::Damaged(format!("a key of unknown kind {kind:?}")))?;
    Ok(KeyRow {
        id: row.id(0)?,
        holds,
        kek_id: row.text(2)?,
        sealed: row.blob(3)?,
        made_at: row.time(4)?,
        destroyed_at: row.maybe_int(5)?.map(Time::from_micros),
    })
}

fn secret_row(row: &Row) -> Result<SecretRow, StoreError> {
    Ok(SecretRow { name: row.text(0)?, kek_id: row.text(1)?, sealed: row.blob(2)? })
}

impl Store {
    /// A sealed key by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn key(&self, scope: &Scope, id: KeyId) -> Result<Option<KeyRow>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT id, kind, kek_id, sealed, made_at, destroyed_at FROM sealed_keys
                 WHERE id = $1 AND scope = $2",
                values![id, scope.organisation],
            )
            .await?;
        rows.first().map(key_row).transpose()
    }

    /// Every key that was not destroyed: for rotation of the key-encryption key.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn keys(&self, scope: &Scope) -> Result<Vec<KeyRow>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT id, kind, kek_id, sealed, made_at, destroyed_at FROM sealed_keys
                 WHERE scope = $1 AND destroyed_at IS NULL ORDER BY id",
                values![scope.organisation],
            )
            .await?;
        rows.iter().map(key_row).collect()
    }

    /// Private keys that were made before an instant, and that no version has and no order under way: those of orders that
    /// ended without a certificate.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn keys_of_nothing(&self, scope: &Scope, before: Time) -> Result<Vec<KeyId>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT id FROM sealed_keys
                 WHERE scope = $1 AND kind = $2 AND destroyed_at IS NULL AND made_at < $3 ORDER BY id",
                values![scope.organisation, Holds::CertificateKey.name(), before],
            )
            .await?;
        let mut keys: Vec<KeyId> = rows.iter().map(|row| row.id(0)).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Ok(keys);
        }
        let rows = self.pool.fetch(self.dialect().pick(NEEDED), values![scope.organisation]).await?;
        let needed: BTreeSet<String> =
            rows.iter().filter_map(|row| row.maybe_text(0).transpose()).collect::<Result<_, _>>()?;
        keys.retain(|key| !needed.contains(&key.to_string()));
        Ok(keys)
    }

    /// A sealed secret by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn secret(&self, scope: &Scope, name: &str) -> Result<Option<SecretRow>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT name, kek_id, sealed FROM secrets WHERE scope = $1 AND name = $2",
                values![scope.organisation, name],
            )
            .await?;
        rows.first().map(secret_row).transpose()
    }

    /// Every sealed secret, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn secrets(&self, scope: &Scope) -> Result<Vec<SecretRow>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT name, kek_id, sealed FROM secrets WHERE scope = $1 ORDER BY name",
                values![scope.organisation],
            )
            .await?;
        rows.iter().map(secret_row).collect()
    }

    /// Fingerprints of the key-encryption keys that something here is sealed with. Empty: the vault is empty, and a new
    /// key-encryption key may be made.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn kek_ids(&self, scope: &Scope) -> Result<Vec<String>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT kek_id FROM sealed_keys WHERE scope = $1 AND destroyed_at IS NULL
                 UNION SELECT kek_id FROM secrets WHERE scope = $1 ORDER BY 1",
                values![scope.organisation],
            )
            .await?;
        rows.iter().map(|row| row.text(0)).collect()
    }
}
