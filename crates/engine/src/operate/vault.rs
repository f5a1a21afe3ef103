//! The vault: what lies in it, and another key-encryption key for all of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use notafter_inventory::model::{Actor, Subject};
use notafter_keys::vault::{Keyring, Sealed, Slot};
use notafter_store::{Change, Holds, KeyRow, SecretRow};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Fault, Operation, operation};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] =
    &[operation!("vault.status", status), operation!("vault.rotate", rotate)];

/// No arguments.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Nothing {}

/// What lies in the vault, and what opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vault {
    /// The file of the key-encryption key.
    pub key_encryption_key: PathBuf,
    /// Fingerprint of the key that seals new records.
    pub key_id: String,
    /// A rotation was begun and did not end.
    pub rotating: bool,
    /// Private keys of certificates.
    pub certificate_keys: usize,
    /// Account keys.
    pub account_keys: usize,
    /// Passwords, tokens and the like.
    pub secrets: usize,
    /// How many records each key-encryption key seals.
    pub sealed_with: BTreeMap<String, usize>,
}

async fn status(context: &Context, _: &Actor, _: Nothing) -> Result<Vault, Fault> {
    let keyring = context.keyring.read().await;
    let (keys, secrets) = records(context).await?;
    Ok(describe(&keyring, &keys, &secrets))
}

async fn records(context: &Context) -> Result<(Vec<KeyRow>, Vec<SecretRow>), Fault> {
    Ok((context.store.keys(&context.scope).await?, context.store.secrets(&context.scope).await?))
}

fn describe(keyring: &Keyring, keys: &[KeyRow], secrets: &[SecretRow]) -> Vault {
    let mut sealed_with: BTreeMap<String, usize> = BTreeMap::new();
    let ids = keys.iter().map(|row| &row.kek_id).chain(secrets.iter().map(|row| &row.kek_id));
    for id in ids {
        *sealed_with.entry(id.clone()).or_default() += 1;
    }
    let held = |holds| keys.iter().filter(|row| row.holds == holds).count();
    Vault {
        key_encryption_key: keyring.path().to_owned(),
        key_id: keyring.id(),
        rotating: keyring.is_rotating(),
        certificate_keys: held(Holds::CertificateKey),
        account_keys: held(Holds::AccountKey),
        secrets: secrets.len(),
        sealed_with,
    }
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotated {
    /// Fingerprint of the key that opened the vault before.
    pub before: Vec<String>,
    /// The vault now.
    pub vault: Vault,
    /// A rotation that was interrupted earlier was brought to its end; no second key was made.
    pub resumed: bool,
}

/// Seals every record with a new key-encryption key. Interrupted anywhere, both keys are on disk and open what they
/// sealed; called again, it goes on.
async fn rotate(context: &Context, actor: &Actor, _: Nothing) -> Result<Rotated, Fault> {
    // Held to the end: nobody seals with a key that is about to go away. `Context::apply` would wait for this very lock.
    let mut keyring = context.keyring.write().await;
    let resumed = keyring.is_rotating();
    keyring.begin_rotation()?;
    let (keys, secrets) = records(context).await?;
    let before: Vec<String> = describe(&keyring, &keys, &secrets)
        .sealed_with
        .into_keys()
        .filter(|id| *id != keyring.id())
        .collect();
    let mut changes = rewrapped(&keyring, &keys, &secrets)?;
    changes.push(Change::Event {
        kind: "notafter.vault.rotated.v1".to_owned(),
        subject: Subject::Installation,
        data: json!({ "before": before, "now": keyring.id(), "records": changes.len() }),
    });
    context.store.apply(&context.scope, None, context.clock.now(), actor, &changes).await?;
    keyring.finish_rotation()?;
    let (keys, secrets) = records(context).await?;
    Ok(Rotated { before, vault: describe(&keyring, &keys, &secrets), resumed })
}

/// Every record that is not sealed with the next key yet, sealed with it.
fn rewrapped(keyring: &Keyring, keys: &[KeyRow], secrets: &[SecretRow]) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for row in keys.iter().filter(|row| row.kek_id != keyring.id()) {
        let slot = Slot { kind: row.holds.name(), row: row.id.as_bytes() };
        let sealed = keyring.rewrap(slot, &Sealed::from_bytes(row.sealed.clone())?)?;
        changes.push(Change::PutKey {
            id: row.id,
            holds: row.holds,
            kek_id: sealed.kek_id(),
            sealed: sealed.as_bytes().to_vec(),
        });
    }
    for row in secrets.iter().filter(|row| row.kek_id != keyring.id()) {
        let slot = Slot { kind: "secret", row: row.name.as_bytes() };
        let sealed = keyring.rewrap(slot, &Sealed::from_bytes(row.sealed.clone())?)?;
        changes.push(Change::PutSecret {
            name: row.name.clone(),
            kek_id: sealed.kek_id(),
            sealed: sealed.as_bytes().to_vec(),
        });
    }
    Ok(changes)
}
