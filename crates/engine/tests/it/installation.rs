//! Backups, the vault's key, accounts, the doctor, the state of things.

use std::fmt::Write;
use std::sync::Arc;

use notafter_acme::server::RequestKind;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::Span;
use notafter_engine::context::Context;
use notafter_engine::operate::account::{AtCa, Shown};
use notafter_engine::operate::doctor::{Examined, Row};
use notafter_engine::operate::status::{LineageStatus, Server, Status};
use notafter_engine::operate::vault::{Rotated, Vault};
use notafter_engine::operate::{self, backup};
use notafter_engine::settle::settle;
use notafter_inventory::model::{AcmeIssuer, Actor, Place, Severity, VersionState};
use notafter_keys::account::AccountKey;
use notafter_store::{Change, Holds, StoreError};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::stage::{Stage, acme};

async fn call<R: DeserializeOwned>(context: &Context, name: &str, args: Value) -> Result<R, operate::Fault> {
    let actor = Actor::Person("tester".to_owned());
    operate::call(context, &actor, name, args).await.map(|value| serde_json::from_value(value).unwrap())
}

async fn issuer(context: &Context) -> AcmeIssuer {
    acme(context, "lab").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_at_work_restores_with_its_keys_and_never_over_a_database_unasked() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let id = stage.lineage(&installation.context, &["shop.example"]).await;
    settle(&installation.context, id, Span::seconds(30)).await.unwrap();
    let file = stage.path("backup.db");
    let done: backup::BackedUp =
        call(&installation.context, "installation.backup", json!({ "file": file })).await.unwrap();
    assert_eq!(done.key_encryption_key, stage.path("kek"));
    let again = call::<Value>(&installation.context, "installation.backup", json!({ "file": file })).await;
    assert_eq!(again.unwrap_err().code, "store.backup", "an older backup is not overwritten");

    let actor = Actor::Person("tester".to_owned());
    let restore = async |force| backup::restore(&stage.settings, &stage.clock, (&file, force), &actor).await;
    assert_eq!(restore(true).await.unwrap_err().code, "store.in-use", "while a process works with it");
    drop(installation);
    assert_eq!(restore(false).await.unwrap_err().code, "store.database-exists");
    let restored = restore(true).await.unwrap();
    assert_eq!(restored.sealed, None);
    assert!(restored.before.unwrap().exists());

    let context = stage.open().await.context;
    let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    let version = context.store.version(&context.scope, lineage.current.unwrap()).await.unwrap().unwrap();
    context.open_key(version.key_id.unwrap()).await.unwrap();
    context.store.check(&context.scope).await.unwrap();
}

/// `--force` was asked for, and then the file was no backup.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_backup_is_told_before_the_database_that_is_there() {
    let stage = Stage::new().await;
    drop(stage.open().await);
    let file = stage.path("notes.txt");
    std::fs::write(&file, "no database\n").unwrap();
    let actor = Actor::Person("tester".to_owned());
    let refused = backup::restore(&stage.settings, &stage.clock, (&file, false), &actor).await.unwrap_err();
    assert_eq!(refused.code, "store.backup", "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_without_the_key_says_so() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let id = stage.lineage(&installation.context, &["shop.example"]).await;
    settle(&installation.context, id, Span::seconds(30)).await.unwrap();
    let file = stage.path("backup.db");
    let _: Value = call(&installation.context, "installation.backup", json!({ "file": file })).await.unwrap();
    drop(installation);
    std::fs::rename(stage.path("kek"), stage.path("lost")).unwrap();
    let actor = Actor::Person("tester".to_owned());
    let restored = backup::restore(&stage.settings, &stage.clock, (&file, true), &actor).await.unwrap();
    assert_eq!(restored.sealed.unwrap().code, "vault.no-key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_reseals_everything_and_goes_on_where_it_was_interrupted() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let before: Vault = call(context, "vault.status", json!({})).await.unwrap();
    assert_eq!((before.certificate_keys, before.account_keys, before.rotating), (1, 1, false));

    // Interrupted after the next key was written and before anything was sealed with it.
    context.keyring.write().await.begin_rotation().unwrap();
    drop(installation);
    let installation = stage.open().await;
    let context = &installation.context;
    let between: Vault = call(context, "vault.status", json!({})).await.unwrap();
    assert!(between.rotating);
    assert_eq!(between.sealed_with.keys().collect::<Vec<_>>(), [&before.key_id]);

    let rotated: Rotated = call(context, "vault.rotate", json!({})).await.unwrap();
    assert!(rotated.resumed);
    assert_eq!(rotated.before, std::slice::from_ref(&before.key_id));
    assert_eq!(rotated.vault.key_id, between.key_id, "no second key was made");
    assert_eq!(rotated.vault.sealed_with.keys().collect::<Vec<_>>(), [&between.key_id]);
    let again: Rotated = call(context, "vault.rotate", json!({})).await.unwrap();
    assert!(!again.resumed);
    drop(installation);

    let context = stage.open().await.context;
    assert_eq!(context.keyring.read().await.id(), again.vault.key_id);
    let account = issuer(&context).await.account_key.unwrap();
    context.open_account_key(account).await.unwrap();
    let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    let version = context.store.version(&context.scope, lineage.current.unwrap()).await.unwrap().unwrap();
    context.open_key(version.key_id.unwrap()).await.unwrap();
}

/// A key that was sealed before a rotation and would be stored after it could never be opened again.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_before_a_rotation_is_not_stored_after_it() {
    let stage = Stage::new().await;
    let context = stage.open().await.context;
    let id = context.new_id();
    let sealed = {
        let key = AccountKey::generate().unwrap();
        context.keyring.read().await.seal_account(id.as_bytes(), &key).unwrap()
    };
    let _: Rotated = call(&context, "vault.rotate", json!({})).await.unwrap();
    let put = Change::PutKey {
        id,
        holds: Holds::AccountKey,
        kek_id: sealed.kek_id(),
        sealed: sealed.as_bytes().to_vec(),
    };
    let outcome = context.apply(None, &Actor::Engine, &[put]).await;
    assert!(matches!(outcome, Err(StoreError::Resealed)), "{outcome:?}");
    assert!(context.store.key(&context.scope, id).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_gets_another_key_and_renews_with_it() {
    let stage = Stage::new().await;
    let context = stage.open().await.context;
    let id = stage.lineage(&context, &["shop.example"]).await;
    let none = call::<Value>(&context, "account.rollover", json!({ "issuer": "lab" })).await.unwrap_err();
    assert_eq!(none.code, "issuer.no-account");
    settle(&context, id, Span::seconds(30)).await.unwrap();
    let before: Shown = call(&context, "account.show", json!({ "issuer": "lab" })).await.unwrap();
    assert!(matches!(before.at_ca, AtCa::Answered { .. }), "{:?}", before.at_ca);
    let old = issuer(&context).await.account_key.unwrap();
    let after: Shown = call(&context, "account.rollover", json!({ "issuer": "lab" })).await.unwrap();
    assert_eq!(after.account, before.account);
    assert_ne!(after.thumbprint, before.thumbprint);
    assert!(!after.rolling_over);
    assert!(context.store.key(&context.scope, old).await.unwrap().unwrap().destroyed_at.is_some());
    let _: Value =
        call(&context, "lifecycle.renew", json!({ "lineage": "shop", "force": true, "block_key": false }))
            .await
            .unwrap();
    assert_eq!(stage.ca.certificates().len(), 2, "the new key orders");
}

/// The CA changed the key, and its reply was lost: it is asked which key the account has.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_a_key_change_loses_no_account() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::seconds(30)).await.unwrap();
    let before = issuer(context).await;
    stage.ca.plan(Planned::nth(RequestKind::KeyChange, 1, Fault::LoseReply));
    let rolled: Shown = call(context, "account.rollover", json!({ "issuer": "lab" })).await.unwrap();
    assert_eq!(stage.ca.acted(RequestKind::KeyChange), 1);
    assert!(matches!(rolled.at_ca, AtCa::Answered { .. }), "{:?}", rolled.at_ca);
    let after = issuer(context).await;
    assert_ne!(after.account_key, before.account_key);
    assert_eq!((after.rollover_key, after.account_url), (None, before.account_url));
}

/// The same, and the process died before it could ask: whoever needs the account next finds out first.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_change_that_was_cut_short_is_ended_by_the_next_renewal() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = Arc::clone(&installation.context);
    let id = stage.lineage(&context, &["shop.example"]).await;
    settle(&context, id, Span::seconds(30)).await.unwrap();
    let before = issuer(&context).await;
    stage.ca.plan(Planned::nth(RequestKind::KeyChange, 1, Fault::LoseReply));
    let rolling =
        tokio::spawn(
            async move { call::<Shown>(&context, "account.rollover", json!({ "issuer": "lab" })).await },
        );
    while stage.ca.acted(RequestKind::KeyChange) == 0 {
        tokio::task::yield_now().await;
    }
    rolling.abort();
    assert!(rolling.await.is_err(), "cut short while it waited to ask");
    drop(installation);

    let context = stage.open().await.context;
    assert!(issuer(&context).await.rollover.is_some(), "both keys are kept");
    let force = json!({ "lineage": "shop", "force": true, "block_key": false });
    let _: Value = call(&context, "lifecycle.renew", force).await.unwrap();
    let after = issuer(&context).await;
    assert_eq!((after.rollover, after.rollover_key), (None, None));
    assert_ne!(after.account_key, before.account_key);
    assert_eq!(after.account_url, before.account_url);
    assert_eq!(stage.ca.certificates().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_replaced_by_another_at_the_next_renewal() {
    let stage = Stage::new().await;
    let context = stage.open().await.context;
    let id = stage.lineage(&context, &["shop.example"]).await;
    settle(&context, id, Span::seconds(30)).await.unwrap();
    let before = issuer(&context).await;
    let closed: Shown = call(&context, "account.deactivate", json!({ "issuer": "lab" })).await.unwrap();
    assert_eq!((closed.account, closed.at_ca), (None, AtCa::NoAccount));
    let _: Value =
        call(&context, "lifecycle.renew", json!({ "lineage": "shop", "force": true, "block_key": false }))
            .await
            .unwrap();
    let after = issuer(&context).await;
    assert!(after.account_url.is_some() && after.account_url != before.account_url);
    assert_eq!(stage.ca.certificates().len(), 2);
}

async fn examined(context: &Context) -> Vec<Row> {
    let examined: Examined = call(context, "installation.examine", json!({})).await.unwrap();
    examined.rows
}

fn verdict<'a>(rows: &'a [Row], name: &str) -> (Severity, &'a str) {
    let row = rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name}: {rows:#?}"));
    (row.verdict, &row.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_would_stop_a_renewal_before_it_is_due() {
    let stage = Stage::new().await;
    let context = stage.open().await.context;
    let id = stage.lineage(&context, &["shop.example"]).await;
    std::fs::create_dir(stage.path("tls")).unwrap();
    let place = Place {
        id: context.new_id(),
        owner_id: context.store.owner_named(&context.scope, "default").await.unwrap().unwrap().id,
        lineage_id: id,
        name: "web".to_owned(),
        deployer: "files".to_owned(),
        settings: json!({ "key": stage.path("tls/key.pem"), "full_chain": stage.path("tls/chain.pem") }),
        endpoints: Vec::new(),
    };
    context.apply(None, &Actor::Engine, &[Change::PutPlace(place)]).await.unwrap();

    let well = examined(&context).await;
    for name in ["CA lab", "clock, by lab", "challenges of shop", "shop at web (files)", "key-encryption key"]
    {
        assert_eq!(verdict(&well, name).0, Severity::Ok, "{name}: {well:#?}");
    }
    assert_eq!(verdict(&well, "server").0, Severity::Critical, "none runs in this test");

    stage.ca.settings(|settings| settings.clock_ahead = Span::hours(2));
    std::fs::remove_dir(stage.path("tls")).unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", stage.settings.http01_port)).unwrap();
    context.keyring.write().await.begin_rotation().unwrap();
    let ill = examined(&context).await;
    drop(taken);
    assert_eq!(verdict(&ill, "clock, by lab").0, Severity::Critical, "{ill:#?}");
    assert!(verdict(&ill, "clock, by lab").1.ends_with(" behind"), "{ill:#?}");
    let (challenges, text) = verdict(&ill, "challenges of shop");
    assert_eq!(challenges, Severity::Critical);
    assert!(text.contains("cannot listen on"), "{text}");
    assert_eq!(verdict(&ill, "shop at web (files)").0, Severity::Critical);
    assert_eq!(verdict(&ill, "key-encryption key").0, Severity::Warning);
    assert!(ill.iter().all(|row| row.verdict == Severity::Ok || row.hint.is_some()), "{ill:#?}");
}

/// Mails of the status page had a channel that was not there, and nobody was told.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_that_mails_of_the_status_page_have_no_channel() {
    let mut stage = Stage::new().await;
    stage.settings.status_mail = Some("nomail".to_owned());
    let context = stage.open().await.context;
    let rows = examined(&context).await;
    let (severity, text) = verdict(&rows, "mails of the status page");
    assert_eq!(severity, Severity::Warning);
    assert!(text.contains("\"nomail\""), "{text}");
}

/// Every answer of 200 was called OK, and the next renewal failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_no_renewal_could_read_was_ok_to_the_doctor() {
    let stage = Stage::new().await;
    let context = stage.open().await.context;
    stage.lineage(&context, &["shop.example"]).await;
    let answer = |body: &str| Fault::Answer { status: 200, headers: Vec::new(), body: body.to_owned() };
    let elsewhere = json!("https://elsewhere.example/new-order");
    let mut told = String::new();
    for (name, fault) in [
        ("HTML", answer("<html>Log in to the network</html>")),
        ("empty", answer("")),
        ("foreign URL", Fault::Lie { member: "newOrder".to_owned(), value: elsewhere }),
    ] {
        stage.ca.plan(Planned::always(RequestKind::Directory, fault));
        let rows = examined(&context).await;
        stage.ca.behave();
        let row = rows.iter().find(|row| row.name == "CA lab").unwrap();
        let hint = row.hint.as_deref().unwrap();
        writeln!(told, "{name}\n  {}: {}\n  hint: {hint}", row.verdict, row.text).unwrap();
    }
    insta::assert_snapshot!(told.replace(&stage.ca.address().to_string(), "CA"));
    assert_eq!(verdict(&examined(&context).await, "CA lab").0, Severity::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_names_the_versions_to_go_back_to_and_what_is_not_proven() {
    let stage = Stage::new().await;
    let context = stage.open().await.context;
    let id = stage.lineage(&context, &["shop.example"]).await;
    settle(&context, id, Span::seconds(30)).await.unwrap();
    let force = json!({ "lineage": "shop", "force": true, "block_key": false });
    let _: Value = call(&context, "lifecycle.renew", force).await.unwrap();
    let one: LineageStatus = call(&context, "status.lineage", json!({ "lineage": "shop" })).await.unwrap();
    let states: Vec<_> = one.versions.iter().map(|version| (version.state, version.can_roll_back)).collect();
    assert_eq!(states, [(VersionState::Current, false), (VersionState::Superseded, true)]);
    assert!(one.renewal[0].starts_with("next renewal"), "{:?}", one.renewal);
    let all: Status = call(&context, "status.all", json!({})).await.unwrap();
    assert_eq!(all.server, Server::Absent);
    assert_eq!((all.lineages.len(), all.unproven.len(), all.endpoints.known), (1, 0, 0));
    assert_eq!(all.lineages[0].ends, Some(one.versions[0].not_after));
    assert!(all.lineages[0].next_renewal.unwrap() > all.at);
    let unknown = call::<Value>(&context, "status.lineage", json!({ "lineage": "nope" })).await.unwrap_err();
    assert_eq!(unknown.code, "inventory.no-such-thing");
}
