//! Pings of other people's jobs, as their programs send them.

use axum::body::Body;
use http::StatusCode;
use notafter_cert::Span;
use notafter_inventory::model::MOST_A_MINUTE;
use serde_json::{Value, json};

use super::stage::{Answer, Caller, Stage};

const INVENTORY: &str = r#"
[[owner]]
name = "web"

[[lineage]]
name = "blog"
owner = "web"
watch = { renewer = "certbot", chain_file = "/etc/ssl/blog.pem", ping = { every = "24h", grace = "1h" } }

[[lineage]]
name = "quiet"
watch = { renewer = "lego", chain_file = "/etc/ssl/quiet.pem" }
"#;

/// An installation whose blog's job is to ping, and where it does.
async fn stage() -> (Stage, String) {
    let stage = Stage::set().await;
    let file = json!({ "file": { "text": INVENTORY, "prune": "everything" }, "secrets": {} });
    stage.operate("inventory.apply", file).await;
    let path = path(&stage).await;
    (stage, path)
}

async fn listed(stage: &Stage) -> Value {
    stage.operate("ping.list", json!({})).await
}

async fn path(stage: &Stage) -> String {
    let rows = listed(stage).await;
    assert_eq!(rows.as_array().unwrap().len(), 1, "the other one expects none: {rows}");
    let url = rows[0]["url"].as_str().unwrap();
    url.strip_prefix(&stage.context().site()).unwrap().to_owned()
}

async fn send(stage: &Stage, method: &str, path: &str, body: &str) -> Answer {
    let request = Caller::default().begin(method, path).body(Body::from(body.to_owned()));
    stage.send(request.unwrap()).await
}

/// Codes of open findings, each with its text.
async fn open(stage: &Stage) -> Vec<String> {
    let findings = stage.context().store.findings_open(&stage.context().scope).await.unwrap();
    let about = findings.into_iter().filter(|finding| finding.violation.code.starts_with("ping."));
    about.map(|finding| format!("{}: {}", finding.violation.code, finding.violation.text)).collect()
}

fn pass(stage: &Stage, length: Span) {
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + length);
}

#[tokio::test]
async fn pings_are_taken_as_healthchecks_takes_them() {
    let (stage, path) = stage().await;
    for (method, what, body) in
        [("GET", "", ""), ("HEAD", "", ""), ("POST", "", "x"), ("POST", "/0", ""), ("GET", "/log", "")]
    {
        let answer = send(&stage, method, &format!("{path}{what}"), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {what}: {answer:?}");
        assert_eq!(answer.body, if method == "HEAD" { "" } else { "OK" });
        assert_eq!(
            (answer.header("ping-body-limit"), answer.header("content-type")),
            ("10000", "text/plain; charset=utf-8")
        );
    }
    pass(&stage, Span::minutes(2));
    let run = "?rid=00000000-0000-4000-8000-000000000001&create=1";
    for what in [format!("/start{run}"), format!("/7{run}")] {
        assert_eq!(send(&stage, "POST", &format!("{path}{what}"), "no rights").await.status, StatusCode::OK);
    }
    let rows = listed(&stage).await;
    let recent = rows[0]["recent"].as_array().unwrap();
    let says: Vec<&str> = recent.iter().map(|ping| ping["says"].as_str().unwrap()).collect();
    assert_eq!(says, ["success", "success", "success", "success", "log", "start", "fail"]);
    assert_eq!(recent[6]["exit"], 7);
    assert_eq!(recent[6]["body"], "no rights");
    assert_eq!(recent[6]["run"], "00000000-0000-4000-8000-000000000001");
    for (what, status) in [("/256", 404), ("/stop", 404), ("/-1", 404), ("?rid=x", 400)] {
        let answer = send(&stage, "GET", &format!("{path}{what}"), "").await;
        assert_eq!(answer.status.as_u16(), status, "{what}: {answer:?}");
    }
    assert_eq!(send(&stage, "DELETE", &path, "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let long = "x".repeat(20_000);
    pass(&stage, Span::minutes(2));
    assert_eq!(send(&stage, "POST", &path, &long).await.status, StatusCode::OK);
    let rows = listed(&stage).await;
    assert_eq!(rows[0]["recent"][7]["body"].as_str().unwrap().len(), 10_000, "as much as is said to be kept");
    let endless = "x".repeat(1024 * 1024 + 1);
    assert_eq!(send(&stage, "POST", &path, &endless).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_job_that_fails_is_a_finding_until_it_goes_well() {
    let (stage, path) = stage().await;
    assert_eq!(open(&stage).await, Vec::<String>::new());
    send(&stage, "POST", &format!("{path}/1"), "<b>no\u{1b}[31m rights</b>").await;
    let found = open(&stage).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("ping.failing: the job of blog failed with exit code 1 at "), "{found:?}");
    assert!(!found[0].contains('\u{1b}'), "{found:?}");
    let ada = stage.person("ada", "operator", None).await;
    let bob = stage.person("bob", "viewer", None).await;
    let page = stage.get("/lineages/blog", &ada).await;
    assert!(page.body.contains("Pings of its job") && page.body.contains(&path), "{}", page.body);
    assert!(!page.body.contains("<b>no"), "foreign text is text: {}", page.body);
    let page = stage.get("/lineages/blog", &bob).await;
    assert!(page.body.contains("Pings of its job") && !page.body.contains(&path), "who looks cannot ping");
    let listed = stage.get("/api/v1/pings", &ada).await.json();
    assert_eq!(
        (&listed["items"][0]["recent"][0]["says"], &listed["items"][0]["recent"][0]["exit"]),
        (&json!("fail"), &json!(1))
    );
    assert_eq!(stage.get("/api/v1/pings", &bob).await.status, StatusCode::FORBIDDEN);
    send(&stage, "GET", &path, "").await;
    assert_eq!(open(&stage).await, Vec::<String>::new());
}

#[tokio::test]
async fn too_many_pings_are_not_taken() {
    let (stage, path) = stage().await;
    for _ in 0..MOST_A_MINUTE {
        assert_eq!(send(&stage, "GET", &path, "").await.status, StatusCode::OK);
    }
    let refused = send(&stage, "GET", &format!("{path}/fail"), "").await;
    assert_eq!((refused.status, refused.body.as_str()), (StatusCode::TOO_MANY_REQUESTS, "rate limited"));
    assert_eq!(open(&stage).await, Vec::<String>::new());
    pass(&stage, Span::minutes(1));
    assert_eq!(send(&stage, "GET", &path, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_is_none_leads_nowhere_and_neither_does_one_that_was_changed() {
    let (stage, path) = stage().await;
    let flipped = match path.strip_suffix('A') {
        Some(rest) => format!("{rest}B"),
        None => format!("{}A", &path[..path.len() - 1]),
    };
    for lost in ["/ping/x", "/ping/00000000-0000-4000-8000-000000000001", &flipped, &path[..path.len() - 4]] {
        let answer = send(&stage, "GET", lost, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NOT_FOUND, "not found"), "{lost}");
    }
    let ada = stage.person("ada", "operator", Some("web")).await;
    let other = stage.call("POST", "/api/v1/lineages/blog/ping-address", &ada, &json!({})).await.json();
    assert_eq!(send(&stage, "GET", &path, "").await.status, StatusCode::NOT_FOUND);
    let url = other["url"].as_str().unwrap();
    let now = url.strip_prefix(&stage.context().site()).unwrap();
    assert_eq!(send(&stage, "GET", now, "").await.status, StatusCode::OK);
    let none = stage.call("POST", "/api/v1/lineages/quiet/ping-address", &ada, &json!({})).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "it is another owner's: {none:?}");
    let all = stage.program("all", "operator", None).await;
    let none = stage.call("POST", "/api/v1/lineages/quiet/ping-address", &all, &json!({})).await.json();
    assert_eq!(none["code"], "ping.not-expected");
    stage
        .operate("inventory.apply", json!({ "file": { "text": "", "prune": "everything" }, "secrets": {} }))
        .await;
    assert_eq!(send(&stage, "GET", now, "").await.status, StatusCode::NOT_FOUND, "the lineage is gone");
}
