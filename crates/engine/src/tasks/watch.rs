//! Looks after watch-only lineages: reads this machine again, looks at what is served, judges the automation.

use futures_util::FutureExt;
use notafter_cert::Span;
use notafter_inventory::adopt::fact::Known;
use notafter_inventory::adopt::{Case, Remembered, Watched};
use notafter_inventory::code::settled_owner;
use notafter_inventory::model::{
    Actor, Automation, Lineage, LineageId, Mode, Origin, Progress, Subject, Version, VersionId, VersionState,
    Violation,
};
use notafter_inventory::rule;
use notafter_inventory::threshold::Thresholds;
use notafter_providers::discover::{self, Machine};
use notafter_store::{Change, Lease, StoreError};

use super::{Next, Task, Work};
use crate::adopt::{Examined, examine, remembered};
use crate::context::Context;
use crate::findings;
use crate::operate::{Fault, adopt};

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
    if watched(context).await?.is_empty() {
        return Ok(Next::Done);
    }
    Ok(match look_after(context, Some(lease), this_machine(context)).await? {
        Looked::AtAll => Next::At(context.clock.now() + PAUSE),
        Looked::TooEarly => Next::At(context.clock.now()),
    })
}

fn this_machine(context: &Context) -> Machine {
    Machine::new(&context.settings.machine_root, vec![])
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
    let examined = examined(context, this_machine(context)).await?;
    let judged = lineages.into_iter().map(|(lineage, automation)| {
        let case = case_of(&examined.cases, &lineage, &automation);
        let thresholds = Thresholds::default();
        let watched = watched_now(context, &automation, &case, &thresholds);
        (lineage.name.clone(), rule::judge_automation(&watched, &Subject::Lineage(lineage.id)))
    });
    Ok(judged.collect())
}

/// Reads the machine, also in the homes of the programs that are watched and the files that are, and looks at what it serves.
async fn examined(context: &Context, machine: Machine) -> Result<Examined, Fault> {
    let remembered = remembered(&context.store, &context.scope).await?;
    let homes = remembered.iter().filter_map(|it| it.home.clone()).collect();
    let files = remembered.iter().map(|it| it.chain_file.clone()).collect();
    let survey = discover::survey(machine.with_also(homes).with_files(files)).await;
    let mut examined = examine(&survey, &remembered, context.eye.as_ref(), PARALLEL).await;
    for Remembered { chain_file, .. } in &remembered {
        if examined.cases.iter().any(|case| case.chain_file == *chain_file) {
            continue;
        }
        // It is known by another name.
        let Some(file) = survey.file(chain_file) else { continue };
        let same = examined.cases.iter().find(|case| case.real_file.as_ref() == Some(&file.real)).cloned();
        examined.cases.extend(same.map(|case| Case { chain_file: chain_file.clone(), ..case }));
    }
    Ok(examined)
}

/// Judges every watch-only lineage by what is on the machine now.
///
/// # Errors
/// The store failed.
pub async fn look_after(context: &Context, lease: Option<&Lease>, machine: Machine) -> Result<Looked, Fault> {
    Reading::take(context, machine).await?.judge(context, lease).await
}

/// What a machine was found to have, and in whose hands its lineages were then.
pub struct Reading {
    before: Vec<Standing>,
    examined: Examined,
}

/// How far a look went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// Every watch-only lineage was judged.
    AtAll,
    /// Some lineage changed hands while the machine was read: the next reading judges it.
    TooEarly,
}

impl Reading {
    /// Reads the machine.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take(context: &Context, machine: Machine) -> Result<Self, Fault> {
        let before = standing(context).await?;
        Ok(Self { before, examined: examined(context, machine).await? })
    }

    /// Judges every watch-only lineage by it that is in the same hands still.
    ///
    /// # Errors
    /// The store failed.
    pub async fn judge(&self, context: &Context, lease: Option<&Lease>) -> Result<Looked, Fault> {
        let mut looked = Looked::AtAll;
        for (lineage, _) in watched(context).await? {
            let judged = loop {
                match self.judge_one(context, lease, lineage.id).await? {
                    Judged::Again => {}
                    judged => break judged,
                }
            };
            if judged == Judged::ChangedHands {
                looked = Looked::TooEarly;
            }
        }
        Ok(looked)
    }

    /// Judges one lineage as it is now. A take-over and its undo hold the inventory while they change files: whoever read
    /// the machine meanwhile may have seen half of it, and judges nothing by that.
    async fn judge_one(
        &self,
        context: &Context,
        lease: Option<&Lease>,
        id: LineageId,
    ) -> Result<Judged, Fault> {
        let inventory = context.hold_inventory().await?;
        let Some(lineage) = context.store.lineage(&context.scope, id).await? else { return Ok(Judged::Done) };
        let Mode::WatchOnly(automation) = &lineage.mode else { return Ok(Judged::Done) };
        if !self.before.contains(&Standing::of(context, &lineage).await?) {
            return Ok(Judged::ChangedHands);
        }
        let case = case_of(&self.examined.cases, &lineage, automation);
        let changes = judge(context, &lineage, automation, &case, inventory.upon()).await?;
        if changes.is_empty() {
            return Ok(Judged::Done);
        }
        match context.apply(lease, &Actor::Engine, &changes).await {
            Err(StoreError::Overtaken(_)) => Ok(Judged::Again),
            applied => Ok(applied.map(|()| Judged::Done)?),
        }
    }
}

/// What came of one lineage.
#[derive(PartialEq)]
enum Judged {
    /// It stands as it is now.
    Done,
    /// Somebody else wrote it, or the inventory, in the meantime.
    Again,
    /// It is in other hands than before the machine was read.
    ChangedHands,
}

/// In whose hands a lineage is.
#[derive(Debug, PartialEq)]
struct Standing {
    id: LineageId,
    mode: Mode,
    current: Option<VersionId>,
    being_given_back: bool,
}

impl Standing {
    async fn of(context: &Context, lineage: &Lineage) -> Result<Self, Fault> {
        Ok(Self {
            id: lineage.id,
            mode: lineage.mode.clone(),
            current: lineage.current,
            being_given_back: adopt::is_being_given_back(context, lineage).await?,
        })
    }
}

async fn standing(context: &Context) -> Result<Vec<Standing>, Fault> {
    let mut all = Vec::new();
    for (lineage, _) in watched(context).await? {
        all.push(Standing::of(context, &lineage).await?);
    }
    Ok(all)
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
    let newest = newest(context, lineage, automation, case).await?;
    let settled = newest.iter().find_map(|change| match change {
        Change::PutLineage(lineage) => Some(lineage.owner_id),
        _ => None,
    });
    let thresholds = Thresholds::default();
    let watched = watched_now(context, automation, case, &thresholds);
    let violations = rule::judge_automation(&watched, &subject);
    let could_see = |earlier: &Violation| could_see(&watched, earlier);
    let mut changes =
        findings::of_subject(context, settled.unwrap_or(lineage.owner_id), &subject, violations, &could_see)
            .await?;
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

/// The newest certificate on disk becomes the lineage's current version, and what it says of itself is remembered. Whoever
/// answers for its names answers for it from then on, unless a file says who does.
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
    // Who renews it, and where its files are, is as somebody said: applying what they wrote must change nothing.
    let Automation { identifiers, trigger, habit_permille, .. } = case.automation();
    let habit_permille = habit_permille.or(automation.habit_permille);
    let (owners, manifest) =
        (context.store.owners(&context.scope).await?, context.store.manifest(&context.scope).await?);
    let owner_id =
        settled_owner(&owners, &manifest, lineage, &identifiers).map_or(lineage.owner_id, |owner| owner.id);
    let mode = Mode::WatchOnly(Automation { identifiers, trigger, habit_permille, ..automation.clone() });
    let after = Progress { current: Some(version.id), renewal: lineage.renewal.clone() };
    let advance = Change::Advance { lineage: lineage.id, before: lineage.progress(), after };
    let now = Lineage { mode, owner_id, ..lineage.clone() };
    let superseded =
        current.map(|old| Change::PutVersion(Version { state: VersionState::Superseded, ..old }));
    Ok(superseded
        .into_iter()
        .chain([Change::PutVersion(version), Change::PutLineage(now), advance])
        .collect())
}
