//! The life of a lineage by hand: issue, renew, deploy, roll back, revoke, import.

mod import;
mod outcome;
mod revoke;

use notafter_cert::Span;
use notafter_inventory::code::Prune;
use notafter_inventory::model::{Actor, Lineage, Mode, Version, VersionState};
use notafter_store::Change;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use import::Import;
pub use outcome::{Attempt, DeploymentSummary, Ending, Outcome, VersionSummary};
pub use revoke::Revoke;

use super::{Fault, Operation, inventory, operation};
use crate::context::Context;
use crate::settle::settle;
use crate::tasks::{deploy, renew};

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("lifecycle.issue", issue),
    operation!("lifecycle.renew", renew),
    operation!("lifecycle.deploy", deploy),
    operation!("lifecycle.rollback", roll_back),
    operation!("lifecycle.revoke", revoke::revoke),
    operation!("lifecycle.import", import::import),
];

/// How long a person is kept waiting; what is left goes on in the server.
const PATIENCE: Span = Span::minutes(5);

/// A lineage to be kept alive from now on, written as a piece of an inventory file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Issue {
    /// The lineage's name.
    pub lineage: String,
    /// The piece of a file: the lineage, its places, and its issuer where that is new.
    pub text: String,
    /// Values of the secrets that it refers to.
    pub secrets: BTreeMap<String, String>,
}

/// A lineage by name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Named {
    /// The lineage's name.
    pub lineage: String,
}

/// A renewal that a person wants.
#[derive(Debug, Serialize, Deserialize)]
pub struct Renew {
    /// The lineage's name; every managed one when absent.
    pub lineage: Option<String>,
    /// Also when it is not due.
    pub force: bool,
    /// Never use the present key again.
    pub block_key: bool,
}

/// Back to an earlier version.
#[derive(Debug, Serialize, Deserialize)]
pub struct RollBack {
    /// The lineage's name.
    pub lineage: String,
    /// Which version; the one before the present one when absent.
    pub to: Option<String>,
}

async fn issue(context: &Context, actor: &Actor, args: Issue) -> Result<Outcome, Fault> {
    let file = inventory::File { text: args.text, prune: Prune::Nothing };
    inventory::apply(context, actor, inventory::Apply { file, secrets: args.secrets }).await?;
    let lineage = named(context, &args.lineage).await?;
    let begun = context.clock.now();
    now_due(context, actor, &lineage).await?;
    settle(context, lineage.id, PATIENCE).await?;
    outcome::of(context, &lineage.name, begun).await
}

async fn renew(context: &Context, actor: &Actor, args: Renew) -> Result<Vec<Outcome>, Fault> {
    let begun = context.clock.now();
    let lineages = match &args.lineage {
        Some(name) => vec![managed(context, name).await?],
        None => context.store.lineages(&context.scope).await?,
    };
    let mut outcomes = Vec::new();
    for mut lineage in lineages {
        if !matches!(lineage.mode, Mode::Managed(_)) {
            continue;
        }
        if args.block_key {
            block_key(context, &mut lineage).await?;
        }
        if args.force || args.block_key {
            lineage.renewal.forced_at = Some(begun);
            lineage.renewal.not_before = None;
            context.apply(None, actor, &[Change::PutLineage(lineage.clone())]).await?;
        }
        now_due(context, actor, &lineage).await?;
        settle(context, lineage.id, PATIENCE).await?;
        outcomes.push(outcome::of(context, &lineage.name, begun).await?);
    }
    Ok(outcomes)
}

async fn deploy(context: &Context, actor: &Actor, args: Named) -> Result<Outcome, Fault> {
    let lineage = named(context, &args.lineage).await?;
    let begun = context.clock.now();
    let version = current(context, &lineage).await?;
    let changes = deploy::open_everywhere(context, lineage.id, &version, true).await?;
    if changes.is_empty() {
        return Err(Fault::new(
            "lineage.no-place",
            format!("lineage {} has no place to deploy to", lineage.name),
            "write a place for it into the inventory file, and apply it",
        ));
    }
    context.apply(None, actor, &changes).await?;
    settle(context, lineage.id, PATIENCE).await?;
    outcome::of(context, &lineage.name, begun).await
}

async fn roll_back(context: &Context, actor: &Actor, args: RollBack) -> Result<Outcome, Fault> {
    let mut lineage = named(context, &args.lineage).await?;
    let begun = context.clock.now();
    let present = current(context, &lineage).await?;
    let earlier = earlier_version(context, &lineage, &present, args.to.as_deref()).await?;
    if earlier.not_after <= begun {
        return Err(Fault::new(
            "lineage.expired-version",
            format!("version {} expired {}", earlier.id, earlier.not_after.for_people()),
            "renew instead: notafter renew LINEAGE --force",
        ));
    }
    lineage.current = Some(earlier.id);
    let back = Version { state: VersionState::Current, ..earlier };
    let mut changes = vec![Change::PutVersion(back.clone()), Change::PutLineage(lineage.clone())];
    if present.state == VersionState::Current {
        changes.push(Change::PutVersion(Version { state: VersionState::Superseded, ..present }));
    }
    changes.extend(deploy::open_everywhere(context, lineage.id, &back, true).await?);
    context.apply(None, actor, &changes).await?;
    settle(context, lineage.id, PATIENCE).await?;
    outcome::of(context, &lineage.name, begun).await
}

/// The version to go back to: kept, with its key, not revoked.
async fn earlier_version(
    context: &Context,
    lineage: &Lineage,
    present: &Version,
    wanted: Option<&str>,
) -> Result<Version, Fault> {
    let mut versions = context.store.versions_of(&context.scope, lineage.id).await?;
    versions.retain(|version| version.state == VersionState::Superseded && version.key_id.is_some());
    versions.sort_by_key(|version| std::cmp::Reverse(version.obtained_at));
    let chosen = match wanted {
        Some(id) => versions.into_iter().find(|version| version.id.to_string() == id),
        None => versions.into_iter().find(|version| version.obtained_at < present.obtained_at),
    };
    chosen.ok_or_else(|| {
        Fault::new(
            "lineage.no-earlier-version",
            match wanted {
                Some(id) => format!("lineage {} keeps no version {id}", lineage.name),
                None => format!("lineage {} keeps no earlier version", lineage.name),
            },
            "see what is kept: notafter status LINEAGE",
        )
    })
}

/// The key of the present version is blocked: no renewal uses it again.
async fn block_key(context: &Context, lineage: &mut Lineage) -> Result<(), Fault> {
    let version = current(context, lineage).await?;
    let Some(key_id) = version.key_id else { return Ok(()) };
    let key = context.open_key(key_id).await?;
    let id: String = key.spki_sha256().iter().map(|byte| format!("{byte:02x}")).collect();
    if !lineage.renewal.blocked_keys.contains(&id) {
        lineage.renewal.blocked_keys.push(id);
    }
    Ok(())
}

/// The renewal looks now, as if it had just been scheduled, and so do deployments that are under way; whether it is time
/// for their next step is for their own plans to say.
async fn now_due(context: &Context, actor: &Actor, lineage: &Lineage) -> Result<(), Fault> {
    let mut subjects = vec![(renew::KIND, renew::subject(lineage.id))];
    for place in context.store.places_of(&context.scope, lineage.id).await? {
        let latest = context.store.deployments_to(&context.scope, place.id, 1).await?;
        if latest.iter().any(|deployment| deployment.closed_at.is_none()) {
            subjects.push((deploy::KIND, deploy::subject(place.id)));
        }
    }
    let (due_at, mut changes) = (context.clock.now(), Vec::new());
    for (task, subject) in subjects {
        if context.store.due(task, &subject).await?.is_none_or(|due| due > due_at) {
            changes.push(Change::Schedule { task, subject, due_at });
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    Ok(context.apply(None, actor, &changes).await?)
}

pub(super) async fn named(context: &Context, name: &str) -> Result<Lineage, Fault> {
    context.store.lineage_named(&context.scope, name).await?.ok_or_else(|| {
        Fault::new(
            "lineage.unknown",
            format!("there is no lineage {name:?}"),
            "see what there is: notafter get lineages",
        )
    })
}

pub(super) async fn managed(context: &Context, name: &str) -> Result<Lineage, Fault> {
    let lineage = named(context, name).await?;
    match lineage.mode {
        Mode::Managed(_) => Ok(lineage),
        Mode::WatchOnly(_) => Err(Fault::new(
            "lineage.watch-only",
            format!("lineage {name} is renewed by somebody else's automation"),
            format!("let that automation renew it, or take it over: notafter adopt --take-over {name}"),
        )),
    }
}

pub(super) async fn current(context: &Context, lineage: &Lineage) -> Result<Version, Fault> {
    let none = || {
        Fault::new(
            "lineage.no-version",
            format!("lineage {} has no certificate yet", lineage.name),
            format!("get one: notafter renew {}", lineage.name),
        )
    };
    let id = lineage.current.ok_or_else(none)?;
    context.store.version(&context.scope, id).await?.ok_or_else(none)
}
