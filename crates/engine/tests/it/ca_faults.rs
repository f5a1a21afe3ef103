//! A CA that answers badly, nothing, or with lies: what is on record, whose fault it is, and that nothing is lost by it.

use std::fmt::Write;
use std::sync::Arc;

use notafter_acme::server::RequestKind as On;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::Span;
use notafter_engine::context::Context;
use notafter_engine::operate;
use notafter_engine::settle::settle;
use notafter_engine::tasks::renew;
use notafter_inventory::model::{Actor, Lineage, LineageId, Subject, VersionState};
use notafter_net::Clock;
use serde_json::json;

use crate::stage::{Stage, acme};

/// Patience for one order, in runs of its task: a CA is given an hour to validate, and is asked every minute.
const RUNS: usize = 120;

fn answer(status: u16, body: &str) -> Fault {
    Fault::Answer { status, headers: Vec::new(), body: body.to_owned() }
}

fn lie(member: &str, value: serde_json::Value) -> Fault {
    Fault::Lie { member: member.to_owned(), value }
}

/// What the CA does, at which requests.
fn faults() -> Vec<(&'static str, On, Fault)> {
    let metadata = "https://169.254.169.254/latest/meta-data";
    vec![
        ("500", On::Directory, Fault::server_error()),
        ("HTML", On::Directory, Fault::html()),
        ("nothing", On::Directory, Fault::NoAnswer),
        ("foreign URL", On::Directory, lie("newOrder", json!(metadata))),
        ("500", On::NewOrder, Fault::server_error()),
        ("429, Retry-After", On::NewOrder, Fault::rate_limited(7200)),
        ("HTML", On::NewOrder, Fault::html()),
        ("empty", On::NewOrder, answer(201, "")),
        ("nothing", On::NewOrder, Fault::NoAnswer),
        ("other names", On::NewOrder, Fault::lie_about_order()),
        ("foreign URL", On::NewOrder, Fault::foreign_url()),
        ("rejected", On::NewOrder, Fault::problem(403, "rejectedIdentifier", "policy forbids it", None)),
        ("500", On::Authorization, Fault::server_error()),
        ("lie", On::Authorization, lie("status", json!("splendid"))),
        (
            "other name",
            On::Authorization,
            lie("identifier", json!({"type": "dns", "value": "other.example"})),
        ),
        ("nothing", On::Challenge, Fault::NoAnswer),
        ("500", On::Finalize, Fault::server_error()),
        ("HTML", On::Finalize, Fault::html()),
        ("foreign URL", On::Order, lie("certificate", json!(metadata))),
        ("invalid", On::Order, lie("status", json!("invalid"))),
        ("nothing", On::Certificate, Fault::NoAnswer),
        ("empty", On::Certificate, answer(200, "")),
        ("HTML", On::Certificate, answer(200, "<html>502 Bad Gateway</html>")),
    ]
}

/// The first one and its renewal. What a CA issued and then says is nowhere to be had is ordered again with each attempt
/// of the first day.
const fn issued_in_all(on: On) -> usize {
    match on {
        On::Order => 7,
        _ => 2,
    }
}

async fn lineage(context: &Context, id: LineageId) -> Lineage {
    context.store.lineage(&context.scope, id).await.unwrap().unwrap()
}

/// Runs the renewal, moving the clock to its next instant, until it is through or a failure is on record.
async fn go_on(stage: &Stage, context: &Arc<Context>, id: LineageId) -> Lineage {
    settle(context, id, Span::days(1)).await.unwrap();
    for _ in 0..RUNS {
        let now = lineage(context, id).await;
        if !now.renewal.failures.is_empty() || (now.renewal.order.is_none() && now.current.is_some()) {
            return now;
        }
        run_next(stage, context, id).await;
    }
    panic!("neither through nor failed after {RUNS} runs");
}

/// Where the fault lasts, somebody is told: within the first day of failing, whatever the pauses are.
async fn is_told(stage: &Stage, context: &Arc<Context>, id: LineageId) {
    let (begun, subject) = (stage.clock.now(), Subject::Lineage(id));
    while stage.clock.now() < begun + Span::days(1) {
        let findings = context.store.findings_open_of(&context.scope, &subject).await.unwrap();
        if findings.iter().any(|finding| finding.violation.code == "renewal.failing") {
            return;
        }
        run_next(stage, context, id).await;
    }
    panic!("nobody is told: {:?}", lineage(context, id).await.renewal.failures);
}

/// The clock goes to the next run of the renewal, and it runs.
async fn run_next(stage: &Stage, context: &Arc<Context>, id: LineageId) {
    let due = context.store.due(renew::KIND, &renew::subject(id)).await.unwrap().unwrap();
    stage.clock.advance_to(due.max(stage.clock.now()));
    settle(context, id, Span::days(1)).await.unwrap();
    stage.ca.validations().wait_for(|under_way| *under_way == 0).await.unwrap();
}

async fn force(context: &Context) {
    let actor = Actor::Person("tester".to_owned());
    let args = json!({ "lineage": "shop", "force": true, "block_key": false });
    operate::call(context, &actor, "lifecycle.renew", args).await.unwrap();
}

/// A certificate is there; its renewal meets the fault, in a process that has just started. Then the CA behaves again.
async fn meet(fault: Option<Planned>, change: impl FnOnce(&Stage)) -> (Lineage, Stage) {
    let stage = Stage::at(Clock::staged(Clock::system().now())).await;
    let installation = stage.open().await;
    let id = stage.lineage(&installation.context, &["shop.example"]).await;
    let first = go_on(&stage, &installation.context, id).await;
    assert_eq!(first.renewal.failures, []);
    drop(installation);

    if let Some(planned) = fault.clone() {
        stage.ca.plan(planned);
    }
    change(&stage);
    let installation = stage.open().await;
    let context = &installation.context;
    force(context).await;
    let failed = go_on(&stage, context, id).await;
    let what = format!("{fault:?}");
    assert!(!failed.renewal.failures.is_empty(), "not noticed: {what}");
    assert_eq!(failed.current, first.current, "the old version stays: {what}");
    let version = context.store.version(&context.scope, first.current.unwrap()).await.unwrap().unwrap();
    assert_eq!(version.state, VersionState::Current, "{what}");
    context.open_key(version.key_id.unwrap()).await.unwrap();
    is_told(&stage, context, id).await;
    drop(installation);
    (failed, stage)
}

/// A new process, a CA that behaves: it is renewed without being asked again.
async fn recovers(stage: &Stage, failed: &Lineage) {
    stage.ca.behave();
    let installation = stage.open().await;
    recovers_in(stage, &installation.context, failed).await;
}

async fn recovers_in(stage: &Stage, context: &Arc<Context>, failed: &Lineage) {
    for _ in 0..RUNS {
        run_next(stage, context, failed.id).await;
        let now = lineage(context, failed.id).await;
        if now.current != failed.current {
            assert_eq!(now.renewal.failures, []);
            return;
        }
    }
    panic!("not renewed: {:?}", failed.renewal);
}

fn row(told: &mut String, name: &str, failed: &Lineage, stage: &Stage) {
    let failure = failed.renewal.failures.last().unwrap();
    let base = stage.ca.address().to_string();
    let message = failure.message.replace(&base, "CA");
    let message = message.split("/acme/").next().unwrap_or_default();
    let order = if failed.renewal.order.is_some() { "goes on" } else { "closed or none" };
    let retry = failure.retry_after.map_or("", |_| ", waits as told");
    writeln!(told, "{name}\n  {} ({:?}{retry}); order: {order}\n  {message}", failure.code, failure.class)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_ca_is_on_record_and_costs_nothing() {
    let mut told = String::new();
    for (name, on, fault) in faults() {
        let (failed, stage) = meet(Some(Planned::always(on, fault)), |_| ()).await;
        row(&mut told, &format!("{on:?}: {name}"), &failed, &stage);
        recovers(&stage, &failed).await;
        assert_eq!(stage.ca.certificates().len(), issued_in_all(on), "{on:?}: {name}");
    }
    insta::assert_snapshot!(told);
}

/// Each attempt bought another certificate that was not valid yet either, for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_begins_soon_is_waited_for() {
    let start = Clock::system().now();
    let stage = Stage::with(Clock::staged(start), |options| options.backdate = Span::ZERO).await;
    stage.ca.settings(|settings| settings.clock_ahead = Span::minutes(30));
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let renewed = go_on(&stage, context, id).await;
    assert_eq!(renewed.renewal.failures, []);
    let version = context.store.version(&context.scope, renewed.current.unwrap()).await.unwrap().unwrap();
    let now = stage.clock.now();
    assert!(version.not_before <= now && now < start + Span::hours(1), "{} at {now}", version.not_before);
    assert_eq!(stage.ca.certificates().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_disagrees_with_the_ca_by_over_an_hour_is_named() {
    let mut told = String::new();
    for ahead in [Span::minutes(90), -Span::minutes(90)] {
        let change = |stage: &Stage| stage.ca.settings(|settings| settings.clock_ahead = ahead);
        let (failed, stage) = meet(None, change).await;
        row(&mut told, &format!("the CA's clock is {ahead} ahead"), &failed, &stage);
        assert_eq!(stage.ca.certificates().len(), 1, "nothing is asked for by a wrong clock");
        stage.ca.settings(|settings| settings.clock_ahead = Span::seconds(0));
        recovers(&stage, &failed).await;
    }
    insta::assert_snapshot!(told);
}

/// It was refused for ever: nothing registered the key again.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_ca_lost_is_registered_anew_with_its_key() {
    let lost = || Fault::problem(400, "accountDoesNotExist", "there is no such account", None);
    for on in [On::NewOrder, On::Authorization, On::Finalize] {
        let stage = Stage::at(Clock::staged(Clock::system().now())).await;
        let installation = stage.open().await;
        let context = &installation.context;
        let id = stage.lineage(context, &["shop.example"]).await;
        let issuer = async || acme(context, "lab").await;
        stage.ca.plan(Planned::nth(on, 1, lost()));
        let failed = go_on(&stage, context, id).await;
        assert_eq!(failed.renewal.failures[0].code, "acme.account-unknown", "{on:?}");
        assert_eq!(failed.renewal.order, None, "{on:?}: the order is given up");
        let (key, url) = (issuer().await.account_key, issuer().await.account_url);
        assert!(key.is_some() && url.is_none(), "{on:?}: {url:?}");
        stage.ca.behave();
        recovers_in(&stage, context, &failed).await;
        assert_eq!(issuer().await.account_key, key, "{on:?}: the same key");
        assert!(issuer().await.account_url.is_some(), "{on:?}");
    }
}
