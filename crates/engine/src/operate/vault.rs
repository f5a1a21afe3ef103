//! The vault: what lies in it, and another key-encryption key for all of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use notafter_cert::{Certificate, Time, pem};
use notafter_inventory::model::{Actor, KeyId, Subject, Version};
use notafter_keys::vault::{Derived, Keyring, Sealed, Slot, Source};
use notafter_store::{Change, Holds, KeyRow, SecretRow};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Fault, Operation, operation};
use crate::context::Context;
use crate::open;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("vault.status", status),
    operation!("vault.rotate", rotate),
    operation!("vault.prune", prune),
];

/// No arguments.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Nothing {}

/// What lies in the vault, and what opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vault {
    /// Where the key-encryption key comes from: its file, or the source as the settings name it.
    pub key_encryption_key: PathBuf,
    /// Fingerprint of the key that seals new records.
    pub key_id: String,
    /// A rotation was begun and did not end.
    pub rotating: bool,
    /// Private keys of certificates.
    pub certificate_keys: usize,
    /// Those among them whose lineage was removed from the inventory, and those of private CAs that were.
    pub keys_of_removed: usize,
    /// Account keys.
    pub account_keys: usize,
    /// Keys of private CAs.
    #[serde(default)]
    pub authority_keys: usize,
    /// Passwords, tokens and the like.
    pub secrets: usize,
    /// How many records each key-encryption key seals.
    pub sealed_with: BTreeMap<String, usize>,
}

async fn status(context: &Context, _: &Actor, _: Nothing) -> Result<Vault, Fault> {
    let keyring = context.keyring.read().await;
    let (keys, secrets) = records(context).await?;
    let keys_of_removed = of_removed(context, &keys).await?.len();
    Ok(Vault { keys_of_removed, ..describe(&keyring, &keys, &secrets) })
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
        key_encryption_key: PathBuf::from(keyring.source().to_string()),
        key_id: keyring.id(),
        rotating: keyring.is_rotating(),
        certificate_keys: held(Holds::CertificateKey),
        keys_of_removed: 0,
        account_keys: held(Holds::AccountKey),
        authority_keys: held(Holds::AuthorityKey),
        secrets: secrets.len(),
        sealed_with,
    }
}

/// Whether to do it, or only to say what would be done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Prune {
    /// Destroys the keys.
    pub yes: bool,
}

/// A key whose lineage, or whose private CA, was removed from the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// The key.
    pub key: KeyId,
    /// When it was made.
    pub made_at: Time,
    /// Names of its certificates, or of the order that it was made for.
    pub names: Vec<String>,
    /// When its last certificate ends; nothing where none was issued.
    pub not_after: Option<Time>,
}

/// Keys that nothing in the inventory uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// The keys.
    pub keys: Vec<Orphan>,
    /// Whether they were destroyed.
    pub destroyed: bool,
}

/// Destroys the private keys of lineages and private CAs that were removed: a removal by mistake must not cost a key, so that this is a
/// step of its own.
async fn prune(context: &Context, actor: &Actor, Prune { yes }: Prune) -> Result<Pruned, Fault> {
    let keys = of_removed(context, &context.store.keys(&context.scope).await?).await?;
    let destroyed = yes && !keys.is_empty();
    if destroyed {
        let mut changes: Vec<Change> = keys.iter().map(|orphan| Change::DestroyKey(orphan.key)).collect();
        changes.push(Change::Event {
            kind: "notafter.vault.pruned.v1".to_owned(),
            subject: Subject::Installation,
            data: json!({ "keys": keys.iter().map(|orphan| orphan.key).collect::<Vec<_>>() }),
        });
        context.apply(None, actor, &changes).await?;
    }
    Ok(Pruned { keys, destroyed })
}

async fn of_removed(context: &Context, keys: &[KeyRow]) -> Result<Vec<Orphan>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let mut orphans: BTreeMap<KeyId, Orphan> = BTreeMap::new();
    let live: BTreeMap<KeyId, Time> = keys
        .iter()
        .filter(|row| row.holds == Holds::CertificateKey)
        .map(|row| (row.id, row.made_at))
        .collect();
    let mut take = |id: KeyId, names: Vec<String>, not_after: Option<Time>| {
        let Some(made_at) = live.get(&id).copied() else { return };
        let fresh = Orphan { key: id, made_at, names: Vec::new(), not_after: None };
        let orphan = orphans.entry(id).or_insert(fresh);
        orphan.names.extend(names);
        orphan.names.sort();
        orphan.names.dedup();
        orphan.not_after = orphan.not_after.max(not_after);
    };
    for order in store.orders_of_removed(scope).await? {
        take(order.key_id, order.identifiers.iter().map(ToString::to_string).collect(), None);
    }
    for version in store.versions_of_removed(scope).await? {
        if let Some(key) = version.key_id {
            take(key, names(&version), Some(version.not_after));
        }
    }
    let mut orphans: Vec<Orphan> = orphans.into_values().collect();
    orphans.extend(of_removed_cas(context, keys).await?);
    Ok(orphans)
}

/// The keys of private CAs that no issuer has any more.
async fn of_removed_cas(context: &Context, keys: &[KeyRow]) -> Result<Vec<Orphan>, Fault> {
    let issuers = context.store.issuers(&context.scope).await?;
    let authorities = issuers.iter().filter_map(|issuer| issuer.private()?.authority.as_deref());
    let used: Vec<KeyId> =
        authorities.flat_map(|authority| [authority.root.key_id, authority.intermediate.key_id]).collect();
    let unused = |row: &&KeyRow| row.holds == Holds::AuthorityKey && !used.contains(&row.id);
    let orphan = |row: &KeyRow| Orphan {
        key: row.id,
        made_at: row.made_at,
        names: vec!["a private CA".to_owned()],
        not_after: None,
    };
    Ok(keys.iter().filter(unused).map(orphan).collect())
}

fn names(version: &Version) -> Vec<String> {
    let leaf = pem::chain_from(version.chain_pem.as_bytes()).ok().and_then(|chain| chain.into_iter().next());
    let leaf = leaf.and_then(|der| Certificate::parse(&der).ok());
    leaf.map(|leaf| leaf.names().iter().map(ToString::to_string).collect()).unwrap_or_default()
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
    /// The source that was named; the settings have to name it from now on.
    #[serde(default)]
    pub to: Option<String>,
}

/// To which key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rotate {
    /// Where the next key comes from; a new key in the present one's file when absent.
    #[serde(default)]
    pub to: Option<String>,
}

/// Seals every record with a new key-encryption key. Interrupted anywhere, both keys are on disk and open what they
/// sealed; called again, it goes on.
async fn rotate(context: &Context, actor: &Actor, Rotate { to }: Rotate) -> Result<Rotated, Fault> {
    // Held to the end: nobody seals with a key that is about to go away. `Context::apply` would wait for this very lock.
    let mut keyring = context.keyring.write().await;
    let resumed = keyring.is_rotating();
    let derived = match &to {
        None => {
            keyring.begin_rotation()?;
            None
        }
        Some(_) if resumed => return Err(unfinished()),
        Some(to) => Some(keyring.begin_rotation_to(Source::parse(Path::new(to))?)?),
    };
    let sealed = reseal(context, actor, &keyring, derived).await;
    if sealed.is_err() {
        keyring.give_up_rotation();
    }
    let before = sealed?;
    keyring.finish_rotation()?;
    let (keys, secrets) = records(context).await?;
    Ok(Rotated { before, vault: describe(&keyring, &keys, &secrets), resumed, to })
}

fn unfinished() -> Fault {
    Fault::new(
        "vault.rotation-open",
        "an earlier rotation was interrupted",
        "bring it to its end first: notafter vault rotate",
    )
}

/// Every record and what the next key is derived by, in one step; answers with what sealed the vault before.
async fn reseal(
    context: &Context,
    actor: &Actor,
    keyring: &Keyring,
    derived: Option<Option<Derived>>,
) -> Result<Vec<String>, Fault> {
    let (keys, secrets) = records(context).await?;
    let before: Vec<String> =
        describe(keyring, &keys, &secrets).sealed_with.into_keys().filter(|id| *id != keyring.id()).collect();
    let mut changes = rewrapped(keyring, &keys, &secrets)?;
    if let Some(derived) = derived {
        changes.push(Change::PutDerivation(derived.as_ref().map(open::stored).transpose()?));
    }
    changes.push(Change::Event {
        kind: "notafter.vault.rotated.v1".to_owned(),
        subject: Subject::Installation,
        data: json!({ "before": before, "now": keyring.id(), "records": changes.len() }),
    });
    context.store.apply(&context.scope, None, context.clock.now(), actor, &changes).await?;
    Ok(before)
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
