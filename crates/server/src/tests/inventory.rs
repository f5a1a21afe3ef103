//! The inventory in a browser: what would change is seen before it does, and nothing that was written is lost.

use http::StatusCode;
use serde_json::json;

use super::stage::{Answer, Caller, Stage, between};

/// The revision that a page was made of.
fn upon(body: &str) -> String {
    between(body, "name=\"upon\" value=\"", "\"").to_owned()
}

/// The text that a page would apply, as a browser reads it.
fn text(body: &str) -> String {
    let form = &body[body.find("action=\"/inventory/apply\"").unwrap()..];
    between(form, "name=\"text\" value=\"", "\"")
        .replace("&#34;", "\"")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}

async fn targets(stage: &Stage) -> Vec<String> {
    let context = stage.context();
    let all = context.store.endpoints(&context.scope).await.unwrap();
    all.iter().map(|one| format!("{} {:?}", one.target, one.labels)).collect()
}

async fn see(stage: &Stage, caller: &Caller, text: &str, reach: &str) -> Answer {
    let page = stage.get("/inventory", caller).await.body;
    let fields = [("text", text), ("reach", reach), ("upon", &upon(&page))];
    stage.post("/inventory/plan", caller, &fields).await
}

#[tokio::test]
async fn what_would_change_is_seen_before_it_does() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let wanted =
        "[[owner]]\r\nname = \"web\"\r\n\r\n[[endpoint]]\r\ntarget = \"shop.example\"\r\nowner = \"web\"\r\n";
    let seen = see(&stage, &ada, wanted, "whole").await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    assert!(seen.body.contains("2 added, 0 changed, 0 removed."), "{}", seen.body);
    assert!(seen.body.contains("Add endpoint shop.example"), "{}", seen.body);
    assert_eq!(targets(&stage).await, Vec::<String>::new(), "nothing is changed by looking");

    let (text, upon) = (text(&seen.body), upon(&seen.body));
    let fields = [("text", text.as_str()), ("reach", "whole"), ("upon", upon.as_str())];
    let applied = stage.post("/inventory/apply", &ada, &fields).await;
    assert_eq!(applied.to.as_deref(), Some("/inventory?done=applied"), "{}", applied.body);
    assert_eq!(targets(&stage).await, ["shop.example:443 {}"]);
    let page = stage.get("/inventory?done=applied", &ada).await.body;
    assert!(page.contains("the inventory is as you wrote it") && page.contains("shop.example"), "{page}");
    // Somebody else wrote it since: nothing is undone without being seen.
    let late = stage.post("/inventory/apply", &ada, &fields).await;
    assert!(late.status.is_client_error(), "{}", late.status);
    assert!(late.body.contains("owner = &#34;web&#34;"), "what was written is not lost: {}", late.body);

    let less = see(&stage, &ada, "[[owner]]\nname = \"web\"\n", "whole").await.body;
    assert!(
        less.contains("0 added, 0 changed, 1 removed.") && less.contains("Remove endpoint shop.example"),
        "{less}"
    );
    let same = see(&stage, &ada, &text, "whole").await.body;
    assert!(same.contains("nothing would change") && !same.contains("Apply it"), "{same}");
}

#[tokio::test]
async fn a_text_with_mistakes_comes_back_with_each_of_them() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let wrong = "[[endpoint]]\ntarget = \"<b>shop\"\n\n[[endpoint]]\nowner = \"nobody\"\n";
    let seen = see(&stage, &ada, wrong, "whole").await;
    assert!(seen.status.is_client_error(), "{}", seen.status);
    assert!(
        seen.body.contains("<strong>Line 2: ") && seen.body.contains("<strong>Line 4: "),
        "{}",
        seen.body
    );
    assert!(seen.body.contains("&#60;b&#62;shop") && !seen.body.contains("<b>shop"), "{}", seen.body);
    assert!(!seen.body.contains("Apply it"));
}

#[tokio::test]
async fn a_list_of_targets_is_added_and_takes_nothing_away() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    stage.operate("inventory.apply", json!({
        "file": { "text": "[[owner]]\nname = \"web\"\n[[endpoint]]\ntarget = \"old.example\"\n", "prune": "written" }, "secrets": {},
    })).await;
    let list = |format, list| {
        [("format", format), ("list", list), ("owner", "web"), ("labels", "site=east; tier=1")]
    };
    let fields = list("lines", "shop.example\r\n\r\nsmtp://mail.example:587\r\n");
    let seen = stage.post("/inventory/endpoints", &ada, &fields).await.body;
    assert!(seen.contains("2 added, 0 changed, 0 removed."), "{seen}");
    let (text, upon) = (text(&seen), upon(&seen));
    let fields = [("text", text.as_str()), ("reach", "piece"), ("upon", upon.as_str())];
    stage.post("/inventory/apply", &ada, &fields).await;
    let mut all = targets(&stage).await;
    all.sort();
    let labels = "{\"site\": \"east\", \"tier\": \"1\"}";
    assert_eq!(
        all,
        [
            "old.example:443 {}".to_owned(),
            format!("shop.example:443 {labels}"),
            format!("smtp://mail.example:587 {labels}"),
        ]
    );
    // No file wrote them: without a word they stay.
    let file = "[[owner]]\nname = \"web\"\n";
    let seen = see(&stage, &ada, file, "whole").await.body;
    assert!(seen.contains("1 removed.") && seen.contains("left alone, because no file wrote it"), "{seen}");
    let seen = see(&stage, &ada, file, "everything").await.body;
    assert!(seen.contains("3 removed."), "{seen}");

    let sd = list("file-sd", "[{\"targets\": [\"pay.example:443\"]}]");
    assert!(stage.post("/inventory/endpoints", &ada, &sd).await.body.contains("Add endpoint pay.example"));
    let none = stage.post("/inventory/endpoints", &ada, &list("lines", "http://plain.example")).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.body.contains("No endpoint could be read"), "{}", none.body);
    assert!(none.body.contains("http://plain.example</textarea>"), "what was typed is kept: {}", none.body);
    let many: String = (0..1_000).map(|number| format!("host-{number}.example\r\n")).collect();
    let long = stage.post("/inventory/endpoints", &ada, &list("lines", many.as_str())).await.body;
    assert!(long.contains("too long for a page") && long.contains("notafter inventory from"), "{long}");
}

#[tokio::test]
async fn secrets_are_asked_for_once_and_never_shown() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let wanted = "[[channel]]\nname = \"chat\"\nkind = \"slack\"\nurl = \"env:SLACK\"\n";
    let seen = see(&stage, &ada, wanted, "whole").await.body;
    assert!(seen.contains("name=\"secret:env:SLACK\""), "{seen}");
    let (text, upon) = (text(&seen), upon(&seen));
    let fields = [("text", text.as_str()), ("reach", "whole"), ("upon", upon.as_str())];
    let without = stage.post("/inventory/apply", &ada, &fields).await;
    assert!(without.status.is_client_error(), "{}", without.body);
    let secret = [("secret:env:SLACK", "https://hooks.slack.example/services/T0/B0/s3cr3t")];
    let whole: Vec<_> = fields.into_iter().chain(secret).collect();
    let applied = stage.post("/inventory/apply", &ada, &whole).await;
    assert_eq!(applied.to.as_deref(), Some("/inventory?done=applied"), "{}", applied.body);
    let page = stage.get("/inventory", &ada).await.body;
    assert!(page.contains("env:SLACK") && !page.contains("s3cr3t"), "{page}");
    let again = see(&stage, &ada, &text, "whole").await.body;
    assert!(!again.contains("name=\"secret:"), "a value is stored: {again}");
}

/// Whoever only reads has the file, and no form of it.
#[tokio::test]
async fn a_viewer_reads_the_file() {
    let stage = Stage::set().await;
    let (viewer, kept) =
        (stage.person("vic", "viewer", None).await, stage.person("kim", "admin", Some("default")).await);
    let page = stage.get("/inventory", &viewer).await;
    assert!(
        page.body.contains("<pre") && !page.body.contains("<form method=\"post\" action=\"/inventory"),
        "{}",
        page.body
    );
    assert_eq!(stage.get("/inventory", &kept).await.status, StatusCode::FORBIDDEN);
    assert!(!stage.get("/settings", &kept).await.body.contains("href=\"/inventory\""));
}
