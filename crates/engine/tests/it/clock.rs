//! A clock that was ahead once, and was set right later: a battery was empty, and the network knew better.

use std::sync::Arc;

use notafter_cert::{Span, Time};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::operate;
use notafter_engine::tasks;
use notafter_inventory::model::{Actor, LineageId};
use notafter_lab::port;
use notafter_net::Clock;
use notafter_store::Change;
use serde_json::{Value, json};

use crate::stage::{Stage, acme};

const START: Time = Time::from_unix_seconds(1_796_000_000);
const AHEAD: Span = Span::days(400);

async fn operate(context: &Context, name: &str, args: Value) -> Value {
    operate::call(context, &Actor::Person("ada".to_owned()), name, args).await.unwrap()
}

/// A lineage whose CA does not answer, served for a minute.
async fn serve_once(stage: &Stage, context: &Arc<Context>) -> LineageId {
    let id = stage.lineage(context, &["shop.example"]).await;
    let mut issuer = acme(context, "lab").await;
    issuer.directory = format!("https://127.0.0.1:{}/directory", port::free().unwrap());
    context.apply(None, &Actor::Engine, &[Change::PutIssuer(issuer.into())]).await.unwrap();
    tasks::ensure(context).await.unwrap();
    Driver::new(Arc::clone(context)).run_until(context.clock.now() + Span::seconds(20)).await.unwrap();
    id
}

/// When the next of each kind is due, from now on.
async fn waits(context: &Context) -> Vec<(&'static str, Span)> {
    let mut waits = Vec::new();
    for task in tasks::ALL {
        let due = context.store.next_due(task.kind).await.unwrap();
        waits.extend(due.map(|due| (task.kind, due.since(context.clock.now()))));
    }
    waits
}

/// The server had run for a minute with its clock 400 days ahead, and one attempt had failed. With the right clock nothing
/// was looked at, told or renewed for 400 days, whatever a person asked for, and doctor found everything in order.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_while_the_clock_was_ahead_is_brought_back_at_the_next_start() {
    let mut stage = Stage::at(Clock::staged(START + AHEAD)).await;
    let installation = stage.open().await;
    let id = serve_once(&stage, &installation.context).await;
    let lineage = async |context: &Context| context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    let failures = lineage(&installation.context).await.renewal.failures;
    assert_eq!(failures.len(), 1, "{failures:?}");
    installation.context.store.close().await;
    drop(installation);

    stage.clock = Clock::staged(START);
    let installation = stage.open().await;
    let context = &installation.context;
    let waits = waits(context).await;
    assert!(waits.len() >= 4, "{waits:?}");
    for (kind, wait) in &waits {
        let longest = if *kind == "digest" { Span::days(7) } else { Span::days(1) };
        assert!(*wait <= longest, "{kind} waits for {wait}");
    }
    let examined = operate(context, "installation.examine", json!({})).await;
    let rows = examined["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == "clock, by itself").unwrap();
    assert!(row["text"].as_str().unwrap().starts_with("set back by 400 d"), "{row}");

    let wish = json!({ "lineage": "shop", "force": true, "block_key": false });
    let outcome = operate(context, "lifecycle.renew", wish).await;
    let failures = lineage(context).await.renewal.failures;
    assert_eq!(failures.iter().map(|failure| failure.at).collect::<Vec<_>>(), [START], "tried now");
    assert_eq!(outcome[0]["failures"].as_array().unwrap().len(), 1, "the old one is not told as this one's");
    assert_eq!(outcome[0]["failures"][0]["at"], json!(START));
    let next = outcome[0]["next"][0].as_str().unwrap();
    assert!(next.starts_with("first certificate 2026-"), "{next}");
    installation.context.store.close().await;
    drop(installation);
    stage.clock = Clock::staged(START + Span::minutes(1));
    let context = &stage.open().await.context;
    let known = context.store.clock(&context.scope).await.unwrap().unwrap();
    assert_eq!(known.set_back, Some((START, AHEAD)), "noticed once");
}

/// The clock was set right while the server ran: every loop slept on, and every task waited on.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_while_the_clock_was_ahead_is_brought_back_under_a_running_server() {
    let stage = Stage::at(Clock::staged(START + AHEAD)).await;
    let installation = stage.open().await;
    let context = &installation.context;
    serve_once(&stage, context).await;
    assert_eq!(context.clock_watch.look(context).await.unwrap(), None);
    let ahead = waits(context).await;
    let seen = context.clock.now();
    stage.clock.set(START);
    assert_eq!(context.clock_watch.look(context).await.unwrap(), Some(seen.since(START)));
    let digest = |waits: Vec<(&'static str, Span)>| {
        waits.into_iter().filter(|(kind, _)| *kind != "digest").collect::<Vec<_>>()
    };
    assert_eq!(digest(waits(context).await), digest(ahead), "each waits as long as it did");
    assert_eq!(context.clock_watch.look(context).await.unwrap(), None, "noticed once");
    assert!(context.progress.beats().iter().all(|(_, at)| *at <= START), "{:?}", context.progress.beats());
}
