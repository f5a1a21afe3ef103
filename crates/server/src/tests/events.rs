//! The log: searched on the page and over the API, and saved with its hashes.

use http::StatusCode;
use notafter_cert::Fingerprint;
use notafter_inventory::model::{Actor, Subject};
use notafter_store::Change;
use serde_json::{Value, json};

use super::stage::Stage;

async fn log(stage: &Stage, number: usize) {
    for number in 0..number {
        let data = json!({ "text": format!("it is number {number}"), "note": "<b>büro</b>" });
        let change = Change::Event {
            kind: "notafter.test.happened.v1".to_owned(),
            subject: Subject::Installation,
            data,
        };
        stage.context().apply(None, &Actor::User("ada".to_owned()), &[change]).await.unwrap();
    }
}

#[tokio::test]
async fn the_log_could_not_be_searched() {
    let stage = Stage::set().await;
    log(&stage, 60).await;
    let admin = stage.program("admin", "admin", None).await;
    let found = stage.get("/api/v1/events?q=Number%2041&kind=test.*&actor=ada", &admin).await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!(found["items"][0]["data"]["text"], "it is number 41");
    assert_eq!(found["items"][0]["name"], "this installation");
    for nothing in
        ["q=nonsense", "kind=alert.*", "actor=bea", "until=2001-01-01T00:00:00Z", "from=2100-01-01T00:00:00Z"]
    {
        let found = stage.get(&format!("/api/v1/events?{nothing}"), &admin).await.json();
        assert_eq!(found["items"], json!([]), "{nothing}");
    }
    let answer = stage.get("/api/v1/events?subject=nobody.example", &admin).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");

    let ada = stage.person("ada", "viewer", None).await;
    let page = stage.get("/events?q=number&kind=test.*", &ada).await.body;
    assert!(page.contains("it is number 59") && !page.contains("it is number 3<"), "{page}");
    assert!(
        page.contains("/events?q=number&amp;kind=test.*&amp;before=") || page.contains("&#38;before="),
        "{page}"
    );
    assert!(!page.contains("<b>b"), "{page}");
    let page = stage.get("/events?q=nonsense", &ada).await.body;
    assert!(page.contains("Nothing found"), "{page}");
    let page = stage.get("/events?from=nonsense", &ada).await;
    assert!(page.status == StatusCode::OK && page.body.contains("is no instant"), "{page:?}");
}

#[tokio::test]
async fn the_log_is_saved_with_hashes_that_can_be_checked() {
    let stage = Stage::set().await;
    log(&stage, 1_100).await;
    let viewer = stage.program("viewer", "viewer", None).await;
    let answer = stage.get("/events/export", &viewer).await;
    assert_eq!(answer.header("content-type"), "application/jsonl");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"events.jsonl\"");
    let mut before = String::new();
    let mut last = 0;
    for line in answer.body.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["previous"], before.as_str());
        let texts = json!([
            entry["previous"],
            entry["sequence"],
            entry["microseconds"],
            entry["actor"].to_string(),
            entry["type"],
            entry["subject"],
            entry["data"].to_string(),
        ]);
        before = entry["hash"].as_str().unwrap().to_owned();
        assert_eq!(Fingerprint::of(texts.to_string().as_bytes()).to_string(), before, "{line}");
        last = entry["sequence"].as_i64().unwrap();
    }
    let context = stage.context();
    let chain = context.store.verify_chain(&context.scope).await.unwrap();
    assert_eq!((chain.last, chain.hash), (last, before), "all of it, in parts");

    let csv = stage.get("/events/export?format=csv&q=number%2042", &viewer).await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    let lines: Vec<&str> = csv.body.lines().collect();
    assert!(lines[0].starts_with("sequence,at,") && lines[1].contains("it is number 42"), "{lines:#?}");
    assert_eq!(stage.get("/events/export?format=xml", &viewer).await.status, StatusCode::BAD_REQUEST);

    let kept = stage.program("kept", "viewer", Some("default")).await;
    assert_eq!(stage.get("/events/export", &kept).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_was_told_to_change_a_user() {
    let stage = Stage::set().await;
    let viewer = stage.program("viewer", "viewer", None).await;
    let answer = stage.call("POST", "/api/v1/paths/test", &viewer, &json!({})).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let hint = answer.json()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("notafter token make") && !hint.contains("user change"), "{hint}");
}
