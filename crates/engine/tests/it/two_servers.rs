//! Two servers share a database: what people ask of both at once is done as if one had been asked after the other.

use std::sync::Arc;

use notafter_engine::context::Context;
use notafter_engine::open::Installation;
use notafter_engine::operate::{self, Fault};
use notafter_inventory::model::Actor;
use serde_json::{Value, json};

use crate::postgres::Server;
use crate::stage::Stage;

/// Whoever comes too late once may come too late again: each round is another chance to be undone.
const ROUNDS: usize = 8;

/// Two machines, each with a data directory of its own, and the key that both were given.
async fn two_servers(server: &Server) -> (Stage, [Installation; 2]) {
    let mut stage = Stage::new().await;
    stage.settings.database = Some(server.url());
    let first = stage.open().await;
    stage.settings.data = Some(stage.path("other"));
    let second = stage.open().await;
    (stage, [first, second])
}

async fn apply(context: Arc<Context>, text: String, prune: &str) -> Result<Value, Fault> {
    let args = json!({ "file": { "text": text, "prune": prune }, "secrets": {} });
    operate::call(&context, &Actor::Person("ada".to_owned()), "inventory.apply", args).await
}

/// Each server is told its own at the same time.
async fn at_once(servers: &[Installation; 2], texts: [String; 2], prune: &'static str) {
    let [one, other] = servers.each_ref().map(|server| Arc::clone(&server.context));
    let [text, other_text] = texts;
    let one = tokio::spawn(apply(one, text, prune));
    let other = tokio::spawn(apply(other, other_text, prune));
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
}

/// The second one was told that the issuer's name, which the first had just added, was taken.
#[tokio::test(flavor = "multi_thread")]
async fn two_pieces_that_bring_the_same_issuer_at_once_are_both_added() {
    let name = "two_pieces_that_bring_the_same_issuer_at_once_are_both_added";
    let Some(server) = Server::start(name) else { return };
    let (stage, servers) = two_servers(&server).await;
    let piece = |round: usize, number: usize| {
        format!(
            "[[issuer]]\nname = \"lab-{round}\"\ndirectory = \"{}\"\ntrust = \"{}\"\nterms_agreed = true\n\
             [[lineage]]\nname = \"shop-{round}-{number}\"\nissuer = \"lab-{round}\"\n\
             identifiers = [\"shop-{round}-{number}.example\"]\n\
             http01 = {{ solver = \"listener\", listen = \"127.0.0.1:{}\" }}\n",
            stage.ca.directory_url(),
            stage.path("roots.pem").display(),
            stage.settings.http01_port
        )
    };
    for round in 0..ROUNDS {
        at_once(&servers, [piece(round, 1), piece(round, 2)], "nothing").await;
    }
    let context = &servers[0].context;
    assert_eq!(context.store.issuers(&context.scope).await.unwrap().len(), ROUNDS);
    assert_eq!(context.store.lineages(&context.scope).await.unwrap().len(), 2 * ROUNDS);
}

/// What the first file had written stayed, written by nobody: the second had not seen it, and its own list took the place of
/// the first one's.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_files_applied_at_once_the_later_one_is_what_there_is() {
    let name = "of_two_files_applied_at_once_the_later_one_is_what_there_is";
    let Some(server) = Server::start(name) else { return };
    let (_stage, servers) = two_servers(&server).await;
    let context = &servers[0].context;
    let file = |round: usize, number: usize| {
        format!(
            "[[endpoint]]\ntarget = \"shop-{round}-{number}.example\"\n[[owner]]\nname = \"pay-{round}-{number}\"\n"
        )
    };
    for round in 0..ROUNDS {
        at_once(&servers, [file(round, 1), file(round, 2)], "written").await;
        let endpoints = context.store.endpoints(&context.scope).await.unwrap();
        let [endpoint] = endpoints.as_slice() else { panic!("{endpoints:?}") };
        let owners = context.store.owners(&context.scope).await.unwrap();
        let names: Vec<&str> = owners.iter().map(|owner| owner.name.as_str()).collect();
        let number = if endpoint.target.to_string().contains("-1.") { 1 } else { 2 };
        assert_eq!(names, ["default", &format!("pay-{round}-{number}")], "of one file, and of no other");
    }
}
