//! Back to an earlier version: what the renewal makes of it, and what cannot be gone back to.

use notafter_cert::{Span, Time};
use notafter_engine::context::Context;
use notafter_engine::operate::{self, Fault};
use notafter_engine::settle::settle;
use notafter_engine::tasks::renew::{self, Case};
use notafter_inventory::model::{Actor, LineageId, Mode, Place, Version, VersionId, VersionState};
use notafter_inventory::threshold::Thresholds;
use notafter_net::Clock;
use notafter_store::Change;
use notafter_tls::Target;
use serde_json::{Value, json};

use crate::stage::Stage;

async fn operate(context: &Context, name: &str, args: Value) -> Result<Value, Fault> {
    operate::call(context, &Actor::Person("ada".to_owned()), name, args).await
}

async fn renew(context: &Context, force: bool) -> Value {
    let args = json!({ "lineage": "shop", "force": force, "block_key": false });
    operate(context, "lifecycle.renew", args).await.unwrap()
}

async fn roll_back(context: &Context, to: Option<&Version>) -> Result<Value, Fault> {
    let to = to.map(|version| version.id.to_string());
    operate(context, "lifecycle.rollback", json!({ "lineage": "shop", "to": to })).await
}

/// Oldest first.
async fn versions(context: &Context, id: LineageId) -> Vec<Version> {
    let mut versions = context.store.versions_of(&context.scope, id).await.unwrap();
    versions.sort_by_key(|version| version.obtained_at);
    versions
}

/// The renewal stayed planned for the version that went: it would have woken a month after the end of the older one. Or it
/// woke, and undid the rollback at once, because the older one was past its net.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_is_kept_until_the_version_is_critical_and_replaced_then() {
    let start: Time = "2026-11-25T03:00:00Z".parse().unwrap();
    let stage = Stage::at(Clock::staged(start)).await;
    stage.ca.settings(|settings| settings.offers_renewal_info = false);
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    until(&stage, context, id, 1).await;
    stage.clock.advance_to(start + Span::days(65));
    renew(context, true).await;
    until(&stage, context, id, 2).await;
    let older = versions(context, id).await.remove(0);
    let latest = older.not_after - Thresholds::default().leaf(older.lifetime()).critical;

    let outcome = roll_back(context, None).await.unwrap();
    assert_eq!(outcome["version"]["id"], json!(older.id));
    let told = outcome["next"][0].as_str().unwrap();
    assert!(told.contains("rolled back by a person at") && told.contains("notafter renew shop"), "{told}");
    let status = operate(context, "status.lineage", json!({ "lineage": "shop" })).await.unwrap();
    assert_eq!(status["renewal"][0], outcome["next"][0]);
    until(&stage, context, id, 3).await;
    let third = versions(context, id).await.remove(2);
    assert!(
        latest <= third.obtained_at && third.obtained_at < latest + Span::hours(1),
        "{} is not {latest}",
        third.obtained_at
    );

    let second = versions(context, id).await.remove(1);
    roll_back(context, Some(&second)).await.unwrap();
    assert!(plan(context, id).await.starts_with("rolled back"));
    renew(context, false).await;
    assert_eq!(plan(context, id).await, "1/3 of lifetime left", "released, it is renewed like any other");
}

/// It installed what it had gone back from before: the newest that was obtained before the present one. And where the same
/// certificate lay there twice, it went "back" to itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_goes_past_what_was_gone_back_from_and_past_the_same_certificate_again() {
    let start: Time = "2026-11-25T03:00:00Z".parse().unwrap();
    let stage = Stage::at(Clock::staged(start)).await;
    stage.ca.settings(|settings| settings.offers_renewal_info = false);
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    until(&stage, context, id, 1).await;
    for (day, count) in [(1, 2), (2, 3)] {
        stage.clock.advance_to(start + Span::days(day));
        renew(context, true).await;
        until(&stage, context, id, count).await;
    }
    let first = versions(context, id).await.remove(0);
    roll_back(context, Some(&first)).await.unwrap();
    stage.clock.advance_to(start + Span::days(3));
    renew(context, true).await;
    until(&stage, context, id, 4).await;

    let outcome = roll_back(context, None).await.unwrap();
    assert_eq!(
        outcome["version"]["id"],
        json!(first.id),
        "not the two that were left by the rollback before"
    );
    let why = operate(context, "why", json!({ "host": "shop", "at": null })).await.unwrap();
    let said = why["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap());
    let said: Vec<&str> = said.filter(|text| text.starts_with("lineage rolled back by ada: from ")).collect();
    assert_eq!(said.len(), 2, "{why:#}");
    let fault = roll_back(context, None).await.unwrap_err();
    assert_eq!(fault.code, "lineage.no-earlier-version");
    let all = versions(context, id).await;
    assert!(all[1..].iter().all(|other| fault.hint.contains(&other.id.to_string())), "{fault:?}");

    let third = &all[2];
    roll_back(context, Some(third)).await.unwrap();
    let again = Version {
        id: VersionId::from_bytes([9; 16]),
        obtained_at: third.obtained_at - Span::seconds(1),
        state: VersionState::Superseded,
        ..third.clone()
    };
    let engine = Actor::Engine;
    context.apply(None, &engine, &[Change::PutVersion(again)]).await.unwrap();
    let outcome = roll_back(context, None).await.unwrap();
    assert_eq!(outcome["version"]["id"], json!(all[1].id), "not the same certificate under another number");
}

async fn plan(context: &Context, id: LineageId) -> String {
    let case = Case::load(context, id).await.unwrap().unwrap();
    case.plan(context.clock.now()).action.why
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_gone_back_to_is_refused_with_the_reason() {
    let start: Time = "2026-11-25T03:00:00Z".parse().unwrap();
    let stage = Stage::at(Clock::staged(start)).await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    until(&stage, context, id, 1).await;
    let template = versions(context, id).await.remove(0);
    let as_if = |change: &dyn Fn(&mut Version)| {
        let mut version = Version { id: context.new_id(), ..template.clone() };
        version.state = VersionState::Superseded;
        change(&mut version);
        version
    };
    let now = stage.clock.now();
    let table = [
        ("lineage.revoked-version", as_if(&|version| version.state = VersionState::Revoked)),
        ("lineage.no-earlier-version", as_if(&|version| version.state = VersionState::Retired)),
        ("lineage.expired-version", as_if(&|version| version.not_after = now - Span::seconds(1))),
        ("lineage.ending-version", as_if(&|version| version.not_after = now + Span::hours(1))),
        ("lineage.blocked-key", as_if(&|_| ())),
        ("lineage.no-earlier-version", template.clone()),
    ];
    let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    let mut after = lineage.progress();
    let leaf = notafter_cert::pem::chain_from(template.chain_pem.as_bytes()).unwrap().remove(0);
    let leaf = notafter_cert::Certificate::parse(&leaf).unwrap();
    let key = notafter_cert::Fingerprint::from_bytes(leaf.key().spki_sha256);
    after.renewal.blocked_keys.push(key.to_string());
    let mut changes = vec![Change::Advance { lineage: id, before: lineage.progress(), after }];
    changes.extend(table[..5].iter().map(|(_, version)| Change::PutVersion(version.clone())));
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let mut told = String::new();
    for (code, version) in &table {
        let fault = roll_back(context, Some(version)).await.unwrap_err();
        assert_eq!(&fault.code, code, "{fault:?}");
        let what = fault.what.replace(&version.id.to_string(), "vr_...");
        told += &format!("{what}\n  hint: {}\n", fault.hint);
    }
    insta::assert_snapshot!(told);
    let status = operate(context, "status.lineage", json!({ "lineage": "shop" })).await.unwrap();
    let can = status["versions"].as_array().unwrap().iter().filter(|row| row["can_roll_back"] == true);
    assert_eq!(can.count(), 0, "{status:#}");
}

/// A rollback to a version without a name that a place must serve took that name down, and nothing had warned.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_without_a_name_that_is_needed_is_not_gone_back_to_unasked() {
    let stage = Stage::at(Clock::staged("2026-11-25T03:00:00Z".parse().unwrap())).await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    until(&stage, context, id, 1).await;
    let mut lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    let Mode::Managed(spec) = &mut lineage.mode else { panic!("ours") };
    spec.identifiers.push("www.shop.example".parse().unwrap());
    let subject = renew::subject(id);
    stage.clock.advance_to(stage.clock.now() + Span::hours(1));
    let due_at = stage.clock.now();
    let wider =
        [Change::PutLineage(lineage.clone()), Change::Schedule { task: renew::KIND, subject, due_at }];
    context.apply(None, &Actor::Engine, &wider).await.unwrap();
    until(&stage, context, id, 2).await;
    let narrow = versions(context, id).await.remove(0);
    let mut told = String::new();
    let mut tell = |fault: Fault| {
        let text = format!("[{}] {}\n  hint: {}\n", fault.code, fault.what, fault.hint);
        told += &text.replace(&narrow.id.to_string(), "vr_...");
    };
    tell(roll_back(context, None).await.unwrap_err());
    let outcome = roll_back(context, Some(&narrow)).await.unwrap();
    assert_eq!(outcome["version"]["id"], json!(narrow.id), "a person insists");
    assert_eq!(
        outcome["remarks"],
        json!(["this version does not cover www.shop.example, which the lineage wants"])
    );
    stage.clock.advance_to(stage.clock.now() + Span::hours(1));
    renew(context, true).await;
    until(&stage, context, id, 3).await;

    let place = Place {
        id: context.new_id(),
        owner_id: lineage.owner_id,
        lineage_id: id,
        name: "web".to_owned(),
        deployer: "files".to_owned(),
        settings: json!({ "key": stage.path("key.pem"), "full_chain": stage.path("chain.pem") }),
        endpoints: vec![Target::tls("www.shop.example".parse().unwrap(), 443)],
    };
    context.apply(None, &Actor::Engine, &[Change::PutPlace(place)]).await.unwrap();
    // Status showed a version as one to go back to that was refused then.
    let status = operate(context, "status.lineage", json!({ "lineage": "shop" })).await.unwrap();
    let can = |row: &&Value| row["can_roll_back"] == true && row["id"] == json!(narrow.id);
    assert_eq!(status["versions"].as_array().unwrap().iter().find(can), None, "{status:#}");
    let fault = roll_back(context, Some(&narrow)).await.unwrap_err();
    let wide = versions(context, id).await.remove(1);
    assert!(fault.hint.contains(&format!("--to {}", wide.id)), "{}", fault.hint);
    tell(Fault { hint: fault.hint.replace(&wide.id.to_string(), "vr_wide"), ..fault });
    insta::assert_snapshot!(told);
}

/// The clock goes from one run of the renewal to the next, until there are this many versions.
async fn until(stage: &Stage, context: &Context, id: LineageId, count: usize) {
    loop {
        settle(context, id, Span::days(1)).await.unwrap();
        stage.ca.validations().wait_for(|under_way| *under_way == 0).await.unwrap();
        let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
        assert_eq!(lineage.renewal.failures, []);
        let versions = versions(context, id).await;
        if versions.len() >= count {
            return;
        }
        let due = context.store.due(renew::KIND, &renew::subject(id)).await.unwrap().unwrap();
        let current = versions.iter().find(|version| Some(version.id) == lineage.current);
        assert!(current.is_none_or(|current| due < current.not_after), "it sleeps past the end, until {due}");
        stage.clock.advance_to(due.max(stage.clock.now()));
    }
}

/// `notafter deploy` had read what was current before the rollback, and opened its deployment after it: the version that
/// was gone back from was the newest on the wire.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_by_hand_beside_a_rollback_brings_what_is_current() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    renew(context, true).await;
    let versions = versions(context, id).await;
    let place = Place {
        id: context.new_id(),
        owner_id: context.store.lineage(&context.scope, id).await.unwrap().unwrap().owner_id,
        lineage_id: id,
        name: "web".to_owned(),
        deployer: "files".to_owned(),
        settings: json!({ "key": stage.path("key.pem"), "full_chain": stage.path("chain.pem") }),
        endpoints: Vec::new(),
    };
    context.apply(None, &Actor::Engine, &[Change::PutPlace(place.clone())]).await.unwrap();
    for round in 0..12 {
        let to = &versions[round % 2];
        let deploy = operate(context, "lifecycle.deploy", json!({ "lineage": "shop" }));
        let (back, deployed) = tokio::join!(roll_back(context, Some(to)), deploy);
        back.unwrap();
        deployed.unwrap();
        let newest = context.store.deployments_to(&context.scope, place.id, 1).await.unwrap().remove(0);
        assert_eq!(newest.version_id, to.id, "round {round}");
    }
}

/// Three versions whose keys were blocked filled `keep_versions`, and the only one that could be gone back to lost its key.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_cannot_be_gone_back_to_takes_the_place_of_none_that_can() {
    let start: Time = "2026-11-25T03:00:00Z".parse().unwrap();
    let stage = Stage::at(Clock::staged(start)).await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    until(&stage, context, id, 1).await;
    for (count, block_key) in [(2, false), (3, true), (4, true), (5, true)] {
        stage.clock.advance_to(stage.clock.now() + Span::hours(3));
        let args = json!({ "lineage": "shop", "force": true, "block_key": block_key });
        operate(context, "lifecycle.renew", args).await.unwrap();
        until(&stage, context, id, count).await;
    }
    let versions = versions(context, id).await;
    assert_eq!(versions[0].state, VersionState::Superseded);
    let outcome = roll_back(context, None).await.unwrap();
    assert_eq!(outcome["version"]["id"], json!(versions[0].id));
}

/// "Nothing was due" was all that was said to who released a lineage that had been gone back.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_from_a_rollback_was_not_told() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    until(&stage, context, id, 1).await;
    stage.clock.advance_to(stage.clock.now() + Span::hours(3));
    renew(context, true).await;
    until(&stage, context, id, 2).await;
    roll_back(context, None).await.unwrap();
    let released = |outcome: &Value| outcome[0]["remarks"].to_string().contains("released: it was held");
    let outcome = renew(context, false).await;
    assert!(released(&outcome), "{outcome:#}");
    let outcome = renew(context, false).await;
    assert!(!released(&outcome), "{outcome:#}");
}
