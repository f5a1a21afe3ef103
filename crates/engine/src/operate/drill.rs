//! Drills: begins one, shows what they showed, calls one off.

use notafter_cert::Span;
use notafter_inventory::drill::{self as judgement, Judgement};
use notafter_inventory::model::{Actor, Drill, DrillEnd, DrillEnding, DrillId, LineageId, Script};
use notafter_store::TaskSubject;
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, lifecycle, operation};
use crate::context::Context;
use crate::drill;
use crate::settle::run_due;
use crate::tasks;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("drill.run", run),
    operation!("drill.begin", begin),
    operation!("drill.list", list),
    operation!("drill.show", show),
    operation!("drill.end", end),
];

/// Where another loop of this process plays it, it is looked at this often.
const LOOK: Span = Span::millis(100);
/// Whoever waits for the stage waits no longer.
const PATIENCE: Span = Span::minutes(6);
/// Drills of a list.
const LISTED: u32 = 200;

/// A drill that somebody wants now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunArgs {
    /// The lineage's name.
    pub lineage: String,
    /// What is played.
    #[serde(default)]
    pub script: Script,
}

/// Which drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowArgs {
    /// The drill.
    pub id: DrillId,
}

/// Which drills are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListArgs {
    /// The lineage's name; of every lineage where it is left out.
    pub lineage: Option<String>,
}

/// A drill with what it showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The drill.
    #[serde(flatten)]
    pub drill: Drill,
    /// What it showed so far.
    pub result: Judgement,
}

impl Shown {
    fn of(drill: Drill) -> Self {
        let result = judgement::judge(&drill);
        Self { drill, result }
    }

    /// Its score, and how far it is.
    #[must_use]
    pub fn headline(&self) -> String {
        match (&self.drill.ended, self.stands()) {
            (Some(_), Some(stands)) => stands,
            (None, Some(stands)) => format!("{}; {stands}", self.score()),
            (_, None) => self.score(),
        }
    }

    /// Its score, in few words.
    #[must_use]
    pub fn score(&self) -> String {
        let Self { drill, result } = self;
        match &drill.ended {
            Some(DrillEnd { score: Some(score), .. }) => format!("{score} of 100"),
            Some(_) => "no score".to_owned(),
            None if drill.played.is_some() => format!("{} of 100 so far", result.score),
            None => "being played".to_owned(),
        }
    }

    /// What there is to say beside the score: what it waits for, who called it off, or why it was broken off.
    #[must_use]
    pub fn stands(&self) -> Option<String> {
        let Self { drill, .. } = self;
        let is_said = match &drill.ended {
            Some(end) => end.score.is_none(),
            None => drill.played.is_some(),
        };
        is_said.then(|| drill.words())
    }
}

/// Begins a drill, and plays its stage. The alarm goes on afterwards.
///
/// # Errors
/// There is no such lineage, or somebody else renews it; it is being rehearsed already; or the store failed.
pub async fn run(context: &Context, actor: &Actor, args: RunArgs) -> Result<Shown, Fault> {
    let begun = begin(context, actor, args).await?;
    let latest = context.clock.now() + PATIENCE;
    loop {
        run_due(context, tasks::drill::KIND, &TaskSubject::of(begun.lineage_id)).await?;
        let drill = find(context, begun.id).await?;
        if drill.played.is_some() || !drill.is_open() || context.clock.now() >= latest {
            return Ok(Shown::of(drill));
        }
        context.clock.sleep(LOOK).await;
    }
}

/// Begins a drill, which goes on by itself.
///
/// # Errors
/// As [`run`].
pub async fn begin(context: &Context, actor: &Actor, args: RunArgs) -> Result<Drill, Fault> {
    let RunArgs { lineage, script } = args;
    let lineage = lifecycle::managed(context, &lineage).await?;
    drill::check(context, &lineage, &script).await?;
    drill::begin(context, actor, &lineage, script, None).await
}

/// The last drills, the newest first.
///
/// # Errors
/// There is no such lineage; or the store failed.
pub async fn list(context: &Context, _: &Actor, args: ListArgs) -> Result<Vec<Shown>, Fault> {
    let drills = match &args.lineage {
        Some(name) => of_lineage(context, lifecycle::named(context, name).await?.id).await?,
        None => context.store.drills(&context.scope, LISTED).await?,
    };
    Ok(drills.into_iter().map(Shown::of).collect())
}

/// The drills of a lineage, the newest first.
///
/// # Errors
/// The store failed.
pub async fn of_lineage(context: &Context, id: LineageId) -> Result<Vec<Drill>, Fault> {
    Ok(context.store.drills_of(&context.scope, id).await?)
}

/// One drill.
///
/// # Errors
/// There is none; or the store failed.
pub async fn show(context: &Context, _: &Actor, args: ShowArgs) -> Result<Shown, Fault> {
    find(context, args.id).await.map(Shown::of)
}

/// Calls a drill off. Whoever got its alarm is told that it is over.
///
/// # Errors
/// There is none, or it is over; or the store failed.
pub async fn end(context: &Context, actor: &Actor, args: ShowArgs) -> Result<Shown, Fault> {
    let found = find(context, args.id).await?;
    if !found.is_open() {
        let what = format!("drill {} is {}", args.id, found.words());
        return Err(Fault::new("drill.over", what, "see what it showed: notafter drill show DRILL"));
    }
    let ending = DrillEnding::CalledOff { by: actor.clone() };
    drill::end(context, None, actor, found, ending).await.map(Shown::of)
}

async fn find(context: &Context, id: DrillId) -> Result<Drill, Fault> {
    context.store.drill(&context.scope, id).await?.ok_or_else(|| {
        let what = format!("there is no drill {id}");
        Fault::new("drill.unknown", what, "see what there is: notafter drill list")
    })
}
