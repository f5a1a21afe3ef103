//! The private CA as an issuer: a lineage of it is planned, signed, kept and revoked by the same tasks as any other.

use std::sync::Arc;

use notafter_cert::{Certificate, Fingerprint, Span, Time, hex, path, pem};
use notafter_engine::context::Context;
use notafter_engine::open::{self, Installation};
use notafter_engine::operate;
use notafter_engine::operate::private_ca::Shown;
use notafter_engine::settings::Settings;
use notafter_engine::settle::settle;
use notafter_engine::tasks;
use notafter_inventory::model::{
    Actor, Authority, Lineage, Mode, Order, Origin, PrivateIssuer, Subject, Version, VersionState,
};
use notafter_net::Clock;
use notafter_store::{Change, Holds, TaskSubject};
use serde_json::{Value, json};

const NOW: Time = Time::from_unix_seconds(1_796_000_000);
const PATIENCE: Span = Span::minutes(2);

struct Stage {
    folder: tempfile::TempDir,
    clock: Clock,
}

impl Stage {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Clock::staged(NOW) }
    }

    fn wait(&self, span: Span) {
        self.clock.advance_to(self.clock.now() + span);
    }

    async fn open(&self) -> Installation {
        let path = |name: &str| Some(self.folder.path().join(name));
        let settings =
            Settings { data: path("data"), key_encryption_key: path("kek"), ..Settings::default() };
        open::open(&settings, self.clock.clone()).await.unwrap()
    }
}

fn ada() -> Actor {
    Actor::Person("ada".to_owned())
}

async fn ask(context: &Context, name: &str, args: Value) -> Result<Value, operate::Fault> {
    operate::call(context, &ada(), name, args).await
}

fn file(names: &str, more: &str) -> String {
    format!(
        "[[issuer]]\nname = \"house\"\nkind = \"private\"\npermitted = [\"internal.example\"]\n{more}\n\
         [[lineage]]\nname = \"wiki\"\nidentifiers = {names}\nissuer = \"house\"\n"
    )
}

async fn apply(context: &Context, text: &str) -> Value {
    let args = json!({ "file": { "text": text, "prune": "everything" }, "secrets": {} });
    ask(context, "inventory.apply", args).await.unwrap()
}

async fn wiki(context: &Context) -> Lineage {
    context.store.lineage_named(&context.scope, "wiki").await.unwrap().unwrap()
}

async fn current(context: &Context) -> Version {
    let current = wiki(context).await.current.unwrap();
    context.store.version(&context.scope, current).await.unwrap().unwrap()
}

async fn house(context: &Context) -> PrivateIssuer {
    let issuer = context.store.issuer_named(&context.scope, "house").await.unwrap().unwrap();
    issuer.private().unwrap().clone()
}

async fn authority(context: &Context) -> Authority {
    *house(context).await.authority.unwrap()
}

/// What the server does when the lineage is due.
async fn run(context: &Arc<Context>) {
    let (id, due_at) = (wiki(context).await.id, context.clock.now());
    let due = Change::Schedule { task: "renew", subject: TaskSubject::of(id), due_at };
    context.apply(None, &Actor::Engine, &[due]).await.unwrap();
    settle(context, id, PATIENCE).await.unwrap();
}

/// The chain of a version, judged by the root alone.
fn judged(version: &Version, authority: &Authority, at: Time) -> path::Judgement {
    let chain = pem::chain_from(version.chain_pem.as_bytes()).unwrap();
    let anchors = path::Anchors::from_pem("house", authority.root.pem.as_bytes()).unwrap();
    path::judge(&path::Chain::read(&chain).unwrap(), &anchors, at)
}

/// Serial numbers that the log tells of, with the lineages that they were signed for.
async fn signed(context: &Context) -> Vec<(String, Value)> {
    let events = context.store.events_after(&context.scope, 0, 1000).await.unwrap();
    let signed = events.into_iter().filter(|event| event.kind == "notafter.issuer.signed.v1");
    signed.map(|event| (event.data["serial"].as_str().unwrap().to_owned(), event.data)).collect()
}

fn serial(version: &Version) -> String {
    let chain = pem::chain_from(version.chain_pem.as_bytes()).unwrap();
    Certificate::parse(&chain[0]).unwrap().serial_hex().replace(':', "").to_lowercase()
}

/// The SHA-256 of a version's public key, as a lineage blocks it.
fn key(version: &Version) -> String {
    let chain = pem::chain_from(version.chain_pem.as_bytes()).unwrap();
    Fingerprint::from_bytes(Certificate::parse(&chain[0]).unwrap().key().spki_sha256).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lineage_is_signed_renewed_and_followed_by_its_log() {
    let stage = Stage::new();
    let installation = stage.open().await;
    let context = &installation.context;
    apply(context, &file("[\"wiki.internal.example\", \"*.wiki.internal.example\"]", "")).await;
    let made = authority(context).await;
    assert_eq!(made.root.not_after, NOW + Span::days(3650), "made when it was applied");
    run(context).await;
    let first = current(context).await;
    let judgement = judged(&first, &made, NOW);
    assert!(judgement.is_complete() && judgement.problems.is_empty(), "{:?}", judgement.problems);
    assert_eq!(first.not_after, NOW + Span::days(30));
    let log = signed(context).await;
    assert_eq!(log.len(), 3, "root, intermediate, leaf: {log:?}");
    let (number, told) = &log[2];
    assert_eq!(*number, serial(&first));
    assert_eq!(told["names"], json!(["wiki.internal.example", "*.wiki.internal.example"]));
    assert_eq!(told["lineage"], Subject::Lineage(first.lineage_id).to_string());

    stage.wait(Span::days(21));
    run(context).await;
    let second = current(context).await;
    assert_ne!(second.id, first.id, "renewed by itself");
    assert_eq!(second.not_after, NOW + Span::days(51));
    assert_eq!(authority(context).await, made, "root and intermediate stay");
    assert_eq!(signed(context).await.len(), 4);
    let shown: Vec<Shown> =
        serde_json::from_value(ask(context, "ca.show", json!({ "issuer": "house" })).await.unwrap()).unwrap();
    assert_eq!(shown[0].lineages, ["wiki"]);
    let refused = ask(context, "account.show", json!({ "issuer": "house" })).await.unwrap_err();
    assert_eq!(refused.code, "issuer.private");
    let explained = ask(context, "lineage.explain", json!({ "lineage": "wiki" })).await.unwrap();
    let line = explained["lines"][0].as_str().unwrap();
    assert!(line.contains("from house (the private CA of this installation)"), "{line}");
}

/// The transaction that kept the certificate did not happen: the order is open again.
async fn undo(context: &Context, order: &Order, version: &Version) {
    let lineage = wiki(context).await;
    let mut before = lineage.clone();
    before.current = None;
    before.renewal.order = Some(order.id);
    let open = Order { closed_at: None, ended: None, ..order.clone() };
    let advance =
        Change::Advance { lineage: lineage.id, before: lineage.progress(), after: before.progress() };
    let undone = [Change::PutOrder(open), Change::RemoveVersion(version.id), advance];
    context.apply(None, &Actor::Engine, &undone).await.unwrap();
}

/// What a process that died after it had stored its intent, and before it had stored the certificate, leaves behind.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_interrupted_is_signed_again_with_the_same_number_and_told_once() {
    let stage = Stage::new();
    let installation = stage.open().await;
    let context = &installation.context;
    apply(context, &file("[\"wiki.internal.example\"]", "")).await;
    run(context).await;
    let version = current(context).await;
    let Origin::Order { order } = version.origin else { panic!("{version:?}") };
    let order = context.store.order(&context.scope, order).await.unwrap().unwrap();
    let number = order.signing.clone().unwrap().serial;
    undo(context, &order, &version).await;
    let logged = signed(context).await.len();

    run(context).await;
    let again = current(context).await;
    assert_eq!(again.key_id, version.key_id, "the key that was stored");
    assert_eq!(serial(&again), hex(&number));
    assert_eq!((again.not_before, again.not_after), (version.not_before, version.not_after));
    assert_eq!(signed(context).await.len(), logged, "told before the first time");
    let closed = context.store.order(&context.scope, order.id).await.unwrap().unwrap();
    assert_eq!(closed.ended.as_deref(), Some("issued"));

    // What was left lying for long is not signed with dates of then.
    undo(context, &order, &again).await;
    stage.wait(Span::days(4));
    run(context).await;
    stage.wait(Span::minutes(1));
    run(context).await;
    assert_eq!(current(context).await.not_after, NOW + Span::days(34) + Span::minutes(1));
    let given_up = context.store.order(&context.scope, order.id).await.unwrap().unwrap();
    assert_eq!(given_up.ended.as_deref(), Some("abandoned: it was not signed in time"));
}

/// A process that died after the file was applied, and before the root was made, left a CA that stayed without one.
#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_a_crash_kept_from_being_made_is_made_at_the_next_apply_or_start() {
    let stage = Stage::new();
    let installation = stage.open().await;
    let context = &installation.context;
    let text = file("[\"wiki.internal.example\"]", "");
    apply(context, &text).await;
    let die = async || {
        let issuer = house(context).await;
        let bare = PrivateIssuer { authority: None, ..issuer.clone() };
        let died = [Change::RemoveIssuer(issuer.id), Change::PutIssuer(bare.into())];
        context.apply(None, &Actor::Engine, &died).await.unwrap();
        assert_eq!(house(context).await.authority, None);
    };
    die().await;
    let again = apply(context, &text).await;
    assert_eq!((&again["changes"], &again["warnings"]), (&json!(false), &json!([])));
    assert_eq!(authority(context).await.root.not_after, NOW + Span::days(3650));
    die().await;
    tasks::ensure(context).await.unwrap();
    assert_eq!(authority(context).await.root.not_after, NOW + Span::days(3650));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intermediate_follows_another_and_its_key_goes() {
    let stage = Stage::new();
    let installation = stage.open().await;
    let context = &installation.context;
    apply(context, &file("[\"wiki.internal.example\"]", "")).await;
    run(context).await;
    let first = authority(context).await;
    stage.wait(Span::days(250));
    run(context).await;
    let second = authority(context).await;
    assert_eq!((&second.root, second.intermediates), (&first.root, 2));
    assert_eq!(second.intermediate.not_after, NOW + Span::days(250 + 365));
    let judgement = judged(&current(context).await, &second, stage.clock.now());
    assert!(judgement.is_complete() && judgement.problems.is_empty(), "{:?}", judgement.problems);
    assert!(context.open_authority_key(first.intermediate.key_id).await.is_err(), "it signs nothing more");
    let held = context.store.keys(&context.scope).await.unwrap();
    assert_eq!(held.iter().filter(|row| row.holds == Holds::AuthorityKey).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_ca_are_rotated_with_the_vault_and_stay_until_they_are_pruned() {
    let stage = Stage::new();
    let installation = stage.open().await;
    let context = &installation.context;
    apply(context, &file("[\"wiki.internal.example\"]", "")).await;
    ask(context, "vault.rotate", json!({ "to": null })).await.unwrap();
    run(context).await;
    assert_eq!(ask(context, "vault.status", json!({})).await.unwrap()["authority_keys"], 2);
    let unused = ask(context, "vault.prune", json!({ "yes": true })).await.unwrap();
    assert_eq!(unused["keys"], json!([]), "what signs is used");
    apply(context, "").await;
    let pruned = ask(context, "vault.prune", json!({ "yes": true })).await.unwrap();
    assert_eq!(pruned["keys"].as_array().unwrap().len(), 3, "root, intermediate, leaf");
    assert_eq!(ask(context, "vault.status", json!({})).await.unwrap()["authority_keys"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_permitted_is_refused_by_files_and_by_the_ca() {
    let stage = Stage::new();
    let installation = stage.open().await;
    let context = &installation.context;
    let text = file("[\"wiki.internal.example\", \"shop.example\"]", "");
    let args = json!({ "file": { "text": text, "prune": "everything" }, "secrets": {} });
    let refused = ask(context, "inventory.apply", args).await.unwrap_err();
    assert!(refused.what.contains("has `shop.example`, which house may not sign"), "{}", refused.what);

    apply(context, &file("[\"wiki.internal.example\"]", "")).await;
    run(context).await;
    // Past every file.
    let mut lineage = wiki(context).await;
    let Mode::Managed(spec) = &mut lineage.mode else { panic!("{lineage:?}") };
    spec.identifiers.push("shop.example".parse().unwrap());
    context.apply(None, &ada(), &[Change::PutLineage(lineage.clone())]).await.unwrap();
    let logged = signed(context).await.len();
    run(context).await;
    let failed = wiki(context).await;
    let last = failed.renewal.failures.last().unwrap();
    assert_eq!(
        (last.code.as_str(), last.message.as_str()),
        ("issuer.not-permitted", "house may not sign shop.example")
    );
    assert!(last.hint(&failed, 80).contains("take shop.example out"), "{}", last.hint(&failed, 80));
    assert_eq!(signed(context).await.len(), logged, "nothing was signed");
    assert_eq!(current(context).await.state, VersionState::Current, "what is there stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_that_would_outlast_the_root() {
    let stage = Stage::new();
    let installation = stage.open().await;
    let context = &installation.context;
    apply(context, &file("[\"wiki.internal.example\"]", "root_lifetime = \"365d\"\n")).await;
    run(context).await;
    let end = authority(context).await.root.not_after;
    stage.wait(Span::days(355));
    run(context).await;
    assert_eq!(current(context).await.not_after, end);
    let subject = Subject::Lineage(wiki(context).await.id);
    let codes = async || -> Vec<String> {
        let open = context.store.findings_open_of(&context.scope, &subject).await.unwrap();
        open.into_iter().map(|finding| finding.violation.code).collect()
    };
    assert!(codes().await.contains(&"issuer.root-ends".to_owned()), "{:?}", codes().await);
    stage.clock.advance_to(end - Span::minutes(30));
    run(context).await;
    let lineage = wiki(context).await;
    assert_eq!(lineage.renewal.failures.last().unwrap().code, "issuer.root-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_revoked_is_replaced_and_nobody_is_told_that_others_see_it() {
    let stage = Stage::new();
    let installation = stage.open().await;
    let context = &installation.context;
    apply(context, &file("[\"wiki.internal.example\"]", "")).await;
    run(context).await;
    let before = current(context).await;
    let args = json!({ "lineage": "wiki", "reason": "key-compromise", "with_certificate_key": false });
    let outcome = ask(context, "lifecycle.revoke", args).await.unwrap();
    let said = outcome["remarks"][0].as_str().unwrap();
    assert!(said.contains("publishes no list of that"), "{said}");
    run(context).await;
    let after = current(context).await;
    assert_ne!((after.id, after.key_id), (before.id, before.key_id), "with another key");
    let old = context.store.version(&context.scope, before.id).await.unwrap().unwrap();
    assert_eq!(old.state, VersionState::Revoked);
    let blocked = wiki(context).await.renewal.blocked_keys;
    assert_eq!(blocked, [key(&before)], "nothing is signed for it again");
    assert_ne!(key(&after), key(&before));
}

/// Whoever has just started may look at what is critical before at anything else.
#[tokio::test(flavor = "multi_thread")]
async fn a_critical_endpoint_is_judged_by_its_private_ca_from_the_first_look_on() {
    let stage = Stage::new();
    let place = r#"
        [[lineage.place]]
        name = "front"
        deployer = "files"
        settings = { full_chain = "/nowhere/chain.pem", key = "/nowhere/key.pem" }
        endpoints = ["127.0.0.1:1"]
        [[endpoint]]
        target = "127.0.0.1:1"
        criticality = "critical"
    "#;
    let text = file("[\"wiki.internal.example\"]", "") + place;
    let begun = stage.open().await;
    apply(&begun.context, &text).await;
    // The first look is of the loop of all, which hands it over.
    look(&begun.context).await;
    begun.context.store.close().await;
    drop(begun);

    let started = stage.open().await;
    let context = &started.context;
    look(context).await;
    let endpoints = context.store.endpoints(&context.scope).await.unwrap();
    let ours = context.judge().anchors().len();
    assert_eq!(context.judge_of(&endpoints[0]).anchors().len(), ours + 1, "the root of the house");
}

async fn look(context: &Context) {
    let looked = ask(context, "endpoint.look", json!({ "endpoints": [] })).await.unwrap();
    assert_eq!(looked["waiting"], 0, "{looked}");
}
