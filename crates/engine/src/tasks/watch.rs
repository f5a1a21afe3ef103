//! Looks after watch-only lineages: reads this machine again, looks at what is served, judges the automation.

use std::path::Path;

use futures_util::FutureExt;
use notafter_cert::Span;
use notafter_inventory::adopt::fact::Known;
use notafter_inventory::adopt::{Case, Watched};
use notafter_inventory::model::{
    Actor, Automation, Lineage, LineageId, Mode, Origin, Progress, Renewer, Subject, Version, VersionState,
    Violation,
};
use notafter_inventory::rule;
use notafter_inventory::threshold::Thresholds;
use notafter_providers::discover::{self, Machine};
use notafter_store::{Change, Lease, StoreError};

use super::{Next, Task, Work};
use crate::adopt::examine;
use crate::context::Context;
use crate::findings;
use crate::operate::Fault;

/// The task's name.
pub const KIND: &str = "watch";

/// Between two readings of the machine: often enough for a certificate of six days, dear enough not to be oftener.
const PAUSE: Span = Span::hours(1);

/// Looks at the same time.
const PARALLEL: usize = 16;

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "looks after what other people's automation renews",
    parallel: |_| 1,
    lease_for: Span::minutes(10),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let lineages = watched(context).await?;
    if lineages.is_empty() {
        return Ok(Next::Done);
    }
    look_after(context, Some(lease), this_machine(context, &lineages)).await?;
    Ok(Next::At(context.clock.now() + PAUSE))
}

fn this_machine(context: &Context, lineages: &[(Lineage, Automation)]) -> Machine {
    let also = lineages.iter().filter_map(|(_, automation)| home(automation)).collect();
    Machine::new(&context.settings.machine_root, also)
}

/// What the rules say of every watch-only lineage now, by name; nothing is stored.
///
/// # Errors
/// The store failed.
pub async fn judged_now(context: &Context) -> Result<Vec<(String, Vec<Violation>)>, Fault> {
    let lineages = watched(context).await?;
    if lineages.is_empty() {
        return Ok(Vec::new());
    }
    let survey = discover::survey(this_machine(context, &lineages)).await;
    let examined = examine(&survey, context.eye.as_ref(), PARALLEL).await;
    let judged = lineages.into_iter().map(|(lineage, automation)| {
        let case = case_of(&examined.cases, &lineage, &automation);
        let thresholds = Thresholds::default();
        let watched = watched_now(context, &automation, &case, &thresholds);
        (lineage.name.clone(), rule::judge_automation(&watched, &Subject::Lineage(lineage.id)))
    });
    Ok(judged.collect())
}

/// Judges every watch-only lineage by what is on this machine now.
///
/// # Errors
/// The store failed.
pub async fn look_after(context: &Context, lease: Option<&Lease>, machine: Machine) -> Result<(), Fault> {
    let survey = discover::survey(machine).await;
    let examined = examine(&survey, context.eye.as_ref(), PARALLEL).await;
    for (lineage, _) in watched(context).await? {
        while !judged(context, lease, &examined.cases, lineage.id).await? {}
    }
    Ok(())
}

/// Judges one lineage as it is now; false where somebody else wrote it, or the inventory, in the meantime.
async fn judged(
    context: &Context,
    lease: Option<&Lease>,
    cases: &[Case],
    id: LineageId,
) -> Result<bool, Fault> {
    let inventory = context.hold_inventory().await?;
    let Some(lineage) = context.store.lineage(&context.scope, id).await? else { return Ok(true) };
    let Mode::WatchOnly(automation) = &lineage.mode else { return Ok(true) };
    let case = case_of(cases, &lineage, automation);
    let changes = judge(context, &lineage, automation, &case, inventory.upon()).await?;
    if changes.is_empty() {
        return Ok(true);
    }
    match context.apply(lease, &Actor::Engine, &changes).await {
        Err(StoreError::Overtaken(_)) => Ok(false),
        applied => Ok(applied.map(|()| true)?),
    }
}

async fn watched(context: &Context) -> Result<Vec<(Lineage, Automation)>, Fault> {
    let lineages = context.store.lineages(&context.scope).await?;
    let watched = |lineage: Lineage| match &lineage.mode {
        Mode::WatchOnly(automation) => {
            let automation = automation.clone();
            Some((lineage, automation))
        }
        Mode::Managed(_) => None,
    };
    Ok(lineages.into_iter().filter_map(watched).collect())
}

fn case_of(cases: &[Case], lineage: &Lineage, automation: &Automation) -> Case {
    let found = cases.iter().find(|case| case.chain_file == automation.chain_file);
    let lost = || Case::lost(&lineage.name, automation, "it is not found on this machine any more");
    found.cloned().unwrap_or_else(lost)
}

fn watched_now<'a>(
    context: &Context,
    automation: &Automation,
    case: &'a Case,
    thresholds: &'a Thresholds,
) -> Watched<'a> {
    Watched { case, now: context.clock.now(), thresholds, habit_permille: automation.habit_permille }
}

async fn judge(
    context: &Context,
    lineage: &Lineage,
    automation: &Automation,
    case: &Case,
    upon: Change,
) -> Result<Vec<Change>, Fault> {
    let subject = Subject::Lineage(lineage.id);
    let thresholds = Thresholds::default();
    let watched = watched_now(context, automation, case, &thresholds);
    let violations = rule::judge_automation(&watched, &subject);
    let could_see = |earlier: &Violation| could_see(&watched, earlier);
    let mut changes =
        findings::of_subject(context, lineage.owner_id, &subject, violations, &could_see).await?;
    let newest = newest(context, lineage, automation, case).await?;
    if !newest.is_empty() {
        changes.push(upon);
    }
    changes.extend(newest);
    Ok(changes)
}

/// A finding is closed only by a look that saw what it was about (law 6).
fn could_see(watched: &Watched<'_>, earlier: &Violation) -> bool {
    let case = watched.case;
    match earlier.code.as_str() {
        "automation.not-reloaded" => case.newest.is_some() && case.seen.iter().any(|seen| seen.leaf.is_ok()),
        "automation.key-mismatch" => case.newest.is_some() && !matches!(case.key_fits(), Known::Unknown(_)),
        "automation.dead" => !matches!(watched.alive(), Known::Unknown(_)),
        "automation.late" | "automation.failing" => case.newest.is_some(),
        code => code.starts_with("automation."),
    }
}

/// The newest certificate on disk becomes the lineage's current version, and what it says of itself is remembered.
async fn newest(
    context: &Context,
    lineage: &Lineage,
    automation: &Automation,
    case: &Case,
) -> Result<Vec<Change>, Fault> {
    let Some(leaf) = &case.newest else { return Ok(Vec::new()) };
    let current = match lineage.current {
        Some(id) => context.store.version(&context.scope, id).await?,
        None => None,
    };
    if current.as_ref().is_some_and(|version| version.fingerprint == leaf.fingerprint()) {
        return Ok(Vec::new());
    }
    let version = Version {
        id: context.new_id(),
        lineage_id: lineage.id,
        key_id: None,
        fingerprint: leaf.fingerprint(),
        chain_pem: notafter_cert::pem::chain_to(&[leaf.der().to_vec()]),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        obtained_at: context.clock.now(),
        origin: Origin::Files { path: case.chain_file.clone(), insisted: false },
        state: VersionState::Current,
    };
    let again = case.automation();
    let mode = Mode::WatchOnly(Automation {
        habit_permille: again.habit_permille.or(automation.habit_permille),
        ping: automation.ping.clone(),
        ..again
    });
    let after = Progress { current: Some(version.id), renewal: lineage.renewal.clone() };
    let advance = Change::Advance { lineage: lineage.id, before: lineage.progress(), after };
    let now = Lineage { mode, ..lineage.clone() };
    let superseded =
        current.map(|old| Change::PutVersion(Version { state: VersionState::Superseded, ..old }));
    Ok(superseded
        .into_iter()
        .chain([Change::PutVersion(version), Change::PutLineage(now), advance])
        .collect())
}

/// The program's home, from the files that are remembered: it may lie where nobody would look.
fn home(automation: &Automation) -> Option<String> {
    let above = |path: &str, levels: usize| {
        let mut path = Path::new(path);
        for _ in 0..levels {
            path = path.parent()?;
        }
        Some(path.to_string_lossy().into_owned())
    };
    match automation.renewer {
        Renewer::Certbot => above(automation.config_file.as_deref()?, 2),
        Renewer::Lego | Renewer::AcmeSh => above(&automation.chain_file, 2),
        Renewer::Unknown => None,
    }
}
