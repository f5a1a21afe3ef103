//! Orders from beginning to end, and interrupted.

use notafter_acme::server::fault::{self, Planned};
use notafter_acme::server::{Replaces, RequestKind};
use notafter_cert::Span;
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;
use notafter_engine::operate::explain::Explained;
use notafter_engine::operate::lifecycle::{Ending, NotTriedFor, Outcome};
use notafter_engine::settle::settle;
use notafter_engine::tasks::renew::Case;
use notafter_inventory::model::{
    AcmeIssuer, Actor, Exemption, LineageId, LineageSpec, Mode, Severity, Subject,
};
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_store::Change;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::stage::{Stage, acme};

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
        stage.ca.plan(Planned::nth(kind, 1, fault::Fault::LoseReply));
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
    stage.ca.plan(Planned::nth(RequestKind::Finalize, 1, fault::Fault::rate_limited(600)));
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

async fn operate<R: DeserializeOwned>(context: &Context, name: &str, args: Value) -> Result<R, Fault> {
    let actor = Actor::Person("ada".to_owned());
    notafter_engine::operate::call(context, &actor, name, args)
        .await
        .map(|value| serde_json::from_value(value).unwrap())
}

/// Changes what is wanted of the only lineage.
async fn want(context: &Context, id: LineageId, change: impl FnOnce(&mut LineageSpec)) {
    let mut lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    let Mode::Managed(spec) = &mut lineage.mode else { panic!("it is managed") };
    change(spec);
    context.apply(None, &Actor::Engine, &[Change::PutLineage(lineage)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preferred_chain_that_the_ca_does_not_offer_is_told_until_one_fits() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    want(context, id, |spec| spec.preferred_chain = Some("Pebble Root CA nope".to_owned())).await;
    let renew = json!({ "lineage": "shop", "force": false, "block_key": false });
    let [outcome]: [Outcome; 1] = operate(context, "lifecycle.renew", renew).await.unwrap();
    assert_eq!((outcome.ending, outcome.renewed), (Ending::Done, true));
    let remark = "no chain of the CA leads to \"Pebble Root CA nope\"; it offers Lab CA root, Other Lab CA root, and \
                  its default is taken";
    assert_eq!(outcome.remarks, [remark]);
    let events = context.store.events_of(&context.scope, &Subject::Lineage(id), None, 100).await.unwrap();
    let logged: Vec<_> = events.iter().filter(|event| event.kind == "notafter.order.remarked.v1").collect();
    assert_eq!(logged.len(), 1);
    assert_eq!(logged[0].data["text"], remark);

    let explained: Explained =
        operate(context, "lineage.explain", json!({ "lineage": "shop" })).await.unwrap();
    assert!(explained.lines.iter().any(|line| line.contains(remark)), "{:?}", explained.lines);
    let code = "renewal.chain-not-offered";
    let finding = explained.findings.iter().find(|finding| finding.violation.code == code).unwrap();
    assert_eq!(finding.violation.severity, Severity::Warning);
    assert_eq!(finding.violation.evidence["offered"], json!(["Lab CA root", "Other Lab CA root"]));

    want(context, id, |spec| spec.preferred_chain = Some("Other Lab CA root".to_owned())).await;
    let force = json!({ "lineage": "shop", "force": true, "block_key": false });
    let [outcome]: [Outcome; 1] = operate(context, "lifecycle.renew", force).await.unwrap();
    assert_eq!(outcome.remarks, Vec::<String>::new());
    let explained: Explained =
        operate(context, "lineage.explain", json!({ "lineage": "shop" })).await.unwrap();
    assert!(explained.findings.iter().all(|finding| finding.violation.code != code), "it is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fall_back_without_replaces_is_seen_by_whoever_asked_and_logged() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    stage.ca.settings(|settings| settings.replaces = Replaces::Refused);
    let force = json!({ "lineage": "shop", "force": true, "block_key": false });
    let [outcome]: [Outcome; 1] = operate(context, "lifecycle.renew", force).await.unwrap();
    assert_eq!((outcome.ending, outcome.renewed), (Ending::Done, true));
    let [remark] = &outcome.remarks[..] else { panic!("{:?}", outcome.remarks) };
    assert!(remark.starts_with("refused with `replaces`"), "{remark}");
    let events = context.store.events_of(&context.scope, &Subject::Lineage(id), None, 100).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "notafter.order.remarked.v1").count(), 1);
    let orders = context.store.orders_of(&context.scope, id, 1).await.unwrap();
    assert!(!orders[0].exemption.replaces_accepted);
}

/// A second CA beside the stage's, of which the lineage orders from now on.
async fn move_to_second_ca(stage: &Stage, context: &Context, id: LineageId) -> AcmeCa {
    let options = Options {
        hierarchies: vec!["Second CA".to_owned()],
        ..Options::loopback(context.clock.clone(), stage.settings.http01_port)
    };
    let second = AcmeCa::start(options).await.unwrap();
    let trust = stage.path("second.pem");
    std::fs::write(&trust, second.roots_pem()).unwrap();
    let first = acme(context, "lab").await;
    let issuer = AcmeIssuer {
        id: context.new_id(),
        name: "second".to_owned(),
        directory: second.directory_url(),
        trust: Some(trust.display().to_string()),
        account_key: None,
        account_url: None,
        account_orders: None,
        ..first
    };
    context.apply(None, &Actor::Engine, &[Change::PutIssuer(issuer.into())]).await.unwrap();
    want(context, id, |spec| spec.issuer = "second".to_owned()).await;
    second
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_issuer_was_changed_the_old_ca_revokes_and_the_new_one_replaces() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let second = move_to_second_ca(&stage, context, id).await;
    let revoke = json!({ "lineage": "shop", "reason": "superseded", "with_certificate_key": false });
    let outcome: Outcome = operate(context, "lifecycle.revoke", revoke).await.unwrap();
    assert!(outcome.renewed, "{:?}", outcome.failures);
    let revoked = |ca: &AcmeCa| ca.certificates().iter().map(|one| one.revoked.is_some()).collect::<Vec<_>>();
    assert_eq!(revoked(&stage.ca), [true]);
    assert_eq!(revoked(&second), [false], "the new CA issued the next one");
}

/// The issuer kept its name and got another directory.
async fn move_the_issuer_itself(stage: &Stage, context: &Context, id: LineageId) -> AcmeCa {
    let second = move_to_second_ca(stage, context, id).await;
    let named = async |name: &str| acme(context, name).await;
    let (lab, other) = (named("lab").await, named("second").await);
    let moved = AcmeIssuer { directory: other.directory, trust: other.trust, ..lab };
    let changes = [Change::PutIssuer(moved.into()), Change::RemoveIssuer(other.id)];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    want(context, id, |spec| spec.issuer = "lab".to_owned()).await;
    second
}

/// The certificate was revoked at whatever CA stood under the name of the one that had issued it.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_was_moved_is_not_the_ca_that_issued_before() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let first = acme(context, "lab").await;
    let second = move_the_issuer_itself(&stage, context, id).await;
    let revoke = json!({ "lineage": "shop", "reason": "superseded", "with_certificate_key": true });
    let refused = operate::<Outcome>(context, "lifecycle.revoke", revoke.clone()).await.unwrap_err();
    assert_eq!(refused.code, "revoke.issuer-gone");
    assert_eq!(second.log().len(), 0, "the new CA was not asked");

    let again = AcmeIssuer { id: context.new_id(), name: "as before".to_owned(), account_key: None, ..first };
    context.apply(None, &Actor::Engine, &[Change::PutIssuer(again.into())]).await.unwrap();
    let outcome: Outcome = operate(context, "lifecycle.revoke", revoke).await.unwrap();
    assert!(outcome.renewed, "{:?}", outcome.failures);
    assert!(stage.ca.certificates()[0].revoked.is_some());
    assert_eq!(second.certificates().iter().map(|one| one.revoked.is_some()).collect::<Vec<_>>(), [false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_account_does_not_keep_a_certificate_from_being_revoked_by_its_own_key() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let second = move_to_second_ca(&stage, context, id).await;
    let issuer = acme(context, "lab").await;
    let lost = Change::DestroyKey(issuer.account_key.unwrap());
    context.apply(None, &Actor::Engine, &[lost]).await.unwrap();
    let revoke = |with| json!({ "lineage": "shop", "reason": "superseded", "with_certificate_key": with });
    let refused = operate::<Outcome>(context, "lifecycle.revoke", revoke(false)).await.unwrap_err();
    assert_eq!(refused.code, "vault.no-such-key");
    let outcome: Outcome = operate(context, "lifecycle.revoke", revoke(true)).await.unwrap();
    assert!(outcome.renewed, "{:?}", outcome.failures);
    assert!(stage.ca.certificates()[0].revoked.is_some());
    assert_eq!(second.certificates().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_ca_is_neither_asked_about_nor_told_to_replace_the_certificate_of_the_old_one() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let second = move_to_second_ca(&stage, context, id).await;
    is_asked_for_its_own_alone(context, id, &second).await;
}

/// It has its name from the old one.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_was_moved_is_not_told_to_replace_the_certificate_of_the_old_ca() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let second = move_the_issuer_itself(&stage, context, id).await;
    is_asked_for_its_own_alone(context, id, &second).await;
}

async fn is_asked_for_its_own_alone(context: &Context, id: LineageId, second: &AcmeCa) {
    let force = json!({ "lineage": "shop", "force": true, "block_key": false });
    let [outcome]: [Outcome; 1] = operate(context, "lifecycle.renew", force).await.unwrap();
    assert!(outcome.renewed, "{:?}", outcome.failures);
    assert_eq!(outcome.remarks, Vec::<String>::new(), "no `replaces` that it must refuse");
    // Its own certificate, afterwards, and no other.
    let newest = second.certificates()[0].id.clone();
    let asked = second.log().into_iter().filter(|logged| logged.kind == RequestKind::RenewalInfo);
    assert!(asked.into_iter().all(|logged| logged.path.ends_with(&newest)));
    let order = &context.store.orders_of(&context.scope, id, 1).await.unwrap()[0];
    assert_eq!(order.exemption, Exemption::default());
}

/// What `issue` is told: the CA, and a lineage whose challenge is answered by this solver.
fn told(stage: &Stage, directory: &str, http01: &Value) -> Value {
    let http01 = match http01 {
        Value::String(root) => format!("{{ solver = \"webroot\", root = {root:?} }}"),
        port => format!("{{ solver = \"listener\", listen = \"127.0.0.1:{port}\" }}"),
    };
    let issuer = format!("issuer-{}", directory.len());
    let text = format!(
        "[[issuer]]\nname = \"{issuer}\"\ndirectory = \"{directory}\"\ntrust = {:?}\nterms_agreed = true\n\n\
         [[lineage]]\nname = \"shop\"\nissuer = \"{issuer}\"\nidentifiers = [\"shop.example\"]\nhttp01 = {http01}\n",
        stage.path("roots.pem"),
    );
    json!({ "lineage": "shop", "text": text, "secrets": {} })
}

/// The second `issue` with another solver waited out the pause of the first; `renew` without anything to do said that
/// everything was deployed.
#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_was_corrected_is_tried_at_once_and_the_same_again_is_not() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let (directory, port) = (stage.ca.directory_url(), stage.settings.http01_port);
    std::fs::create_dir(stage.path("www")).unwrap();
    let unserved = told(&stage, &directory, &json!(stage.path("www")));
    let issue =
        async |told: &Value| -> Outcome { operate(context, "lifecycle.issue", told.clone()).await.unwrap() };
    let failed = issue(&unserved).await;
    assert_eq!((failed.ending, failed.failures.len()), (Ending::Failed, 1), "{failed:?}");

    let again = issue(&unserved).await;
    assert_eq!((again.ending, again.failures.len()), (Ending::Waiting, 0), "{again:?}");
    let not = again.not_tried.unwrap();
    assert_eq!(not.reason, NotTriedFor::Held);
    assert!(not.until > context.clock.now() + Span::minutes(19), "{not:?}");
    assert!(not.hint.starts_with("notafter renew shop --force tries now"), "{}", not.hint);
    assert_eq!(stage.ca.acted(RequestKind::NewOrder), 0);

    let corrected = issue(&told(&stage, &directory, &json!(port))).await;
    assert_eq!((corrected.ending, corrected.renewed), (Ending::Done, true), "{corrected:?}");
    let [remark] = &corrected.remarks[..] else { panic!("{:?}", corrected.remarks) };
    assert!(remark.starts_with("tried at once, without waiting until "), "{remark}");
    assert!(remark.contains(&format!(": http01 listener 127.0.0.1:{port} instead of webroot ")), "{remark}");

    let renew = json!({ "lineage": "shop", "force": false, "block_key": false });
    let [quiet]: [Outcome; 1] = operate(context, "lifecycle.renew", renew).await.unwrap();
    assert_eq!((quiet.ending, quiet.renewed), (Ending::Done, false));
    let not = quiet.not_tried.unwrap();
    assert_eq!(
        (not.reason, not.hint.as_str()),
        (NotTriedFor::NotDue, "notafter renew shop --force renews now")
    );
    assert!(not.until > context.clock.now() + Span::days(1), "{not:?}");
}

/// Another issuer was only asked when the first one was done with its order, and not before the pause.
#[tokio::test(flavor = "multi_thread")]
async fn another_issuer_is_asked_at_once_though_the_first_still_has_an_order() {
    let (stage, other) = (Stage::new().await, Stage::new().await);
    let installation = stage.open().await;
    let context = &installation.context;
    stage.ca.plan(Planned::nth(RequestKind::Finalize, 1, fault::Fault::rate_limited(600)));
    let (slow, port) = (stage.ca.directory_url(), json!(stage.settings.http01_port));
    let issue = async |told: Value| -> Outcome { operate(context, "lifecycle.issue", told).await.unwrap() };
    let failed = issue(told(&stage, &slow, &port)).await;
    assert_eq!((failed.ending, failed.failures.len()), (Ending::Failed, 1), "{failed:?}");
    let order =
        context.store.lineage_named(&context.scope, "shop").await.unwrap().unwrap().renewal.order.unwrap();

    let mut elsewhere = told(&other, &other.ca.directory_url(), &port);
    let text = elsewhere["text"].as_str().unwrap().replace("issuer-", "other-");
    elsewhere["text"] = text.into();
    let quick = issue(elsewhere).await;
    let given_up = context.store.order(&context.scope, order).await.unwrap().unwrap();
    assert_eq!(given_up.ended.as_deref(), Some("abandoned: another issuer is wanted"));
    assert!(quick.remarks[0].contains(": issuer other-"), "{:?}", quick.remarks);
    assert_eq!(other.ca.acted(RequestKind::NewOrder), 1, "{quick:?}");
}
