//! Maintenances: work that is announced to the public.

use notafter_cert::Time;
use notafter_engine::operate::status_page::{
    MaintenanceUpdateArgs, PlanArgs, Plans, PlansArgs, ShowPlanArgs,
};
use notafter_inventory::model::{self, MaintenanceId, MaintenanceUpdate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Made, One};
use super::call::{Call, call};
use super::number::Count;
use super::request::{Asked, Json, NoBody, Nothing};
use super::view::{Doer, Instant, words};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static LIST: Call = call!("list-maintenances", "Work that is announced, by its beginning", list);
pub(crate) static SHOW: Call =
    call!("show-maintenance", "A maintenance, with everything that was told of it", show);
pub(crate) static PLAN: Call = call!(
    "plan-maintenance",
    "Announces work to the public, for 30 days at most; it begins and ends by itself",
    plan,
    [UNPROCESSABLE_ENTITY]
);
pub(crate) static UPDATE: Call = call!(
    "update-maintenance",
    "Tells more of a maintenance, moves it, or ends it",
    update,
    [CONFLICT, UNPROCESSABLE_ENTITY]
);

words! {
    /// How far a maintenance is.
    MaintenanceStatus = model::MaintenanceStatus {
        /// It has not begun.
        Scheduled,
        /// It is under way.
        InProgress,
        /// It was done, and is looked at.
        Verifying,
        /// It is over.
        Completed,
    }
}

impl From<MaintenanceStatus> for model::MaintenanceStatus {
    fn from(told: MaintenanceStatus) -> Self {
        match told {
            MaintenanceStatus::Scheduled => Self::Scheduled,
            MaintenanceStatus::InProgress => Self::InProgress,
            MaintenanceStatus::Verifying => Self::Verifying,
            MaintenanceStatus::Completed => Self::Completed,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Which.
    #[serde(default)]
    state: WhichMaintenances,
}

/// Which maintenances.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum WhichMaintenances {
    /// Those that are planned or under way.
    #[default]
    Open,
    /// Those of the last 90 days that are over, too.
    All,
}

#[derive(Deserialize, JsonSchema)]
struct At {
    /// Identity (`mt_...`).
    id: String,
}

/// Work to announce.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewMaintenance {
    /// What it is called, in at most 200 letters.
    name: String,
    /// What is told of it, in at most 5,000 letters.
    text: String,
    /// The components that it is about, by name.
    #[serde(default)]
    components: Vec<String>,
    /// From when.
    from: Instant,
    /// Until when.
    until: Instant,
}

/// What is told next of a maintenance.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewMaintenanceUpdate {
    /// What is told, in at most 5,000 letters.
    text: String,
    /// How far it is; as before, or by its times, where this is left out.
    status: Option<MaintenanceStatus>,
    /// Another beginning.
    from: Option<Instant>,
    /// Another end.
    until: Option<Instant>,
    /// How many updates it had when this one was written: where it has more by now, nothing is told. Not asked where this is left
    /// out.
    upon: Option<Count>,
}

/// Work that was announced.
#[derive(Serialize, JsonSchema)]
struct OneMaintenance {
    /// Identity.
    id: String,
    /// What it is called.
    name: String,
    /// The components that it is about, by name.
    components: Vec<String>,
    /// How far it is now.
    status: MaintenanceStatus,
    /// From when.
    from: Instant,
    /// Until when.
    until: Instant,
    /// What was told of it, oldest first.
    updates: Vec<MaintenanceUpdateTold>,
}

/// What was told at an instant.
#[derive(Serialize, JsonSchema)]
struct MaintenanceUpdateTold {
    /// When.
    at: Instant,
    /// How far it was said to be.
    status: MaintenanceStatus,
    /// The words.
    text: String,
    /// Who told it; the public never reads this.
    by: Doer,
}

/// What was announced.
#[derive(Serialize, JsonSchema)]
struct Maintenances {
    /// Each of them, by its beginning.
    items: Vec<OneMaintenance>,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<One<Maintenances>, Refusal> {
    let args = PlansArgs { all: asked.query.state == WhichMaintenances::All };
    let Plans { maintenances } = operate(&visit, "maintenance.list", args).await?;
    let now = visit.context.clock.now();
    Ok(One(Maintenances {
        items: maintenances.into_iter().map(|maintenance| one(maintenance, now)).collect(),
    }))
}

async fn show(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneMaintenance>, Refusal> {
    let args = ShowPlanArgs { id: parse(&asked.path)? };
    let maintenance = operate(&visit, "maintenance.show", args).await?;
    Ok(One(one(maintenance, visit.context.clock.now())))
}

async fn plan(
    visit: Visit,
    asked: Asked<Nothing, Nothing, Json<NewMaintenance>>,
) -> Result<Made<OneMaintenance>, Refusal> {
    let Json(NewMaintenance { name, text, components, from: Instant(from), until: Instant(until) }) =
        asked.body;
    let args = PlanArgs { name, text, components, from, until };
    let maintenance = operate(&visit, "maintenance.plan", args).await?;
    Ok(Made(one(maintenance, visit.context.clock.now())))
}

async fn update(
    visit: Visit,
    asked: Asked<At, Nothing, Json<NewMaintenanceUpdate>>,
) -> Result<Made<OneMaintenance>, Refusal> {
    let id = parse(&asked.path)?;
    let Json(NewMaintenanceUpdate { text, status, from, until, upon }) = asked.body;
    let at = |instant: Option<Instant>| instant.map(|Instant(at)| at);
    let (status, from, until) = (status.map(Into::into), at(from), at(until));
    let upon = upon.map(|Count(number)| number);
    let args = MaintenanceUpdateArgs { id, status, text, from, until, upon };
    let maintenance = operate(&visit, "maintenance.update", args).await?;
    Ok(Made(one(maintenance, visit.context.clock.now())))
}

fn parse(at: &At) -> Result<MaintenanceId, Refusal> {
    at.id.parse().map_err(|_| Refusal::absent("such maintenance"))
}

fn one(maintenance: model::Maintenance, now: Time) -> OneMaintenance {
    let status = maintenance.status(now);
    let update = |MaintenanceUpdate { at, status, text, by }| MaintenanceUpdateTold {
        at: at.into(),
        status: MaintenanceStatus::from(status),
        text,
        by: by.into(),
    };
    OneMaintenance {
        id: maintenance.id.to_string(),
        name: maintenance.name,
        components: maintenance.components,
        status: status.into(),
        from: maintenance.from.into(),
        until: maintenance.until.into(),
        updates: maintenance.updates.into_iter().map(update).collect(),
    }
}
