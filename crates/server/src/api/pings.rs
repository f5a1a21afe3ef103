//! Pings of other people's jobs: where they go, and what came.

use notafter_engine::operate::ping::{self as operation, All, Of, Row};
use notafter_inventory::model;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::One;
use super::call::{Call, call};
use super::lineages::At;
use super::request::{Asked, Json, NoBody, Nothing};
use super::view::Instant;
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static LIST: Call =
    call!("list-pings", "Lineages whose job is to ping, with the address for that and what came", list);
pub(crate) static NEW_ADDRESS: Call = call!(
    "new-ping-address",
    "Another address for the pings of a lineage; the one before leads nowhere from then on",
    new_address
);

/// The pings of the lineages whose job is to ping.
#[derive(Serialize, JsonSchema)]
struct Pings {
    /// Each lineage, by name.
    items: Vec<PingsOf>,
}

/// The pings of a lineage.
#[derive(Serialize, JsonSchema)]
struct PingsOf {
    /// Identity (`ln_...`).
    id: String,
    /// Its name.
    lineage: String,
    /// Where its job pings. Whoever knows it can ping, and nothing else.
    url: String,
    /// Seconds between two that say that all went well.
    every_seconds: i64,
    /// Seconds that one may be late.
    grace_seconds: i64,
    /// The last that said so.
    succeeded_at: Option<Instant>,
    /// The first since then that said that the job failed.
    failing_since: Option<Instant>,
    /// When the next one is late.
    late_at: Instant,
    /// The last ones, newest last.
    recent: Vec<Ping>,
}

/// A ping.
#[derive(Serialize, JsonSchema)]
struct Ping {
    /// When.
    at: Instant,
    /// What it says.
    says: Says,
    /// The exit code of the job, where that is what told that it failed.
    exit: Option<u8>,
    /// Which run it is of, where it says so.
    run: Option<String>,
    /// Where it came from.
    from: String,
    /// What its body said.
    body: String,
}

/// What a ping says.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Says {
    /// The job went well.
    Success,
    /// It begins.
    Start,
    /// It failed.
    Fail,
    /// Something for the record.
    Log,
}

async fn list(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<Pings>, Refusal> {
    let rows: Vec<Row> = operate(&visit, "ping.list", All {}).await?;
    Ok(One(Pings { items: rows.into_iter().map(of).collect() }))
}

async fn new_address(
    visit: Visit,
    asked: Asked<At, Nothing, Json<Nothing>>,
) -> Result<One<PingsOf>, Refusal> {
    let wish = Of { lineage: asked.path.lineage };
    let row: operation::Row = operate(&visit, "ping.new-address", wish).await?;
    Ok(One(of(row)))
}

fn of(row: Row) -> PingsOf {
    PingsOf {
        id: row.lineage.to_string(),
        lineage: row.name,
        url: row.url,
        every_seconds: row.every.as_seconds(),
        grace_seconds: row.grace.as_seconds(),
        succeeded_at: row.succeeded_at.map(Instant),
        failing_since: row.failing_since.map(Instant),
        late_at: row.late_at.into(),
        recent: row.recent.into_iter().map(ping).collect(),
    }
}

fn ping(ping: model::Ping) -> Ping {
    let (says, exit) = match ping.says {
        model::Says::Success => (Says::Success, None),
        model::Says::Start => (Says::Start, None),
        model::Says::Fail { exit } => (Says::Fail, exit),
        model::Says::Log => (Says::Log, None),
    };
    let model::Ping { at, run, from, body, .. } = ping;
    Ping { at: at.into(), says, exit, run, from, body }
}
