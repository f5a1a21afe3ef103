//! An account that the CA does not know any more: whoever meets it says so, and the next attempt gets on.

use std::sync::Arc;

use notafter_acme::server::RequestKind as On;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::Span;
use notafter_engine::context::Context;
use notafter_engine::open::Installation;
use notafter_engine::operate;
use notafter_engine::settle::settle;
use notafter_inventory::model::{AcmeIssuer, Actor};
use serde_json::{Value, json};

use crate::stage::{Stage, acme};

/// A lineage with a certificate, and a CA that has no account at the next request of this kind.
async fn lost(on: On) -> (Stage, Installation) {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, Span::minutes(2)).await.unwrap();
    assert!(context.store.lineage(&context.scope, id).await.unwrap().unwrap().current.is_some());
    stage.ca.plan(Planned::nth(
        on,
        1,
        Fault::problem(400, "accountDoesNotExist", "there is no such account", None),
    ));
    (stage, installation)
}

async fn ask(context: &Arc<Context>, operation: &str, args: Value) -> Result<Value, operate::Fault> {
    operate::call(context, &Actor::Person("ada".to_owned()), operation, args).await
}

async fn issuer(context: &Context) -> AcmeIssuer {
    acme(context, "lab").await
}

fn revoke(with_certificate_key: bool) -> Value {
    json!({ "lineage": "shop", "reason": "superseded", "with_certificate_key": with_certificate_key })
}

/// Revoking was refused for ever, and the hint was to renew.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_revoked_by_its_key_or_by_the_account_that_is_registered_anew() {
    for with_certificate_key in [true, false] {
        let (_stage, installation) = lost(On::Revoke).await;
        let context = &installation.context;
        let key = issuer(context).await.account_key;
        let refused = ask(context, "lifecycle.revoke", revoke(false)).await.unwrap_err();
        assert_eq!(refused.code, "acme.account-unknown");
        assert!(refused.hint.contains("notafter revoke shop --with-certificate-key"), "{}", refused.hint);
        assert_eq!((issuer(context).await.account_url, issuer(context).await.account_key), (None, key));
        let outcome = ask(context, "lifecycle.revoke", revoke(with_certificate_key)).await.unwrap();
        assert_eq!((&outcome["renewed"], &outcome["ending"]), (&json!(true), &json!("done")), "{outcome:#}");
        assert!(issuer(context).await.account_url.is_some());
    }
}

/// "There is no account yet" was the answer to whoever tried again, and the old key stayed in use.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_changed_after_its_account_is_registered_anew() {
    let (stage, installation) = lost(On::KeyChange).await;
    let context = &installation.context;
    let before = issuer(context).await;
    let at = || json!({ "issuer": "lab" });
    let refused = ask(context, "account.rollover", at()).await.unwrap_err();
    assert_eq!(refused.code, "acme.account-unknown");
    let lost = issuer(context).await;
    assert_eq!((lost.account_url, lost.account_key), (None, before.account_key), "the key stays");
    assert_eq!((lost.rollover, lost.rollover_key), (None, None));
    let shown = ask(context, "account.rollover", at()).await.unwrap();
    assert_eq!(shown["at_ca"]["answered"]["status"], "valid", "{shown:#}");
    let after = issuer(context).await;
    assert!(after.account_key.is_some() && after.account_key != before.account_key, "another key");
    assert_eq!(stage.ca.acted(On::KeyChange), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_gone_is_closed_here_and_the_next_one_has_another_key() {
    let (_stage, installation) = lost(On::Account).await;
    let context = &installation.context;
    let before = issuer(context).await;
    let shown = ask(context, "account.deactivate", json!({ "issuer": "lab" })).await.unwrap();
    assert_eq!((&shown["account"], &shown["at_ca"]), (&Value::Null, &json!("no-account")));
    assert_eq!(issuer(context).await.account_key, None);
    let renewed =
        ask(context, "lifecycle.renew", json!({ "lineage": "shop", "force": true, "block_key": false }));
    let outcome = renewed.await.unwrap();
    assert_eq!(outcome[0]["renewed"], true, "{outcome:#}");
    let after = issuer(context).await;
    assert!(after.account_key.is_some() && after.account_key != before.account_key);
    assert!(after.account_url.is_some());
}

/// Looking at it changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_gone_is_shown_as_such() {
    let (_stage, installation) = lost(On::Account).await;
    let context = &installation.context;
    let before = issuer(context).await;
    let shown = ask(context, "account.show", json!({ "issuer": "lab" })).await.unwrap();
    let why = shown["at_ca"]["silent"]["why"].as_str().unwrap();
    assert!(why.contains("there is no such account"), "{why}");
    assert_eq!(issuer(context).await, before);
}
