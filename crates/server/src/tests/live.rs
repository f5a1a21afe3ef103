//! Streams of what changed, and who is told of what.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode};
use notafter_cert::Span;
use notafter_inventory::model::{Actor, IssuerId, Subject};
use notafter_store::Change;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use super::pages::{alert, endpoint, owner, silence, watched};
use super::stage::{Caller, Stage};
use crate::auth::{self, Way};
use crate::live::{Pace, Watcher};

/// Nothing is waited for, and signs of life do not come.
const QUICK: Pace = Pace {
    gathers: Duration::ZERO,
    beats: Duration::from_secs(3600),
    patience: Duration::from_secs(3600),
    lasts: Duration::from_secs(3600),
};

const WAY: Way = Way { is_private: true, is_https: false };

fn shown(caller: &Caller) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(cookie) = &caller.cookie {
        headers.insert("cookie", HeaderValue::from_str(cookie).unwrap());
    }
    if let Some(token) = &caller.token {
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    }
    headers
}

/// A stream for this caller, who saw the log up to `seen`, or what it is now.
async fn watch(stage: &Stage, caller: &Caller, seen: Option<i64>, pace: Pace) -> Receiver<Bytes> {
    let context = Arc::clone(&stage.installation.context);
    let shown = shown(caller);
    let visit = auth::known(&context, WAY, &shown).await.unwrap().unwrap();
    let seen = match seen {
        Some(seen) => seen,
        None => context.store.last_event(&context.scope).await.unwrap(),
    };
    let watch = context.news.watch("somebody").unwrap();
    let mut stream = Watcher { context, visit, way: WAY, shown, watch, seen }.begin(pace);
    assert_eq!(&stream.recv().await.unwrap()[..], b"retry: 3000\n\n");
    stream
}

/// The next message: its number, and what it says.
async fn next(stream: &mut Receiver<Bytes>) -> (i64, Value) {
    let text = String::from_utf8(stream.recv().await.unwrap().to_vec()).unwrap();
    let id = text.strip_prefix("id: ").and_then(|rest| rest.split_once("\nevent: changed\ndata: ")).unwrap();
    (id.0.parse().unwrap(), serde_json::from_str(id.1.trim_end()).unwrap())
}

#[tokio::test]
async fn whoever_watches_is_told_what_changed_and_nothing_of_what_the_log_says() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let mut stream = watch(&stage, &ada, None, QUICK).await;
    let owner = owner(&stage, "default").await;
    let id = endpoint(&stage, "shop.example:443", owner, "it ended").await;
    let (first, change) = next(&mut stream).await;
    let about = format!("endpoint:{id}");
    assert_eq!(change, json!({ "what": ["endpoint"], "about": [about] }));
    stage.context().apply(None, &Actor::Engine, &[Change::PutSilence(silence(&stage, owner))]).await.unwrap();
    let (second, change) = next(&mut stream).await;
    assert_eq!(change, json!({ "what": ["silence"], "about": ["installation"] }));
    assert!(second > first);
}

/// A browser comes back with what it saw last, and a page begins with what it was made from.
#[tokio::test]
async fn nothing_is_missed_between_two_streams_and_after_too_much_it_is_anything() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let owner = owner(&stage, "default").await;
    let before = stage.context().store.last_event(&stage.context().scope).await.unwrap();
    for name in ["a.example", "b.example"] {
        let lineage = Change::PutLineage(watched(&stage, name, owner));
        stage.context().apply(None, &Actor::Person("eve".to_owned()), &[lineage]).await.unwrap();
    }
    let (last, change) = next(&mut watch(&stage, &ada, Some(before), QUICK).await).await;
    assert_eq!((last, &change["what"]), (before + 2, &json!(["lineage"])));
    assert_eq!(change["about"].as_array().unwrap().len(), 2, "told together");
    let (_, change) = next(&mut watch(&stage, &ada, Some(before + 1), QUICK).await).await;
    assert_eq!(change["about"].as_array().unwrap().len(), 1);
    for far in [last + 1, last - 501] {
        let (told, change) = next(&mut watch(&stage, &ada, Some(far), QUICK).await).await;
        assert_eq!((told, change), (last, json!({ "what": null, "about": null })), "{far}");
    }
}

#[tokio::test]
async fn whoever_is_kept_to_an_owner_is_told_of_nothing_of_others() {
    let stage = Stage::set().await;
    let kept = stage.person("kept", "operator", Some("default")).await;
    let (mine, theirs) = (owner(&stage, "default").await, owner(&stage, "others").await);
    let mut stream = watch(&stage, &kept, None, QUICK).await;
    endpoint(&stage, "secret.example:443", theirs, "theirs").await;
    stage.operate("user.add", json!({ "name": "eve", "role": "viewer", "owner": null })).await;
    let context = stage.context();
    let moved = |root: Subject| Change::Event {
        kind: "notafter.alert.moved.v1".to_owned(),
        subject: root,
        data: json!({ "alert": alert(&stage, mine).id }),
    };
    let lineage = watched(&stage, "secret.example", theirs);
    let (root, secret) = (Subject::Lineage(lineage.id), lineage.id);
    context.apply(None, &Actor::Engine, &[Change::PutLineage(lineage), moved(root)]).await.unwrap();
    let id = endpoint(&stage, "shop.example:443", mine, "mine").await;
    let (_, change) = next(&mut stream).await;
    assert_eq!(change, json!({ "what": ["endpoint"], "about": [format!("endpoint:{id}")] }));
    // An issuer is everybody's, and what it signed is not: entries about it named lineages of others.
    let issuer = Subject::Issuer(IssuerId::from_bytes([7; 16]));
    for named in [json!(secret), json!(Subject::Lineage(secret))] {
        let data = json!({ "lineage": named });
        let signed =
            Change::Event { kind: "notafter.issuer.signed.v1".to_owned(), subject: issuer.clone(), data };
        context.apply(None, &Actor::Engine, &[signed]).await.unwrap();
        let (_, change) = next(&mut stream).await;
        assert_eq!(change, json!({ "what": ["issuer"], "about": [issuer.to_string()] }));
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_session_and_with_the_right() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let bob = stage.person("bob", "operator", None).await;
    let program = stage.program("deploy", "viewer", None).await;
    let mut streams = Vec::new();
    for caller in [&ada, &bob, &program] {
        streams.push(watch(&stage, caller, None, QUICK).await);
    }
    stage.operate("user.sign-out", json!({ "name": "ada" })).await;
    assert_eq!(streams[0].recv().await, None, "signed out");
    for stream in &mut streams[1..] {
        assert_eq!(next(stream).await.1["what"], json!(["session"]));
    }
    stage.operate("user.change", json!({ "name": "bob", "role": "viewer" })).await;
    assert_eq!(streams[1].recv().await, None, "another role");
    assert_eq!(next(&mut streams[2]).await.1["what"], json!(["user"]));
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::hours(1));
    stage.context().news.tell();
    assert_eq!(streams[2].recv().await, None, "the token has ended");
}

#[tokio::test]
async fn a_sign_of_life_comes_while_nothing_happens_and_the_stream_ends_by_itself() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let pace = Pace { beats: Duration::ZERO, lasts: Duration::from_millis(50), ..QUICK };
    let mut stream = watch(&stage, &ada, None, pace).await;
    let mut beats = 0;
    while let Some(text) = stream.recv().await {
        assert_eq!(&text[..], b"event: beat\ndata: {}\n\n");
        beats += 1;
    }
    assert!(beats > 0);
}

/// It held its place, and what was to be sent, for as long as its connection.
#[tokio::test]
async fn whoever_takes_nothing_is_let_go() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let pace = Pace { beats: Duration::ZERO, patience: Duration::from_millis(10), ..QUICK };
    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    let mut stream = watch(&stage, &ada, None, pace).await;
    while tasks.num_alive_tasks() > before {
        tokio::task::yield_now().await;
    }
    let mut left = 0;
    while stream.recv().await.is_some() {
        left += 1;
    }
    assert!(left <= 2, "{left} messages were kept");
}

async fn open(stage: &Stage, caller: &Caller) -> Response {
    let request = caller.begin("GET", "/live").body(Body::empty()).unwrap();
    stage.response(request).await
}

/// Each holds a connection, which others need, too.
#[tokio::test]
async fn an_account_has_so_many_streams_and_the_next_is_told_to_come_later() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let bob = stage.person("bob", "viewer", None).await;
    let mut open_ones = Vec::new();
    for _ in 0..16 {
        let response = open(&stage, &ada).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.body().is_end_stream());
        open_ones.push(response);
    }
    let refused = open(&stage, &ada).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["retry-after"], "60");
    assert_eq!(open(&stage, &bob).await.status(), StatusCode::OK, "others have theirs");
    assert_eq!(open(&stage, &Caller::default()).await.status(), StatusCode::SEE_OTHER);
    let tasks = tokio::runtime::Handle::current().metrics();
    drop(open_ones);
    while tasks.num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(open(&stage, &ada).await.status(), StatusCode::OK, "whoever goes makes room");
}

/// What a page shows is asked for by the script with the page itself: each part has a name of its own.
#[tokio::test]
async fn every_page_that_is_kept_up_to_date_names_its_parts_once_and_says_what_it_has_seen() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let id = endpoint(&stage, "shop.example:443", owner(&stage, "default").await, "it ended").await;
    let seen = stage.context().store.last_event(&stage.context().scope).await.unwrap();
    for path in [
        "/",
        "/endpoints",
        "/lineages",
        "/lifetimes",
        "/findings",
        "/alerts",
        "/silences",
        "/incidents",
        "/events",
        &format!("/endpoints/{id}"),
    ] {
        let body = stage.get(path, &ada).await.body;
        assert!(body.contains(&format!("data-seen=\"{seen}\"")), "{path}");
        assert!(body.contains("<script src=\"/live.js\" defer></script>"), "{path}");
        let parts: Vec<&str> = body
            .match_indices(" data-live=\"")
            .map(|(at, _)| {
                let tag = body[..at].rfind('<').unwrap();
                super::stage::between(&body[tag..], "id=\"", "\"")
            })
            .collect();
        let names: std::collections::BTreeSet<&&str> = parts.iter().collect();
        assert!(!parts.is_empty() && names.len() == parts.len(), "{path}: {parts:?}");
        assert_eq!(body.matches("<div").count(), body.matches("</div>").count(), "{path}");
        assert_eq!(body.matches("<section").count(), body.matches("</section>").count(), "{path}");
    }
    let script = stage.get("/live.js", &Caller::default()).await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
}
