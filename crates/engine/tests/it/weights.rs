//! How much each owner answers for.

use notafter_engine::open;
use notafter_engine::operate;
use notafter_engine::settings::Settings;
use notafter_inventory::model::Actor;
use notafter_net::Clock;
use serde_json::json;

/// Each turn of the alerts read every endpoint for it.
#[tokio::test]
async fn what_owners_answer_for_is_counted_again_only_where_the_inventory_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        data: Some(folder.path().join("data")),
        key_encryption_key: Some(folder.path().join("kek")),
        ..Settings::default()
    };
    let installation = open::open(&settings, Clock::system()).await.unwrap();
    let context = &installation.context;
    let ada = Actor::Person("ada".to_owned());
    let endpoints = async || context.weights.read(context).await.unwrap().endpoints.values().sum::<u64>();
    assert_eq!(endpoints().await, 0);
    let text = "[[endpoint]]\ntarget = \"shop.example:443\"\ncriticality = \"critical\"\n";
    let args = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
    operate::call(context, &ada, "inventory.apply", args).await.unwrap();
    assert_eq!(endpoints().await, 1);
    let (before, _) = context.store.asked();
    assert_eq!(endpoints().await, 1);
    assert_eq!(context.store.asked().0 - before, 1, "which state of the inventory it is, and nothing else");
}
