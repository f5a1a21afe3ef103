//! Pings that do not come.

use notafter_cert::{Span, Time};
use notafter_engine::access::Peer;
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::operate;
use notafter_engine::ping::{Asked, Came, take};
use notafter_inventory::model::{Actor, Says};
use notafter_net::Clock;
use serde_json::{Value, json};

use crate::stage::Stage;

const START: Time = Time::from_unix_seconds(1_796_000_000);
const DAILY: &str = ", ping = { every = \"24h\", grace = \"1h\" }";

async fn apply(context: &Context, ping: &str) {
    let text = format!(
        "[[lineage]]\nname = \"blog\"\nwatch = {{ renewer = \"certbot\", chain_file = \"/etc/ssl/blog.pem\"{ping} }}\n"
    );
    let args = json!({ "file": { "text": text, "prune": "everything" }, "secrets": {} });
    operate::call(context, &Actor::Engine, "inventory.apply", args).await.unwrap();
}

/// What is open about pings, each as it is told.
async fn open(context: &Context) -> Vec<String> {
    let open = context.store.findings_open(&context.scope).await.unwrap();
    let about = open.into_iter().filter(|finding| finding.violation.code.starts_with("ping."));
    about.map(|finding| finding.violation.text).collect()
}

async fn ping(context: &Context, says: &str) -> Came {
    let rows: Value = operate::call(context, &Actor::Engine, "ping.list", json!({})).await.unwrap();
    let id = rows[0]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let asked = Asked { id, says: Says::read(says).unwrap(), run: None, body: String::new() };
    let peer = Peer { address: "192.0.2.1".parse().unwrap(), agent: String::new() };
    take(context, &asked, &peer).await.unwrap()
}

#[tokio::test]
async fn a_job_that_does_not_ping_in_time_is_a_finding_at_that_instant_and_until_it_does() {
    let mut stage = Stage::at(Clock::staged(START)).await;
    stage.settings.machine_root = stage.path("machine");
    std::fs::create_dir(stage.path("machine")).unwrap();
    let installation = stage.open().await;
    let context = &installation.context;
    let driver = Driver::new(std::sync::Arc::clone(context));
    let run_to = async |after: Span| driver.run_until(START + after).await.unwrap();
    apply(context, DAILY).await;
    run_to(Span::hours(25) - Span::minutes(1)).await;
    assert_eq!(open(context).await, Vec::<String>::new());
    run_to(Span::hours(25) + Span::minutes(1)).await;
    let told = open(context).await;
    assert!(told.len() == 1 && told[0].contains("never said that it went well"), "{told:?}");
    assert_eq!(ping(context, "").await, Came::Taken);
    assert_eq!(open(context).await, Vec::<String>::new());

    run_to(Span::hours(30)).await;
    assert_eq!(ping(context, "start").await, Came::Taken);
    run_to(Span::hours(31) + Span::minutes(1)).await;
    let told = open(context).await;
    assert!(told.len() == 1 && told[0].contains("did not say within 1 h how it ended"), "{told:?}");
    assert_eq!(ping(context, "0").await, Came::Taken);
    assert_eq!(open(context).await, Vec::<String>::new());

    run_to(Span::hours(60)).await;
    assert_eq!(open(context).await.len(), 1, "a day and an hour later");
    apply(context, "").await;
    run_to(Span::hours(61)).await;
    assert_eq!(open(context).await, Vec::<String>::new(), "nobody expects any");

    run_to(Span::hours(200)).await;
    apply(context, DAILY).await;
    run_to(Span::hours(224)).await;
    assert_eq!(open(context).await, Vec::<String>::new(), "what did not come while none was expected");
    run_to(Span::hours(226)).await;
    assert_eq!(open(context).await.len(), 1, "a day and an hour after one is expected again");
}

#[tokio::test]
async fn what_expects_pings_reads_back_as_it_was_written() {
    let stage = Stage::at(Clock::staged(START)).await;
    let installation = stage.open().await;
    let context = &installation.context;
    apply(context, ", ping = { every = \"36h\", grace = \"90min\" }").await;
    let args = json!({ "kind": null, "name": null });
    let printed = operate::call(context, &Actor::Engine, "inventory.get", args).await.unwrap();
    let text = printed["text"].as_str().unwrap();
    assert!(text.contains("ping = { every = \"36h\", grace = \"90min\" }"), "{text}");
    for wrong in ["every = \"5s\"", "every = \"never\"", "grace = \"1h\"", "every = \"24h\", often = 1"] {
        let text = format!(
            "[[lineage]]\nname = \"blog\"\nwatch = {{ renewer = \"certbot\", chain_file = \"/x\", ping = {{ {wrong} }} }}\n"
        );
        let args = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
        let fault =
            operate::call(context, &Actor::Engine, "inventory.plan", args["file"].clone()).await.unwrap_err();
        assert_eq!(fault.code, "inventory.file-invalid", "{wrong}");
    }
}
