//! Pings of other people's jobs: where they go, and what came.

use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Expected, Lineage, LineageId, Ping, Pings, Subject};
use notafter_store::{Change, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Fault, Operation, explain, operation};
use crate::context::Context;
use crate::ping;

/// The operations of this file.
pub const OPERATIONS: &[Operation] =
    &[operation!("ping.list", list), operation!("ping.new-address", new_address)];

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct All {}

/// A lineage.
#[derive(Debug, Serialize, Deserialize)]
pub struct Of {
    /// Its name, or `ln_...`.
    pub lineage: String,
}

/// The pings of one lineage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The lineage.
    pub lineage: LineageId,
    /// Its name.
    pub name: String,
    /// Where its job pings. Whoever knows it can ping, and nothing else.
    pub url: String,
    /// Between two that say that all went well.
    pub every: Span,
    /// How late one may be.
    pub grace: Span,
    /// The last that said so.
    pub succeeded_at: Option<Time>,
    /// The first since then that said that the job failed.
    pub failing_since: Option<Time>,
    /// When the next one is late.
    pub late_at: Time,
    /// The last ones, newest last.
    pub recent: Vec<Ping>,
}

/// What is known of one lineage's pings; nothing where none are expected.
///
/// # Errors
/// The store or the vault failed.
pub async fn of(context: &Context, id: LineageId) -> Result<Option<Row>, Fault> {
    let Some(lineage) = context.store.lineage(&context.scope, id).await? else { return Ok(None) };
    match ping::expected(&lineage) {
        Some(expected) => row(context, lineage, expected).await.map(Some),
        None => Ok(None),
    }
}

/// Every lineage whose job is to ping, by name.
///
/// # Errors
/// The store or the vault failed.
pub async fn all(context: &Context) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    for lineage in context.store.lineages(&context.scope).await? {
        if let Some(expected) = ping::expected(&lineage) {
            rows.push(row(context, lineage, expected).await?);
        }
    }
    Ok(rows)
}

async fn list(context: &Context, _: &Actor, _: All) -> Result<Vec<Row>, Fault> {
    all(context).await
}

/// The address that was told before leads nowhere from then on.
async fn new_address(context: &Context, actor: &Actor, of: Of) -> Result<Row, Fault> {
    let lineage = explain::find(context, &of.lineage).await?;
    let expected = ping::expected(&lineage).ok_or_else(|| {
        Fault::new(
            "ping.not-expected",
            format!("no pings are expected of lineage {}", lineage.name),
            "write ping = { every = \"24h\", grace = \"1h\" } into its `watch` in the inventory file",
        )
    })?;
    loop {
        let before = context.store.pings(&context.scope, lineage.id).await?;
        let mut after = before.clone().unwrap_or_else(|| Pings::new(lineage.id, context.clock.now()));
        after.generation += 1;
        let event = Change::Event {
            kind: "notafter.ping.new-address.v1".to_owned(),
            subject: Subject::Lineage(lineage.id),
            data: json!({ "number": after.generation }),
        };
        match context.apply(None, actor, &[Change::PutPings { before, after }, event]).await {
            Err(StoreError::Overtaken(_)) => {}
            applied => {
                applied?;
                return row(context, lineage, expected).await;
            }
        }
    }
}

async fn row(context: &Context, lineage: Lineage, expected: Expected) -> Result<Row, Fault> {
    let now = context.clock.now();
    let pings = context.store.pings(&context.scope, lineage.id).await?;
    let pings = pings.unwrap_or_else(|| Pings::new(lineage.id, now));
    let path = ping::path(context, lineage.id, pings.generation).await?;
    Ok(Row {
        lineage: lineage.id,
        name: lineage.name,
        url: format!("{}{path}", context.site()),
        every: expected.every,
        grace: expected.grace,
        late_at: pings.late_at(expected),
        succeeded_at: pings.succeeded_at,
        failing_since: pings.failing_since,
        recent: pings.recent,
    })
}
