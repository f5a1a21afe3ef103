//! Drills: the near-expiry of a lineage, rehearsed on a stage; the alarm about it, given to real people.

mod asked;
mod play;
pub mod stage;
mod world;

use std::path::Path;

use notafter_cert::Time;
use notafter_inventory::drill;
use notafter_inventory::finding::all_judged;
use notafter_inventory::model::{
    Actor, Alarm, AlarmTold, Contact, Drill, DrillEnding, Lineage, Script, Subject, Violation,
};
use notafter_inventory::plan;
use notafter_inventory::rule;
use notafter_store::{Change, Lease, TaskSubject};
use serde_json::json;

use crate::context::Context;
use crate::findings;
use crate::operate::Fault;
use crate::tasks;
use crate::tasks::alert::DEFAULT_OWNER;

/// Whether a lineage can be rehearsed like this.
///
/// # Errors
/// It cannot; or the store failed.
pub(crate) async fn check(context: &Context, lineage: &Lineage, script: &Script) -> Result<(), Fault> {
    asked::of(context, lineage, script).await.map(drop)
}

/// Begins a drill, which the task of its lineage carries out from now on.
///
/// # Errors
/// One of this lineage goes on already; or the store failed.
pub(crate) async fn begin(
    context: &Context,
    actor: &Actor,
    lineage: &Lineage,
    script: Script,
    lease: Option<&Lease>,
) -> Result<Drill, Fault> {
    if context.drill_stage().is_none() {
        let what = "this process has no stage to play on";
        return Err(Fault::new("drill.no-stage", what, "begin it where notafter serve runs"));
    }
    let now = context.clock.now();
    let drill = Drill {
        id: context.new_id(),
        owner_id: lineage.owner_id,
        lineage_id: lineage.id,
        lineage: lineage.name.clone(),
        begun_at: now,
        begun_by: actor.clone(),
        script,
        played: None,
        alarm: None,
        ended: None,
    };
    let mut changes = vec![Change::PutDrill(drill.clone()), event(&drill, "begun")];
    if lease.is_none() {
        let subject = TaskSubject::of(lineage.id);
        changes.push(Change::Schedule { task: tasks::drill::KIND, subject, due_at: now });
    }
    match context.apply(None, actor, &changes).await {
        Err(notafter_store::StoreError::Overtaken(_)) => Err(Fault::new(
            "drill.under-way",
            format!("{} is being rehearsed already", lineage.name),
            "wait for it, or call it off: notafter drill list",
        )),
        applied => {
            applied?;
            Ok(drill)
        }
    }
}

fn event(drill: &Drill, verb: &str) -> Change {
    let score = drill.ended.as_ref().and_then(|end| end.score);
    Change::Event {
        kind: format!("notafter.drill.{verb}.v1"),
        subject: Subject::Lineage(drill.lineage_id),
        data: json!({ "drill": drill.id, "script": drill.script, "score": score, "stands": drill.words() }),
    }
}

/// Carries it one step on: plays it, gives the alarm, looks whether somebody took it, ends it.
///
/// # Errors
/// The store failed. What cannot be played is broken off, and says why.
pub(crate) async fn step(context: &Context, lease: &Lease, drill: Drill) -> Result<Drill, Fault> {
    let id = drill.id;
    match carried_on(context, lease, drill).await {
        // Somebody called it off meanwhile, and nothing of this step was stored.
        Err(fault) if fault.code == "store.overtaken" => {
            let stored = context.store.drill(&context.scope, id).await?;
            stored.filter(|stored| !stored.is_open()).ok_or(fault)
        }
        stepped => stepped,
    }
}

async fn carried_on(context: &Context, lease: &Lease, mut drill: Drill) -> Result<Drill, Fault> {
    if drill.played.is_none() {
        match play(context, &drill).await {
            Ok(played) => drill.played = Some(played),
            Err(fault) => {
                let why = fault.why.map_or_else(String::new, |why| format!(": {why}"));
                let why = format!("{}{why}; {}", fault.what, fault.hint);
                return end(context, Some(lease), &Actor::Engine, drill, DrillEnding::BrokenOff { why })
                    .await;
            }
        }
        if drill.script.without_alarm {
            return end(context, Some(lease), &Actor::Engine, drill, DrillEnding::Played).await;
        }
        drill.alarm = Some(Alarm { at: context.clock.now(), alert: None, told: Vec::new(), taken: None });
        let mut changes = vec![Change::PutDrill(drill.clone()), event(&drill, "alarmed")];
        changes.extend(alarm_findings(context, &drill).await?);
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
        return Ok(drill);
    }
    let Some(begun_at) = drill.alarm.as_ref().map(|alarm| alarm.at) else { return Ok(drill) };
    let contacts = contacts(context, &drill, begun_at).await?;
    let now = context.clock.now();
    let Some(alarm) = &mut drill.alarm else { return Ok(drill) };
    look(context, drill.id, alarm).await?;
    if drill::is_over(alarm, &contacts, now) {
        return end(context, Some(lease), &Actor::Engine, drill, DrillEnding::Played).await;
    }
    context.apply(Some(lease), &Actor::Engine, &[Change::PutDrill(drill.clone())]).await?;
    Ok(drill)
}

async fn play(context: &Context, drill: &Drill) -> Result<notafter_inventory::model::Played, Fault> {
    let Some(set) = context.drill_stage() else {
        let what = "this process has no stage to play on";
        return Err(Fault::new("drill.no-stage", what, "begin it where notafter serve runs"));
    };
    let folder = play::folder(context, drill)?;
    let played = play::play(context, drill, set, &folder).await;
    play::remove(&folder)?;
    played
}

/// What came of the alarm so far.
async fn look(
    context: &Context,
    id: notafter_inventory::model::DrillId,
    alarm: &mut Alarm,
) -> Result<(), Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let alert = match alarm.alert {
        Some(id) => store.alert(scope, id).await?,
        None => store.alerts_open(scope).await?.into_iter().find(|alert| alert.root == Subject::Drill(id)),
    };
    let Some(alert) = alert else { return Ok(()) };
    alarm.alert = Some(alert.id);
    alarm.taken.clone_from(&alert.acknowledged);
    let mut told: Vec<AlarmTold> = Vec::new();
    for one in &alert.told {
        if told.iter().any(|known| known.contact == one.contact) {
            continue;
        }
        let Some(delivery) = store.delivery(scope, one.delivery_id).await? else { continue };
        let said = delivery.attempts.last().map(|attempt| attempt.detail.clone());
        told.push(AlarmTold { at: one.at, contact: one.contact.clone(), state: delivery.state, said });
    }
    alarm.told = told;
    Ok(())
}

/// Whoever is told of an alarm that begins at an instant, in order.
async fn contacts(context: &Context, drill: &Drill, at: Time) -> Result<Vec<Contact>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let Some(owner) = store.owner(scope, drill.owner_id).await? else { return Ok(Vec::new()) };
    let last = store.owner_named(scope, DEFAULT_OWNER).await?;
    let channels = store.channels(scope).await?;
    Ok(plan::alert::in_order(&owner, last.as_ref(), &channels, at))
}

/// Ends it: the alarm is over, what it showed is judged.
///
/// # Errors
/// The store failed.
pub(crate) async fn end(
    context: &Context,
    lease: Option<&Lease>,
    actor: &Actor,
    drill: Drill,
    how: DrillEnding,
) -> Result<Drill, Fault> {
    let was_called_off = matches!(how, DrillEnding::CalledOff { .. });
    let drill = drill::end(drill, context.clock.now(), how);
    let mut changes = vec![Change::PutDrill(drill.clone()), event(&drill, "ended")];
    changes.extend(alarm_findings(context, &drill).await?);
    if !was_called_off {
        let subject = Subject::Lineage(drill.lineage_id);
        let violations = rule::judge_drill(&drill);
        let judged = |earlier: &Violation| rule::judges_drill(&drill, earlier);
        changes.extend(findings::of_subject(context, drill.owner_id, &subject, violations, &judged).await?);
    }
    context.apply(lease, actor, &changes).await?;
    Ok(drill)
}

async fn alarm_findings(context: &Context, drill: &Drill) -> Result<Vec<Change>, Fault> {
    let (subject, alarm) = (Subject::Drill(drill.id), rule::judge_alarm(drill));
    Ok(findings::of_subject(context, drill.owner_id, &subject, alarm, &all_judged).await?)
}

fn no_folder(path: &Path, error: &std::io::Error) -> Fault {
    let what = format!("the stage's directory {} cannot be used", path.display());
    Fault::new("drill.no-folder", what, "look at the data directory: is there space, and whose is it?")
        .because(error.to_string())
}
