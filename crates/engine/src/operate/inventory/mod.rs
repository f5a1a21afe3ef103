//! Inventory as code: what a file would change, changing it, and reading the inventory back.

mod doubts;
mod mistakes;
mod removal;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use notafter_cert::{KeySpec, Time};
use notafter_inventory::code::{
    Aside, Changes, Difference, Kind, Mistake, Mistakes, Present, Prune, Write, describe_one, print,
};
use notafter_inventory::drill::first_at;
use notafter_inventory::model::{Actor, Http01, Issuer, Lineage, LineageId, Mode, OwnerId, SecretRef};
use notafter_keys::vault::Sealed;
use notafter_providers::deploy::Job;
use notafter_providers::hands::Bounds;
use notafter_providers::notify;
use notafter_store::{Change, Revision, StoreError, TaskSubject};
use notafter_tls::Offer;
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, near, operation};
use crate::ca;
use crate::context::Context;
use crate::findings;
use crate::ping;
use crate::tasks;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("inventory.plan", compare, Rehearsed),
    operation!("inventory.apply", apply, Begun),
    operation!("inventory.get", get),
];

/// An inventory file.
#[derive(Debug, Serialize, Deserialize)]
pub struct File {
    /// Its text.
    pub text: String,
    /// Whether what no file wrote is removed, too.
    pub prune: Prune,
    /// Secrets that could not be read where the command runs, by reference, with the reason. One that the vault does not
    /// hold either is a mistake.
    #[serde(default)]
    pub unread: BTreeMap<String, String>,
}

/// An inventory file to be applied, with the secrets that it refers to.
#[derive(Serialize, Deserialize)]
pub struct Apply {
    /// The file.
    pub file: File,
    /// Values by reference, read where the command runs.
    pub secrets: BTreeMap<String, String>,
    /// The state of the inventory that the file was thought out from: where somebody else wrote it since, nothing is
    /// changed. Any where it is left out.
    #[serde(default)]
    pub upon: Option<Revision>,
}

/// Of the secrets the references alone.
impl fmt::Debug for Apply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let references: Vec<&String> = self.secrets.keys().collect();
        f.debug_struct("Apply")
            .field("file", &self.file)
            .field("secrets", &references)
            .field("upon", &self.upon)
            .finish()
    }
}

/// What applying a file changes, or changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Planned {
    /// What is added, changed and removed.
    pub differences: Vec<Difference>,
    /// What is there without having been written by a file.
    pub left_alone: Vec<String>,
    /// The secrets that the file refers to.
    pub secrets: Vec<SecretState>,
    /// Whether anything differs.
    pub changes: bool,
    /// Whether something that is there as the file says has not been written by a file yet: applying the file makes it
    /// the source of it, and what the file stops mentioning is removed from then on.
    #[serde(default)]
    pub claims: bool,
    /// What stands in the way of installing at places that are added or changed, on the machine of whoever looked.
    #[serde(default)]
    pub warnings: Vec<Mistake>,
}

/// One secret of a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct SecretState {
    /// Its reference.
    pub name: String,
    /// Whether the vault holds a value.
    pub stored: bool,
    /// Whether the value given now is another one.
    pub changes: bool,
}

/// What to print.
#[derive(Debug, Serialize, Deserialize)]
pub struct Get {
    /// One kind, or everything.
    pub kind: Option<Kind>,
    /// One name of that kind.
    pub name: Option<String>,
}

/// The inventory as a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Printed {
    /// Its text.
    pub text: String,
    /// The issuers in it at which no account was made yet.
    #[serde(default)]
    pub without_account: Vec<String>,
    /// The state of the inventory that it was read from.
    #[serde(default)]
    pub revision: Revision,
}

async fn compare(context: &Context, _: &Actor, file: File) -> Result<Planned, Fault> {
    let present = context.store.inventory(&context.scope).await?;
    let changes = mistakes::plan(context, &present, &file).await??;
    let (secrets, _) = secrets(context, &changes, &BTreeMap::new()).await?;
    let warnings = doubts::of(&context.settings, &present, &changes).await;
    Ok(Planned { warnings, ..planned(&present, changes, secrets) })
}

async fn apply(context: &Context, actor: &Actor, args: Apply) -> Result<Planned, Fault> {
    write(context, actor, args, &Manner { mistaken: Fault::from, rehearses: false }).await
}

/// How a file is applied.
pub(super) struct Manner {
    /// Tells what is wrong with it.
    pub(super) mistaken: fn(Mistakes) -> Fault,
    /// Whether what it brings to places must be fit to be installed there now.
    pub(super) rehearses: bool,
}

/// Applies a file.
///
/// # Errors
/// The file is wrong or incomplete, or the store failed; nothing was changed then.
pub(super) async fn write(
    context: &Context,
    actor: &Actor,
    apply: Apply,
    manner: &Manner,
) -> Result<Planned, Fault> {
    let Written { present, changes, states } = loop {
        if let Some(written) = write_once(context, actor, &apply, manner).await? {
            break written;
        }
    };
    removal::last_runs(context, &changes.writes).await;
    let mut warnings = make_roots(context, actor, &changes).await;
    // What was rehearsed leaves no doubt.
    if !manner.rehearses {
        warnings.extend(doubts::of(&context.settings, &present, &changes).await);
    }
    Ok(Planned { warnings, ..planned(&present, changes, states) })
}

/// A private CA gets its root at once, so that people can give it to clients before the first certificate is served; one that has
/// none from an earlier time, too. Where that fails, it is tried again with the next file, the next start of the server, and the
/// first certificate.
async fn make_roots(context: &Context, actor: &Actor, changes: &Changes) -> Vec<Mistake> {
    let warning = |name: String, Fault { what, why, hint, .. }: Fault| {
        let why = why.map_or_else(|| what.clone(), |why| format!("{what}: {why}"));
        let line = changes.lines.get(&name).copied();
        Mistake::new(line, format!("the root of {name} could not be made yet"), why, hint)
    };
    match ca::private::make_roots(context, actor).await {
        Ok(failed) => {
            let failed = failed.into_iter();
            failed.map(|(issuer, fault)| warning(format!("issuer {}", issuer.name), fault)).collect()
        }
        Err(error) => vec![warning("every private CA".to_owned(), error.into())],
    }
}

/// What a file changed.
struct Written {
    /// The inventory before.
    present: Present,
    changes: Changes,
    states: Vec<SecretState>,
}

/// `None` where somebody else wrote the inventory in the meantime: then nothing was changed, and the file may mean another
/// change, or a mistake.
async fn write_once(
    context: &Context,
    actor: &Actor,
    Apply { file, secrets: given, upon }: &Apply,
    manner: &Manner,
) -> Result<Option<Written>, Fault> {
    let inventory = context.hold_inventory().await?;
    if upon.is_some_and(|upon| upon != inventory.revision()) {
        return Err(Fault::new(
            "inventory.changed-meanwhile",
            "somebody else wrote the inventory since it was read; nothing was changed",
            "read it again, think the change over, and apply it upon that",
        ));
    }
    let present = context.store.inventory(&context.scope).await?;
    let changes = mistakes::plan(context, &present, file).await?.map_err(manner.mistaken)?;
    if manner.rehearses {
        rehearse(context, &present, &changes).await?;
    }
    let (states, sealed) = secrets(context, &changes, given).await?;
    if let Some(missing) = states.iter().find(|state| !state.stored && !given.contains_key(&state.name)) {
        return Err(Fault::new(
            "inventory.secret-missing",
            format!("the value of {} is not known", missing.name),
            "set the variable, or make the file readable, where `notafter apply` runs",
        ));
    }
    let mut writes: Vec<Change> = sealed;
    writes.extend(changes.writes.iter().cloned().map(change));
    writes.extend(schedule(context, &present, &changes.writes));
    writes.extend(removal::ends(context, &changes.writes).await?);
    writes.extend(tell(context, &present, &changes.writes));
    if changes.manifest != present.manifest {
        writes.push(Change::PutManifest(changes.manifest.clone()));
    }
    if !writes.is_empty() {
        writes.push(inventory.upon());
        match context.apply(None, actor, &writes).await {
            Err(StoreError::Overtaken(_)) => return Ok(None),
            applied => applied?,
        }
    }
    Ok(Some(Written { present, changes, states }))
}

async fn get(context: &Context, _: &Actor, Get { kind, name }: Get) -> Result<Printed, Fault> {
    // Before the inventory: what is written meanwhile is a later one.
    let revision = context.store.inventory_revision(&context.scope).await?;
    let present = match kind {
        // It refers to nothing else.
        Some(Kind::Issuer) => {
            Present { issuers: context.store.issuers(&context.scope).await?, ..Present::default() }
        }
        _ => context.store.inventory(&context.scope).await?,
    };
    let ownerships = context.store.ownerships(&context.scope).await?;
    let (kinds, aside) = (notify::kinds(), Aside { now: context.clock.now(), ownerships: &ownerships });
    let fresh = present.issuers.iter().filter_map(Issuer::acme).filter(|issuer| issuer.account_url.is_none());
    let without_account = fresh.map(|issuer| issuer.name.clone()).collect();
    let Some(kind) = kind else {
        return Ok(Printed { text: print(&present, &kinds, aside), without_account, revision });
    };
    match describe_one(&present, &kinds, (kind, name.as_deref()), aside) {
        Some(text) => Ok(Printed { text, without_account, revision }),
        None => {
            let name = name.unwrap_or_default();
            if kind == Kind::Lineage && context.store.lineage_named(&context.scope, &name).await?.is_some() {
                let what = format!("lineage {name:?} was made by notafter, and no file describes it");
                let hint = format!("see it: notafter status {name}");
                return Err(Fault::new("inventory.no-such-thing", what, hint));
            }
            let hint = near::hint(context, kind, &name).await;
            Err(Fault::new("inventory.no-such-thing", format!("there is no {kind} {name:?}"), hint))
        }
    }
}

/// Whether what a file brings to places could be installed there now: their settings, products and directories; and whether
/// a document root that it brings can hold answers. A certificate that cannot be had, or installed, is not asked for.
///
/// # Errors
/// What stands in the way of the first that could not.
async fn rehearse(context: &Context, present: &Present, changes: &Changes) -> Result<(), Fault> {
    let keys: BTreeMap<LineageId, KeySpec> = present
        .lineages
        .iter()
        .chain(changes.writes.iter().filter_map(|write| match write {
            Write::PutLineage(lineage) => Some(&**lineage),
            _ => None,
        }))
        .filter_map(|lineage| match &lineage.mode {
            Mode::Managed(spec) => Some((lineage.id, spec.key)),
            Mode::WatchOnly(_) => None,
        })
        .collect();
    for write in &changes.writes {
        if let Some(http01 @ Http01::Webroot { .. }) = another_solver(present, write) {
            context.solvers.http01(http01)?.ready().await?;
        }
        let Write::PutPlace(place) = write else { continue };
        let Some(key) = keys.get(&place.lineage_id) else { continue };
        let job = Job {
            place: place.id,
            operation: context.new_id(),
            settings: place.settings.clone(),
            slot: Offer::only(*key),
            bounds: Bounds::own(),
        };
        context.deployers.find(&place.deployer)?.ready(&job).await?;
    }
    Ok(())
}

/// Who shall answer challenges where somebody else did, or nobody.
fn another_solver<'a>(present: &Present, write: &'a Write) -> Option<&'a Http01> {
    let of = |lineage: &'a Lineage| match &lineage.mode {
        Mode::Managed(spec) => Some(&spec.http01),
        Mode::WatchOnly(_) => None,
    };
    let Write::PutLineage(lineage) = write else { return None };
    let before = present.lineages.iter().find(|known| known.id == lineage.id);
    let is_known = |now: &&Http01| {
        before.is_some_and(|known| matches!(&known.mode, Mode::Managed(spec) if spec.http01 == **now))
    };
    of(lineage).filter(|now| !is_known(now))
}

/// How the secrets of a file stand, and the values that differ from what is stored, sealed.
async fn secrets(
    context: &Context,
    changes: &Changes,
    given: &BTreeMap<String, String>,
) -> Result<(Vec<SecretState>, Vec<Change>), Fault> {
    let keyring = context.keyring.read().await;
    let (mut states, mut sealed) = (Vec::new(), Vec::new());
    for SecretRef(name) in &changes.secrets {
        let row = context.store.secret(&context.scope, name).await?;
        let stored = row.is_some();
        let mut changes = false;
        if let Some(value) = given.get(name) {
            let before = match row {
                Some(row) => Some(keyring.open_secret(name, &Sealed::from_bytes(row.sealed)?)?),
                None => None,
            };
            changes = before.is_none_or(|before| before.as_slice() != value.as_bytes());
            if changes {
                let record = keyring.seal_secret(name, value.as_bytes())?;
                sealed.push(Change::PutSecret {
                    name: name.clone(),
                    kek_id: record.kek_id(),
                    sealed: record.as_bytes().to_vec(),
                });
            }
        }
        states.push(SecretState { name: name.clone(), stored, changes });
    }
    Ok((states, sealed))
}

fn planned(present: &Present, changes: Changes, secrets: Vec<SecretState>) -> Planned {
    let any = !changes.writes.is_empty() || secrets.iter().any(|secret| secret.changes || !secret.stored);
    Planned {
        claims: changes.manifest != present.manifest,
        differences: changes.differences,
        left_alone: changes.left_alone,
        secrets,
        changes: any,
        warnings: Vec::new(),
    }
}

fn change(write: Write) -> Change {
    match write {
        Write::PutChannel(channel) => Change::PutChannel(channel),
        Write::PutOwner(owner) => Change::PutOwner(owner),
        Write::PutIssuer(issuer) => Change::PutIssuer(issuer),
        Write::PutLineage(lineage) => Change::PutLineage(*lineage),
        Write::PutCriticality(rule) => Change::PutCriticality(rule),
        Write::PutEndpoint(endpoint) => Change::PutEndpoint(endpoint),
        Write::PutPlace(place) => Change::PutPlace(place),
        Write::RemovePlace(id) => Change::RemovePlace(id),
        Write::RemoveCriticality(label) => Change::RemoveCriticality(label),
        Write::RemoveEndpoint(id) => Change::RemoveEndpoint(id),
        Write::RemoveLineage(id) => Change::RemoveLineage(id),
        Write::RemoveIssuer(id) => Change::RemoveIssuer(id),
        Write::RemoveOwner(id) => Change::RemoveOwner(id),
        Write::RemoveChannel(id) => Change::RemoveChannel(id),
    }
}

/// Who is told of what, and how, is thought over now: for owners that changed, and for all where a channel did.
fn tell(context: &Context, present: &Present, writes: &[Write]) -> Vec<Change> {
    let now = context.clock.now();
    let mut changes = Vec::new();
    let mut owners: BTreeSet<OwnerId> = BTreeSet::new();
    for write in writes {
        match write {
            Write::PutOwner(owner) => {
                owners.insert(owner.id);
                changes.push(tasks::digest::schedule(owner, now));
                changes.push(tasks::prove::schedule(owner, now));
                changes.push(tasks::ownership::schedule(owner, now));
            }
            Write::PutChannel(_) | Write::RemoveChannel(_) => {
                owners.extend(present.owners.iter().map(|owner| owner.id));
            }
            _ => {}
        }
    }
    changes.extend(owners.into_iter().map(|owner| Change::Schedule {
        task: findings::ALERT,
        subject: TaskSubject::of(owner),
        due_at: now,
    }));
    changes
}

/// What was written is looked at now: endpoints are scanned, lineages (and those of new places) renewed or watched.
fn schedule(context: &Context, present: &Present, writes: &[Write]) -> Vec<Change> {
    let due_at = context.clock.now();
    let known: BTreeMap<LineageId, &Lineage> =
        present.lineages.iter().map(|lineage| (lineage.id, lineage)).collect();
    let mut lineages: BTreeMap<LineageId, &Lineage> = BTreeMap::new();
    let mut schedule = Vec::new();
    for write in writes {
        match write {
            Write::PutEndpoint(endpoint) => {
                schedule.extend(tasks::find("scan").map(|task| (task.kind, TaskSubject::of(endpoint.id))));
            }
            Write::PutLineage(lineage) => drop(lineages.insert(lineage.id, lineage)),
            Write::PutPlace(place) => {
                // What it must be proved at may be another set of endpoints now.
                let is_there = present.places.iter().any(|known| known.id == place.id);
                let deploy = tasks::find("deploy").filter(|_| is_there);
                schedule.extend(deploy.map(|task| (task.kind, TaskSubject::of(place.id))));
                if let Some(lineage) = known.get(&place.lineage_id) {
                    lineages.entry(lineage.id).or_insert(lineage);
                }
            }
            _ => {}
        }
    }
    for (id, lineage) in lineages {
        let kind = match lineage.mode {
            Mode::Managed(_) => "renew",
            Mode::WatchOnly(_) => "watch",
        };
        schedule.extend(tasks::find(kind).map(|task| (task.kind, TaskSubject::of(id))));
        // Also where none are expected any more: what was told of them ends.
        let before = known.get(&id).and_then(|before| ping::expected(before));
        if before.or(ping::expected(lineage)).is_some() {
            schedule.push((tasks::ping::KIND, TaskSubject::of(id)));
        }
    }
    let mut changes: Vec<Change> =
        schedule.into_iter().map(|(task, subject)| Change::Schedule { task, subject, due_at }).collect();
    changes.extend(rehearsals(writes, due_at));
    changes
}

/// Whoever is rehearsed is so for the first time a day from now at the earliest.
fn rehearsals(writes: &[Write], now: Time) -> impl Iterator<Item = Change> {
    writes.iter().filter_map(move |write| {
        let Write::PutLineage(lineage) = write else { return None };
        let due_at = first_at(lineage.rehearsed?, now);
        Some(Change::Schedule { task: tasks::drill::KIND, subject: TaskSubject::of(lineage.id), due_at })
    })
}
