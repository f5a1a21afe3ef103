//! Maintenance: announced, under way, over.

use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Maintenance, MaintenanceId, MaintenanceStatus, MaintenanceUpdate};
use notafter_store::Change;
use serde::{Deserialize, Serialize};

use super::{components, name, refused, still, words};
use crate::context::Context;
use crate::operate::Fault;
use crate::status_page::HISTORY;

/// Work that lasts longer hides an outage.
const LONGEST: Span = Span::days(30);

/// What is announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanArgs {
    /// What it is called.
    pub name: String,
    /// What is told of it.
    pub text: String,
    /// The components that it is about.
    pub components: Vec<String>,
    /// From when.
    pub from: Time,
    /// Until when.
    pub until: Time,
}

/// Announces work to the public. It begins and ends by itself, at its times.
///
/// # Errors
/// The times cannot be; a component is not on the page; there are no words; or the store failed.
pub(super) async fn plan(context: &Context, actor: &Actor, args: PlanArgs) -> Result<Maintenance, Fault> {
    let now = context.clock.now();
    let maintenance = Maintenance {
        id: context.new_id(),
        name: name(&args.name)?,
        components: components(context, &args.components).await?,
        from: args.from,
        until: args.until,
        updates: vec![MaintenanceUpdate {
            at: now,
            status: MaintenanceStatus::Scheduled,
            text: words(&args.text)?,
            by: actor.clone(),
        }],
    };
    can_be(&maintenance, now)?;
    context.apply(None, actor, &[Change::PutMaintenance(maintenance.clone())]).await?;
    Ok(maintenance)
}

fn can_be(Maintenance { from, until, .. }: &Maintenance, now: Time) -> Result<(), Fault> {
    if until <= from {
        return Err(refused("the work would end before it begins", "give an end after the beginning"));
    }
    if *until <= now {
        return Err(refused("the work would be over already", "give an end in the future"));
    }
    if until.since(*from) > LONGEST {
        let what = format!("work lasts at most {LONGEST}: outages are not told while it is under way");
        return Err(refused(&what, "announce it for a shorter time, and make it longer if need be"));
    }
    Ok(())
}

/// What is told next of a maintenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceUpdateArgs {
    /// The maintenance.
    pub id: MaintenanceId,
    /// How far it is; as before where nothing is said.
    pub status: Option<MaintenanceStatus>,
    /// What is told.
    pub text: String,
    /// From when, where that changes.
    pub from: Option<Time>,
    /// Until when, where that changes.
    pub until: Option<Time>,
    /// How many updates it had when this one was written; not asked where nothing is said.
    pub upon: Option<usize>,
}

/// Tells more of a maintenance, moves it, or ends it.
///
/// # Errors
/// There is no such maintenance, or it is over; the times cannot be; there are no words; somebody told something meanwhile; or
/// the store failed.
pub(super) async fn update(
    context: &Context,
    actor: &Actor,
    args: MaintenanceUpdateArgs,
) -> Result<Maintenance, Fault> {
    let now = context.clock.now();
    let mut maintenance = find(context, args.id).await?;
    still(args.upon, maintenance.updates.len(), &maintenance.name)?;
    if maintenance.status(now) == MaintenanceStatus::Completed {
        return Err(refused("that work is over", "announce other work: notafter maintenance plan"));
    }
    maintenance.from = args.from.unwrap_or(maintenance.from);
    maintenance.until = args.until.unwrap_or(maintenance.until);
    can_be(&maintenance, now)?;
    let last = maintenance.updates.last();
    let said = last.map_or(MaintenanceStatus::Scheduled, |update| update.status);
    let at = last.map_or(now, |update| update.at.max(now));
    let status = args.status.unwrap_or(said);
    maintenance.updates.push(MaintenanceUpdate { at, status, text: words(&args.text)?, by: actor.clone() });
    context.apply(None, actor, &[Change::PutMaintenance(maintenance.clone())]).await?;
    Ok(maintenance)
}

async fn find(context: &Context, id: MaintenanceId) -> Result<Maintenance, Fault> {
    context.store.maintenance(&context.scope, id).await?.ok_or_else(|| {
        let hint = "see them with `notafter maintenance list --all`";
        Fault::new("maintenance.unknown", format!("there is no maintenance {id}"), hint)
    })
}

/// Which maintenances are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlansArgs {
    /// Those that are over, too.
    pub all: bool,
}

/// What was announced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plans {
    /// By their beginning.
    pub maintenances: Vec<Maintenance>,
}

/// What is planned and under way.
///
/// # Errors
/// The store failed.
pub(super) async fn list(context: &Context, _: &Actor, args: PlansArgs) -> Result<Plans, Fault> {
    let now = context.clock.now();
    let mut maintenances = context.store.maintenances_since(&context.scope, now - HISTORY).await?;
    maintenances.retain(|one| args.all || one.status(now) != MaintenanceStatus::Completed);
    maintenances.sort_by_key(|one| (one.from, one.id));
    Ok(Plans { maintenances })
}

/// Which maintenance is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowPlanArgs {
    /// The maintenance.
    pub id: MaintenanceId,
}

/// A maintenance with everything that was told of it.
///
/// # Errors
/// There is none; or the store failed.
pub(super) async fn show(context: &Context, _: &Actor, args: ShowPlanArgs) -> Result<Maintenance, Fault> {
    find(context, args.id).await
}
