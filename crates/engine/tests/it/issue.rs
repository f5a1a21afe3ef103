//! Orders from beginning to end, and interrupted.

use notafter_acme::server::RequestKind;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::Span;
use notafter_engine::settle::settle;
use notafter_engine::tasks::renew::Case;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_lineage_that_is_due_gets_its_certificate_and_its_next_date() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example", "www.shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    assert_eq!(lineage.renewal.failures, [], "{:?}", lineage.renewal.failures);
    let version = context.store.version(&context.scope, lineage.current.unwrap()).await.unwrap().unwrap();
    assert!(version.not_after > context.clock.now());
    let key = context.open_key(version.key_id.unwrap()).await.unwrap();
    let leaf = notafter_cert::Certificate::parse(
        &notafter_cert::pem::chain_from(version.chain_pem.as_bytes()).unwrap()[0],
    )
    .unwrap();
    assert!(key.check_spki(&leaf.key().spki_der).is_ok());
    assert_eq!(stage.ca.acted(RequestKind::NewOrder), 1);
    assert_eq!(stage.ca.acted(RequestKind::Finalize), 1);
    let case = Case::load(context, id).await.unwrap().unwrap();
    let due_at = case.plan(context.clock.now()).due_at;
    assert!(due_at > context.clock.now() + Span::days(1), "renewed again at {due_at}");
}

/// `notafter renew` beside a server that has just begun the same renewal by itself.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_what_is_under_way_already_waits_for_its_end() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let asked = || async {
        settle(context, id, Span::seconds(30)).await.unwrap();
        context.store.lineage(&context.scope, id).await.unwrap().unwrap().current
    };
    let (one, other) = tokio::join!(asked(), asked());
    assert!(one.is_some() && one == other, "{one:?}, {other:?}");
    assert_eq!(stage.ca.acted(RequestKind::NewOrder), 1);
}

/// Lost replies to the two requests that are not idempotent (design section 6).
#[tokio::test(flavor = "multi_thread")]
async fn lost_replies_to_new_account_and_new_order_cost_neither_a_second_account_nor_a_second_certificate() {
    let stage = Stage::new().await;
    for kind in [RequestKind::NewAccount, RequestKind::NewOrder, RequestKind::Finalize] {
        stage.ca.plan(Planned::nth(kind, 1, Fault::LoseReply));
    }
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(60)).await.unwrap();
    let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    assert!(lineage.current.is_some(), "{:?}", lineage.renewal.failures);
    assert_eq!(stage.ca.certificates().len(), 1);
    assert_eq!(stage.ca.acted(RequestKind::NewOrder), 1);
    assert_eq!(stage.ca.acted(RequestKind::Finalize), 1);
}

/// What a CA puts off for longer than a run lasts is told as a failed attempt; the order it is about goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_setback_that_lasts_is_on_record_while_its_order_stays() {
    let stage = Stage::new().await;
    stage.ca.plan(Planned::nth(RequestKind::Finalize, 1, Fault::rate_limited(600)));
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let renewal = context.store.lineage(&context.scope, id).await.unwrap().unwrap().renewal;
    let told: Vec<_> = renewal.failures.iter().map(|failure| failure.code.as_str()).collect();
    assert_eq!(told, ["acme.rate-limited"]);
    assert!(renewal.failures[0].retry_after.unwrap() > context.clock.now() + Span::minutes(9));
    let order = context.store.order(&context.scope, renewal.order.unwrap()).await.unwrap().unwrap();
    assert_eq!((order.closed_at, order.ended), (None, None));
    assert_eq!(stage.ca.acted(RequestKind::NewOrder), 1);
}
