//! Years pass: history goes when it was kept long enough, what stands stays, and the log still holds together.

use std::sync::Arc;

use notafter_acme::server::RequestKind;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::Span;
use notafter_engine::driver::Driver;
use notafter_engine::settings::Settings;
use notafter_engine::settle::settle;
use notafter_engine::tasks::{self, retain};
use notafter_inventory::model::{Actor, Finding, FindingState, Severity, Subject, Violation};
use notafter_net::Clock;
use notafter_store::Change;
use serde_json::json;

use crate::postgres::Server;
use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn history_is_kept_as_long_as_the_settings_say_and_what_is_open_for_ever() {
    years_pass(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_kept_as_long_on_postgresql() {
    let Some(server) = Server::start("history_is_kept_as_long_on_postgresql") else { return };
    years_pass(Some(server.url())).await;
}

async fn years_pass(database: Option<String>) {
    let clock = Clock::staged("2026-11-25T03:00:00Z".parse().unwrap());
    let mut stage = Stage::at(clock.clone()).await;
    stage.settings.database = database;
    stage.settings.keep_findings_days = 0;
    let installation = stage.open().await;
    let context = &installation.context;
    let (store, scope) = (&context.store, &context.scope);
    let driver = Driver::new(Arc::clone(context));
    tasks::ensure(context).await.unwrap();
    let finding = Finding {
        id: context.new_id(),
        owner_id: store.owner_named(scope, "default").await.unwrap().unwrap().id,
        violation: Violation {
            code: "endpoint.refused".to_owned(),
            severity: Severity::Critical,
            subject: Subject::Installation,
            cause: "refused".to_owned(),
            text: "refused".to_owned(),
            hint: "start it".to_owned(),
            evidence: json!(null),
        },
        state: FindingState::Open,
        opened_at: clock.now(),
        changed_at: clock.now(),
        seen_at: clock.now(),
        closed_at: None,
    };
    let over = Finding {
        id: context.new_id(),
        state: FindingState::Closed,
        closed_at: Some(clock.now()),
        ..finding.clone()
    };
    let (kind, subject) = ("notafter.test.happened.v1".to_owned(), Subject::Installation);
    let event = Change::Event { kind, subject, data: json!({}) };
    let changes = [Change::PutFinding(finding.clone()), Change::PutFinding(over.clone()), event];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let first = store.verify_chain(scope).await.unwrap();

    let retain = tasks::find(retain::KIND).unwrap();
    let mut days = 0;
    while store.verify_chain(scope).await.unwrap().cut == 0 {
        assert_eq!(driver.turn(retain).await.unwrap(), 1, "every day");
        clock.advance_to(clock.now() + Span::days(1));
        days += 1;
        assert!(days < 800, "nothing is ever cut");
    }
    assert_eq!(days, 732, "kept for two years, and looked at once a day");
    let after = store.verify_chain(scope).await.unwrap();
    assert_eq!((after.cut, after.last), (first.last, first.last + 1), "the cut is the only entry");
    let newest = &store.events_after(scope, 0, 10).await.unwrap()[0];
    assert_eq!(newest.kind, "notafter.installation.history-cut.v1");
    assert_eq!(newest.data, json!({ "events": first.last }));
    for kept in [&finding, &over] {
        let found = store.finding(scope, kept.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(kept), "0 days: for ever");
    }
}

/// Every attempt makes a key, and it stayed for ever.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_orders_that_came_to_nothing_go_with_their_history() {
    goes_after(Settings::default().keep_renewals_days, 365).await;
    goes_after(0, Settings::default().keep_events_days).await;
}

async fn goes_after(keep_renewals_days: u32, end: u32) {
    let clock = Clock::staged("2026-11-25T03:00:00Z".parse().unwrap());
    let mut stage = Stage::at(clock.clone()).await;
    stage.settings.keep_renewals_days = keep_renewals_days;
    let installation = stage.open().await;
    let context = &installation.context;
    let (store, scope) = (&context.store, &context.scope);
    let rejected = Fault::problem(403, "rejectedIdentifier", "policy forbids it", None);
    stage.ca.plan(Planned::always(RequestKind::NewOrder, rejected));
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::ZERO).await.unwrap();
    let [order] = store.orders_of(scope, id, 10).await.unwrap().try_into().unwrap();
    assert!(order.closed_at.is_some());

    tasks::ensure(context).await.unwrap();
    let (driver, retain) = (Driver::new(Arc::clone(context)), tasks::find(retain::KIND).unwrap());
    let destroyed = async || store.key(scope, order.key_id).await.unwrap().unwrap().destroyed_at;
    for (days, gone) in [(0, false), (end - 1, false), (end + 1, true)] {
        clock.advance_to(order.opened_at + Span::days(i64::from(days)));
        driver.turn(retain).await.unwrap();
        assert_eq!(destroyed().await.is_some(), gone, "after {days} days");
        let orders = store.orders_of(scope, id, 10).await.unwrap();
        assert_eq!(orders.is_empty(), gone && keep_renewals_days > 0, "after {days} days");
    }
}
