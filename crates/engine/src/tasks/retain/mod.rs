//! Cuts what is kept long enough, once a day: the log, what addresses showed, what was told, findings that are closed,
//! certificates that ended with all that belonged to them, keys that no certificate was issued for. What is open is never
//! cut, and the log's hashes go on over the cut.

mod past;

use futures_util::FutureExt;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Subject};
use notafter_store::{Change, Lease};
use serde_json::json;

use super::{Next, Task, Work};
use crate::context::Context;
use crate::operate::Fault;

/// The kind of this task.
pub const KIND: &str = "retain";

const INTERVAL: Span = Span::days(1);

/// Keys of one transaction.
const KEYS_AT_ONCE: usize = 500;

pub(super) static TASK: Task = Task {
    kind: KIND,
    purpose: "cuts history that is kept long enough",
    parallel: |_| 1,
    lease_for: Span::hours(2),
    work: Work::One(|context, lease| run(context, lease).boxed()),
};

/// Plans the first cut, where none is planned.
///
/// # Errors
/// The store failed.
pub async fn ensure(context: &Context) -> Result<(), Fault> {
    super::ensure_one(context, KIND).await
}

async fn run(context: &Context, lease: &Lease) -> Result<Next, Fault> {
    let (store, scope, settings) = (&context.store, &context.scope, &context.settings);
    let now = context.clock.now();
    let (mut cut, mut keys) = (serde_json::Map::new(), 0);
    if let Some(before) = end(settings.keep_look_changes_days, now) {
        cut.insert("look_changes".to_owned(), json!(store.cut_look_changes(scope, before).await?));
        cut.insert("certificates".to_owned(), json!(store.cut_certificates(scope, now).await?));
    }
    if let Some(before) = end(settings.keep_messages_days, now) {
        cut.insert("messages".to_owned(), json!(store.cut_messages(scope, before).await?));
    }
    if let Some(before) = end(settings.keep_findings_days, now) {
        cut.insert("findings".to_owned(), json!(store.cut_findings(scope, before).await?));
    }
    if let Some(before) = end(settings.keep_renewals_days, now) {
        let gone = past::cut(context, lease, now.since(before)).await?;
        cut.insert("versions".to_owned(), json!(gone.versions));
        cut.insert("orders".to_owned(), json!(gone.orders));
        cut.insert("deployments".to_owned(), json!(gone.deployments));
        keys += gone.keys;
        store.cut_destroyed_keys(scope, before).await?;
    }
    store.cut_charges(scope, now).await?;
    store.cut_answers(scope, now).await?;
    store.cut_spent_links(scope, now).await?;
    if let Some(before) = end(settings.keep_events_days, now) {
        keys += destroy_keys_of_nothing(context, lease, before).await?;
        let through = store.events_end(scope, before).await?;
        cut.insert("events".to_owned(), json!(store.cut_events(scope, through, now).await?));
    }
    cut.insert("keys".to_owned(), json!(keys));
    cut.retain(|_, rows| *rows != json!(0));
    if !cut.is_empty() {
        tracing::info!(cut = %json!(cut), "history was kept long enough");
        let event = Change::Event {
            kind: "notafter.installation.history-cut.v1".to_owned(),
            subject: Subject::Installation,
            data: json!(cut),
        };
        context.apply(Some(lease), &Actor::Engine, &[event]).await?;
    }
    Ok(Next::At(now + INTERVAL))
}

/// Every attempt makes a key; those of attempts that came to nothing go with what the log says of them. A key that a
/// version has goes with the version, or by `vault prune`.
async fn destroy_keys_of_nothing(context: &Context, lease: &Lease, before: Time) -> Result<usize, Fault> {
    let keys = context.store.keys_of_nothing(&context.scope, before).await?;
    for piece in keys.chunks(KEYS_AT_ONCE) {
        let changes: Vec<Change> = piece.iter().copied().map(Change::DestroyKey).collect();
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
    }
    Ok(keys.len())
}

/// What is older may go; nothing where it is kept for ever.
fn end(days: u32, now: Time) -> Option<Time> {
    (days > 0).then(|| now - Span::days(i64::from(days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_days_keep_for_ever() {
        let now = Time::from_unix_seconds(1_796_000_000);
        assert_eq!(end(0, now), None);
        assert_eq!(end(365, now), Some(now - Span::days(365)));
    }
}
