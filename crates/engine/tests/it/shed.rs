//! What is left out of a certificate waits in a lineage that the engine makes: it takes nobody's name and forgets nothing.

use notafter_cert::Span;
use notafter_engine::context::Context;
use notafter_engine::operate;
use notafter_engine::settle::settle;
use notafter_inventory::model::{Actor, Lineage, Mode};
use serde_json::{Value, json};

use crate::stage::Stage;

const PATIENCE: Span = Span::minutes(2);

fn lead_dead_name_to(stage: &mut Stage, last: u8) {
    let port = stage.settings.http01_port;
    stage.settings.resolve.retain(|entry| !entry.starts_with("dead."));
    stage.settings.resolve.push(format!("dead.shop.example:{port}:127.0.0.{last}"));
}

/// The shop, which is split when a name of it is dead, and a lineage that somebody called as the engine would.
async fn apply(stage: &Stage, context: &Context, shop: &[&str]) {
    let mut text = format!(
        "[[issuer]]\nname = \"lab\"\ndirectory = \"{}\"\ntrust = \"{}\"\nterms_agreed = true\n",
        stage.ca.directory_url(),
        stage.path("roots.pem").display()
    );
    for (name, identifiers) in [("shop", shop), ("shop-shed", &["www.shop.example"])] {
        if identifiers.is_empty() {
            continue;
        }
        text += &format!(
            "\n[[lineage]]\nname = \"{name}\"\nissuer = \"lab\"\nidentifiers = {}\nshedding = \"split\"\n\
             http01 = {{ solver = \"listener\", listen = \"127.0.0.1:{}\" }}\n",
            json!(identifiers),
            stage.settings.http01_port
        );
    }
    let args = json!({ "file": { "text": text, "prune": "everything" }, "secrets": {} });
    operate::call(context, &ada(), "inventory.apply", args).await.unwrap();
}

fn ada() -> Actor {
    Actor::Person("ada".to_owned())
}

async fn named(context: &Context, name: &str) -> Option<Lineage> {
    context.store.lineage_named(&context.scope, name).await.unwrap()
}

async fn renew(context: &Context, name: &str, force: bool) -> Value {
    let args = json!({ "lineage": name, "force": force, "block_key": false });
    operate::call(context, &ada(), "lifecycle.renew", args).await.unwrap()[0].take()
}

fn identifiers(lineage: &Lineage) -> Vec<String> {
    let Mode::Managed(spec) = &lineage.mode else { panic!("{lineage:?}") };
    spec.identifiers.iter().map(ToString::to_string).collect()
}

/// A person's lineage called `shop-shed` was made over, and later removed; the engine's own forgot its failures, and so
/// its pauses, at each attempt of the shop.
#[tokio::test(flavor = "multi_thread")]
async fn shedding_takes_a_free_name_and_keeps_what_its_lineage_has() {
    let mut stage = Stage::new().await;
    lead_dead_name_to(&mut stage, 9);
    let installation = stage.open().await;
    let context = &installation.context;
    apply(&stage, context, &["shop.example", "dead.shop.example"]).await;
    let somebodys = named(context, "shop-shed").await.unwrap();
    settle(context, somebodys.id, PATIENCE).await.unwrap();
    settle(context, named(context, "shop").await.unwrap().id, PATIENCE).await.unwrap();
    let apart = named(context, "shop-shed-2").await.unwrap();
    assert_eq!(identifiers(&apart), ["dead.shop.example"]);
    settle(context, apart.id, PATIENCE).await.unwrap();
    let failed = named(context, "shop-shed-2").await.unwrap();
    assert_eq!(failed.renewal.failures.len(), 1, "{:?}", failed.renewal);

    let get = json!({ "kind": "lineage", "name": "shop-shed-2" });
    let fault = operate::call(context, &ada(), "inventory.get", get).await.unwrap_err();
    assert_eq!(fault.what, "lineage \"shop-shed-2\" was made by notafter, and no file describes it");

    let outcome = renew(context, "shop", true).await;
    assert_eq!(named(context, "shop-shed-2").await.unwrap(), failed, "nothing of it was forgotten");
    let port = stage.settings.http01_port;
    let left_out = json!({
        "identifiers": ["dead.shop.example"],
        "lineage": "shop-shed-2",
        "hint": format!(
            "mend DNS and port {port} of dead.shop.example; `notafter serve` tries again by itself, \
             `notafter renew shop-shed-2 --force` tries now"
        ),
    });
    assert_eq!(outcome["left_out"], left_out, "whoever runs no server hears what is left to do");
    let somebodys = named(context, "shop-shed").await.unwrap();
    assert_eq!(identifiers(&somebodys), ["www.shop.example"]);
    assert!(somebodys.current.is_some());
    apply(&stage, context, &["shop.example", "dead.shop.example"]).await;
    assert_eq!(named(context, "shop-shed-2").await, Some(failed), "no business of a file");
    drop(installation);

    lead_dead_name_to(&mut stage, 1);
    let installation = stage.open().await;
    let context = &installation.context;
    let outcome = renew(context, "shop", true).await;
    assert_eq!(outcome["left_out"], Value::Null);
    assert_eq!(named(context, "shop-shed-2").await, None, "the name is alive again");
    assert_eq!(named(context, "shop-shed").await, Some(somebodys), "and nobody else's lineage went");
}

/// It renewed on for a shop that was gone.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_of_a_lineage_goes_with_it() {
    let mut stage = Stage::new().await;
    lead_dead_name_to(&mut stage, 9);
    let installation = stage.open().await;
    let context = &installation.context;
    apply(&stage, context, &["shop.example", "dead.shop.example"]).await;
    settle(context, named(context, "shop").await.unwrap().id, PATIENCE).await.unwrap();
    assert!(named(context, "shop-shed-2").await.is_some());
    apply(&stage, context, &[]).await;
    let left = context.store.lineages(&context.scope).await.unwrap();
    assert_eq!(left.iter().map(|lineage| lineage.name.as_str()).collect::<Vec<_>>(), ["shop-shed"]);
}
