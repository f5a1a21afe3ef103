//! What the API answers.

use std::collections::BTreeSet;
use std::pin::pin;

use axum::body::Body;
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, HOST, IF_MATCH, IF_NONE_MATCH};
use notafter_cert::{Fingerprint, Span};
use notafter_engine::settings::Settings;
use notafter_engine::tasks::scan;
use notafter_inventory::catalogue;
use notafter_inventory::model::{Actor, Alert, AlertState, Grant, Owner, Role};
use notafter_store::{Acknowledging, Answering, Call, Change};
use serde_json::{Value, json};

use super::pages::{alert, endpoint, owner, silence, watched};
use super::stage::{Answer, Caller, NOW, Stage};

/// A refusal is a problem, whoever refused.
fn problem(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{problem:#}");
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["type"], format!("urn:notafter:code:{code}"));
    assert_eq!(problem["title"], catalogue::find(code).unwrap().title);
    for said in ["detail", "hint", "instance"] {
        assert!(!problem[said].as_str().unwrap().is_empty(), "{said}: {problem:#}");
    }
}

#[tokio::test]
async fn a_refusal_is_a_problem_whoever_refused() {
    let stage = Stage::set().await;
    let admin = stage.program("admin", "admin", None).await;
    let viewer = stage.program("viewer", "viewer", None).await;
    let nobody = Caller::default();
    let none = json!({});

    let answer = stage.get("/api/v1/endpoints", &nobody).await;
    problem(&answer, StatusCode::UNAUTHORIZED, "access.sign-in");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    problem(&stage.get("/api/v1/tokens", &viewer).await, StatusCode::FORBIDDEN, "access.not-allowed");
    problem(&stage.get("/api/v1/nothing", &admin).await, StatusCode::NOT_FOUND, "access.no-such-page");
    problem(&stage.get("/api", &nobody).await, StatusCode::NOT_FOUND, "access.no-such-page");
    let answer = stage.call("DELETE", "/api/v1/endpoints", &admin, &none).await;
    problem(&answer, StatusCode::METHOD_NOT_ALLOWED, "access.other-method");
    assert!(answer.header("allow").contains("GET"), "{answer:?}");
    problem(&stage.get("/api/v1/endpoints/ep_0", &admin).await, StatusCode::NOT_FOUND, "access.no-such-page");
    let answer = stage.get("/api/v1/lineages/shop", &admin).await;
    problem(&answer, StatusCode::NOT_FOUND, "inventory.no-such-thing");
    let answer = stage.get("/api/v1/lineages/%FF", &admin).await;
    problem(&answer, StatusCode::BAD_REQUEST, "access.unreadable");

    let post = |kind: &'static str, body: String| {
        let request = admin.begin("POST", "/api/v1/silences").header(CONTENT_TYPE, kind);
        stage.send(request.body(Body::from(body)).unwrap())
    };
    let answer = post("text/plain", "{}".to_owned()).await;
    problem(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, "access.other-type");
    let answer = post("application/json", "x".repeat(100_000)).await;
    problem(&answer, StatusCode::PAYLOAD_TOO_LARGE, "access.too-long");
    let answer = post("application/json", "{".to_owned()).await;
    problem(&answer, StatusCode::BAD_REQUEST, "access.unreadable");
    let wish = json!({ "why": "a deploy", "seconds": 60 });
    let answer = stage.call("POST", "/api/v1/silences", &admin, &wish).await;
    problem(&answer, StatusCode::UNPROCESSABLE_ENTITY, "alert.silence-refused");
    let request = admin.begin("GET", "/api/v1/overview").header(HOST, "evil.example");
    let mut request = request.body(Body::empty()).unwrap();
    request.headers_mut().insert(HOST, "evil.example".parse().unwrap());
    problem(&stage.send(request).await, StatusCode::MISDIRECTED_REQUEST, "access.other-name");
}

#[tokio::test]
async fn what_is_not_known_is_refused_with_words() {
    let stage = Stage::set().await;
    let admin = stage.program("admin", "admin", None).await;
    for (path, told) in [
        ("/api/v1/endpoints?limt=5", "there is no `limt` here; there are"),
        ("/api/v1/endpoints?limit=0", "limit is from 1 to 500"),
        ("/api/v1/endpoints?limit=x", "`limit` is no number"),
        ("/api/v1/endpoints?limit=1&limit=2", "`limit` is there twice"),
        ("/api/v1/endpoints?after=nonsense", "no cursor of this list"),
        ("/api/v1/findings?severity=bad", "`severity` is `bad`, and may be `ok`"),
        ("/api/v1/overview?x=1", "there is no `x` here"),
        ("/api/v1/findings?owner=%00", "NUL"),
        ("/api/v1/events?after=-1", "a position from 0"),
    ] {
        let answer = stage.get(path, &admin).await;
        problem(&answer, StatusCode::BAD_REQUEST, "access.unreadable");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(told), "{path}: {detail}");
    }
    let answer = stage.get("/api/v1/inventory?name=shop", &admin).await;
    problem(&answer, StatusCode::UNPROCESSABLE_ENTITY, "access.unreadable");
    for (seconds, status) in [
        (json!(60.0), StatusCode::CREATED),
        (json!(60.5), StatusCode::BAD_REQUEST),
        (json!(0), StatusCode::BAD_REQUEST),
        (json!(7_776_001), StatusCode::BAD_REQUEST),
    ] {
        let wish = json!({ "code": "renewal.*", "seconds": seconds, "why": "a deploy" });
        assert_eq!(stage.call("POST", "/api/v1/silences", &admin, &wish).await.status, status, "{seconds}");
    }
    let wish = json!({ "forced": true });
    let answer = stage.call("POST", "/api/v1/lineages/shop/renew", &admin, &wish).await;
    problem(&answer, StatusCode::BAD_REQUEST, "access.unreadable");
    assert!(answer.body.contains("there is no `forced` here"), "{}", answer.body);
}

/// Every list, one thing at a time, gives every thing once.
#[tokio::test]
async fn lists_come_in_parts_and_every_thing_once() {
    let stage = Stage::set().await;
    let default = owner(&stage, "default").await;
    for name in ["a", "b", "c"] {
        endpoint(&stage, &format!("{name}.example:443"), default, name).await;
        let put = [
            Change::PutLineage(watched(&stage, &format!("{name}.example"), default)),
            Change::PutAlert(alert(&stage, default)),
        ];
        stage.context().apply(None, &Actor::Engine, &put).await.unwrap();
    }
    let admin = stage.program("admin", "admin", None).await;
    for (list, by) in [("endpoints", "target"), ("lineages", "name"), ("findings", "id"), ("alerts", "id")] {
        let mut seen = BTreeSet::new();
        let mut path = format!("/api/v1/{list}?limit=2");
        let mut parts = 0;
        loop {
            let answer = stage.get(&path, &admin).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let part = answer.json();
            parts += 1;
            for item in part["items"].as_array().unwrap() {
                assert!(seen.insert(item[by].as_str().unwrap().to_owned()), "{list}: twice: {item:#}");
            }
            let Some(next) = part["next"].as_str() else { break };
            let link = answer.header("link").to_owned();
            assert!(link.contains(next) && link.ends_with("; rel=\"next\""), "{link}");
            path = link.split(['<', '>']).nth(1).unwrap().to_owned();
        }
        assert_eq!((seen.len(), parts), (3, 2), "{list}: {seen:?}");
    }
    let found = stage.get("/api/v1/endpoints?q=B.EXAMPLE", &admin).await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!(found["items"][0]["severity"], "critical");
    for (filter, expected) in [
        ("code=certificate.*", 3),
        ("code=renewal.*", 0),
        ("severity=critical&owner=default", 3),
        ("severity=warning", 0),
        ("subject=installation", 0),
        ("state=all", 3),
        ("state=closed", 0),
    ] {
        let found = stage.get(&format!("/api/v1/findings?{filter}"), &admin).await.json();
        assert_eq!(found["items"].as_array().unwrap().len(), expected, "{filter}");
    }
}

#[tokio::test]
async fn an_endpoint_is_due_as_soon_as_somebody_asks() {
    let stage = Stage::set().await;
    let id = endpoint(&stage, "a.example:443", owner(&stage, "default").await, "x").await;
    let context = stage.context();
    let due = async || context.store.due(scan::KIND, &scan::subject(id)).await.unwrap();
    assert_eq!(due().await, None);
    let program = stage.program("on-call", "operator", None).await;
    let path = format!("/api/v1/endpoints/{id}/check");
    let answer = stage.call("POST", &path, &program, &json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    assert_eq!(answer.json()["target"], "a.example:443");
    assert_eq!(due().await, Some(context.clock.now()));
    let events = stage.get("/api/v1/events", &program).await.body;
    assert!(events.contains("notafter.endpoint.check-asked.v1") && events.contains("on-call"), "{events}");
}

#[tokio::test]
async fn events_come_by_position_and_go_on_where_one_was() {
    let stage = Stage::set().await;
    let admin = stage.program("admin", "admin", None).await;
    stage.program("another", "viewer", None).await;
    let first = stage.get("/api/v1/events?limit=1", &admin).await.json();
    assert_eq!(first["items"][0]["sequence"], 1);
    let rest = stage.get("/api/v1/events?after=1", &admin).await.json();
    assert_eq!(rest["items"][0]["sequence"], 2);
    assert!(rest["items"].to_string().contains("notafter.token.put.v1"), "{rest:#}");
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let stage = Stage::set().await;
    let admin = stage.program("admin", "admin", None).await;
    let answer = stage.get("/api/v1/overview", &admin).await;
    let tag = answer.header(ETAG.as_str()).to_owned();
    let again = admin.begin("GET", "/api/v1/overview").header(IF_NONE_MATCH, &tag);
    let again = stage.send(again.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(again.header(ETAG.as_str()), tag);
    endpoint(&stage, "a.example:443", owner(&stage, "default").await, "x").await;
    let other = admin.begin("GET", "/api/v1/overview").header(IF_NONE_MATCH, &tag);
    assert_eq!(stage.send(other.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_inventory_is_written_upon_what_was_read() {
    let stage = Stage::set().await;
    let admin = stage.program("admin", "admin", None).await;
    let read = stage.get("/api/v1/inventory", &admin).await;
    let tag = read.header(ETAG.as_str()).to_owned();
    let apply = async |tag: Option<&str>, text: &str| {
        let mut request = admin.begin("PUT", "/api/v1/inventory").header(CONTENT_TYPE, "application/json");
        if let Some(tag) = tag {
            request = request.header(IF_MATCH, tag);
        }
        stage.send(request.body(Body::from(json!({ "text": text }).to_string())).unwrap()).await
    };
    let shop = "[[endpoint]]\ntarget = \"shop.example:443\"\n";
    let plan = stage.call("POST", "/api/v1/inventory/plan", &admin, &json!({ "text": shop })).await.json();
    assert_eq!(plan["changes"], true);
    assert_eq!(plan["differences"][0]["name"], "shop.example:443", "{plan:#}");
    let answer = apply(None, shop).await;
    problem(&answer, StatusCode::PRECONDITION_REQUIRED, "inventory.revision-missing");
    let applied = apply(Some(&tag), shop).await;
    assert_eq!(applied.status, StatusCode::OK, "{applied:?}");
    let late = apply(Some(&tag), "").await;
    problem(&late, StatusCode::PRECONDITION_FAILED, "inventory.changed-meanwhile");
    let wrong = apply(Some("*"), "[[endpoint]]\ntarget = \"\"\n").await;
    problem(&wrong, StatusCode::UNPROCESSABLE_ENTITY, "inventory.file-invalid");
    let toml = admin.begin("GET", "/api/v1/inventory").header(ACCEPT, "application/toml");
    let toml = stage.send(toml.body(Body::empty()).unwrap()).await;
    assert_eq!(toml.header("content-type"), "application/toml");
    assert!(toml.body.contains("shop.example:443"), "{}", toml.body);
    let gone = apply(Some(toml.header(ETAG.as_str())), "").await;
    assert_eq!(gone.json()["differences"][0]["verb"], "remove", "{gone:?}");
}

/// What a form does with a field, a call does with a header.
#[tokio::test]
async fn a_browser_changes_nothing_through_the_api_without_the_key_of_its_page() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "operator", None).await;
    let bob = stage.person("bob", "operator", None).await;
    let wish = json!({ "code": "renewal.*", "seconds": 60, "why": "a deploy" });
    assert_eq!(stage.get("/api/v1/overview", &ada).await.status, StatusCode::OK, "looking takes none");
    for form_key in [None, Some(String::new()), bob.form_key.clone()] {
        let caller = Caller { form_key, ..ada.clone() };
        let answer = stage.call("POST", "/api/v1/silences", &caller, &wish).await;
        problem(&answer, StatusCode::FORBIDDEN, "access.not-from-our-page");
    }
    let key = ada.form_key.clone().unwrap();
    let request = ada.begin("POST", "/api/v1/silences").header("x-form-key", &key);
    let request = request.header("sec-fetch-site", "cross-site").header(CONTENT_TYPE, "application/json");
    let answer = stage.send(request.body(Body::from(wish.to_string())).unwrap()).await;
    problem(&answer, StatusCode::FORBIDDEN, "access.not-from-our-page");
    let made = stage.call("POST", "/api/v1/silences", &ada, &wish).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.json()["by"], json!({ "kind": "user", "name": "ada" }));
}

#[tokio::test]
async fn an_alert_is_taken_and_a_silence_begins_and_ends() {
    let stage = Stage::set().await;
    let default = owner(&stage, "default").await;
    let taken = alert(&stage, default);
    stage.context().apply(None, &Actor::Engine, &[Change::PutAlert(taken.clone())]).await.unwrap();
    let program = stage.program("on-call", "operator", None).await;
    let path = format!("/api/v1/alerts/{}/acknowledge", taken.id);
    let answer = stage.call("POST", &path, &program, &json!({ "note": "on it" })).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let listed = stage.get("/api/v1/alerts", &program).await.json();
    let acknowledged = &listed["items"][0]["acknowledged"];
    assert_eq!(acknowledged["by"], json!({ "kind": "token", "name": "on-call" }));
    assert_eq!(acknowledged["note"], "on it");
    let wish = json!({ "code": "renewal.*", "until": NOW + Span::hours(1), "why": "a move" });
    let made = stage.call("POST", "/api/v1/silences", &program, &wish).await.json();
    let silences = stage.get("/api/v1/silences", &program).await.json();
    assert_eq!(silences["items"], json!([made]));
    let path = format!("/api/v1/silences/{}", made["id"].as_str().unwrap());
    assert_eq!(stage.call("DELETE", &path, &program, &Value::Null).await.status, StatusCode::NO_CONTENT);
    problem(
        &stage.call("DELETE", &path, &program, &Value::Null).await,
        StatusCode::NOT_FOUND,
        "alert.silence-unknown",
    );
}

/// A silence of somebody kept to one owner covered every owner's findings, and he could end everybody's.
#[tokio::test]
async fn whoever_is_kept_to_an_owner_silences_and_unsilences_nothing_of_others() {
    let stage = Stage::set().await;
    let (theirs, mine) = (owner(&stage, "others").await, owner(&stage, "default").await);
    let others = silence(&stage, theirs);
    stage.context().apply(None, &Actor::Engine, &[Change::PutSilence(others.clone())]).await.unwrap();
    let kept = stage.program("kept", "operator", Some("default")).await;
    let wish = json!({ "code": "renewal.*", "seconds": 60, "why": "a deploy" });
    let made = stage.call("POST", "/api/v1/silences", &kept, &wish).await;
    assert_eq!(made.json()["owner_id"], json!(mine), "{made:?}");
    let wish = json!({ "owner": "others", "seconds": 60, "why": "a deploy" });
    let answer = stage.call("POST", "/api/v1/silences", &kept, &wish).await;
    problem(&answer, StatusCode::UNPROCESSABLE_ENTITY, "alert.unknown-name");
    let path = format!("/api/v1/silences/{}", others.id);
    let answer = stage.call("DELETE", &path, &kept, &Value::Null).await;
    problem(&answer, StatusCode::NOT_FOUND, "alert.silence-unknown");
}

#[tokio::test]
async fn whoever_is_kept_to_an_owner_is_told_nothing_of_others() {
    let stage = Stage::set().await;
    let theirs = owner(&stage, "others").await;
    let id = endpoint(&stage, "secret.example:443", theirs, "their secret").await;
    let (alert, lineage) = (alert(&stage, theirs), watched(&stage, "secret.example", theirs));
    let changes = [Change::PutAlert(alert.clone()), Change::PutLineage(lineage)];
    stage.context().apply(None, &Actor::Engine, &changes).await.unwrap();
    let kept = stage.program("kept", "admin", Some("default")).await;
    for path in
        ["overview", "endpoints", "lineages", "findings", "alerts?state=all", "silences", "paths", "owners"]
    {
        let answer = stage.get(&format!("/api/v1/{path}"), &kept).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert!(!answer.body.contains("secret"), "{path}: {}", answer.body);
    }
    let acknowledge = format!("alerts/{}/acknowledge", alert.id);
    let check = format!("endpoints/{id}/check");
    for (method, path) in [
        ("GET", format!("endpoints/{id}").as_str()),
        ("GET", "lineages/secret.example"),
        ("GET", "lineages/secret.example/explanation"),
        ("POST", &check),
        ("POST", "lineages/secret.example/renew"),
        ("POST", "lineages/secret.example/deploy"),
        ("POST", "lineages/secret.example/rollback"),
        ("POST", acknowledge.as_str()),
        ("POST", "owners/others/acknowledge"),
    ] {
        let answer = stage.call(method, &format!("/api/v1/{path}"), &kept, &json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {answer:?}");
    }
}

/// A program whose connection broke did not know whether its call was carried out, and doing it again did it twice.
#[tokio::test]
async fn a_call_with_a_key_is_done_once() {
    let stage = Stage::set().await;
    let program = stage.program("on-call", "operator", None).await;
    let send = async |caller: &Caller, key: &str, body: &str| {
        let request = caller.begin("POST", "/api/v1/silences").header(CONTENT_TYPE, "application/json");
        stage.send(request.header("idempotency-key", key).body(Body::from(body.to_owned())).unwrap()).await
    };
    let wish = r#"{ "code": "renewal.*", "seconds": 3600, "why": "a deploy" }"#;
    let first = send(&program, "one", wish).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let again = send(&program, "one", wish).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let silences = stage.get("/api/v1/silences", &program).await.json();
    assert_eq!(silences["items"].as_array().unwrap().len(), 1);
    problem(&send(&program, "one", "{}").await, StatusCode::UNPROCESSABLE_ENTITY, "access.key-used");
    for key in ["", "two words"] {
        problem(&send(&program, key, wish).await, StatusCode::BAD_REQUEST, "access.unreadable");
    }
    let other = stage.program("other", "operator", None).await;
    let others = send(&other, "one", wish).await;
    assert!(!others.headers.contains_key("idempotency-replayed"), "the key is another caller's");
    let wrong = r#"{ "seconds": 60, "why": "a deploy" }"#;
    let answer = send(&program, "two", wrong).await;
    problem(&answer, StatusCode::UNPROCESSABLE_ENTITY, "alert.silence-refused");
    assert_eq!(send(&program, "two", wish).await.status, StatusCode::CREATED, "nothing was done with it");
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::minutes(59));
    assert!(send(&program, "one", wish).await.headers.contains_key("idempotency-replayed"));
}

/// A second call with the key of one that is under way must not be carried out beside it.
#[tokio::test]
async fn a_call_whose_key_is_under_way_waits_for_its_turn() {
    let stage = Stage::set().await;
    let program = stage.program("on-call", "operator", None).await;
    let caller = json!([Actor::Token("on-call".to_owned()), Grant { role: Role::Operator, owner: None }]);
    let body = r#"{ "code": "renewal.*", "seconds": 60, "why": "a deploy" }"#;
    let asked = Fingerprint::of(format!("POST /api/v1/silences\n{body}").as_bytes());
    let call = Call { caller: caller.to_string(), key: "one".to_owned() };
    let begin = Change::Answering(Answering::Begin(call, asked));
    stage.context().apply(None, &Actor::Engine, &[begin]).await.unwrap();
    let request = program.begin("POST", "/api/v1/silences").header(CONTENT_TYPE, "application/json");
    let request = request.header("idempotency-key", "one").body(Body::from(body)).unwrap();
    problem(&stage.send(request).await, StatusCode::CONFLICT, "access.call-under-way");
    assert_eq!(stage.get("/api/v1/silences", &program).await.json()["items"], json!([]));
}

/// Whoever closed the connection found the key under way for a day, and no answer.
#[tokio::test]
async fn a_call_with_a_key_is_answered_to_whoever_asks_again_although_the_connection_broke() {
    let stage = Stage::set().await;
    let program = stage.program("on-call", "operator", None).await;
    let send = || {
        let body = Body::from(r#"{ "code": "renewal.*", "seconds": 60, "why": "a deploy" }"#);
        let request = program.begin("POST", "/api/v1/silences").header(CONTENT_TYPE, "application/json");
        stage.send(request.header("idempotency-key", "one").body(body).unwrap())
    };
    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    {
        let mut broken = pin!(send());
        while tasks.num_alive_tasks() == before {
            assert!(futures_util::poll!(broken.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    while tasks.num_alive_tasks() > before {
        tokio::task::yield_now().await;
    }
    let again = send().await;
    assert_eq!(again.status, StatusCode::CREATED, "{again:?}");
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn a_call_that_could_not_be_done_is_answered_so_again() {
    let stage = Stage::set().await;
    let default = owner(&stage, "default").await;
    let over = Alert { state: AlertState::Closed, ..alert(&stage, default) };
    stage.context().apply(None, &Actor::Engine, &[Change::PutAlert(over.clone())]).await.unwrap();
    let program = stage.program("on-call", "operator", None).await;
    let path = format!("/api/v1/alerts/{}/acknowledge", over.id);
    let send = async || {
        let request = program.begin("POST", &path).header("idempotency-key", "one");
        stage.send(request.body(Body::empty()).unwrap()).await
    };
    problem(&send().await, StatusCode::CONFLICT, "alert.over");
    let again = send().await;
    problem(&again, StatusCode::CONFLICT, "alert.over");
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn every_code_of_a_problem_is_explained_to_anybody() {
    let stage = Stage::with(Settings::default()).await;
    let all = stage.get("/api/v1/explain", &Caller::default()).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), catalogue::all().count());
    let one = stage.get("/api/v1/explain/certificate.expired", &Caller::default()).await.json();
    assert_eq!((&one["origin"], &one["severity"]), (&json!("finding"), &json!("critical")));
    let document = stage.get("/api/v1/openapi.json", &Caller::default()).await;
    assert_eq!(document.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn an_owner_answers_over_the_api_and_is_listed_with_its_answer() {
    let stage = Stage::set().await;
    let context = stage.context();
    let known = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    let program = stage.program("on-call", "operator", None).await;
    let path = "/api/v1/owners/default/acknowledge";
    let answer = stage.call("POST", path, &program, &Value::Null).await;
    problem(&answer, StatusCode::CONFLICT, "owner.not-asked");
    let listed = async || stage.get("/api/v1/owners", &program).await.json()["items"][0]["answers"].clone();
    assert_eq!(listed().await, Value::Null);
    let asked = Owner { acknowledge: Some(Span::days(180)), ..known.clone() };
    let since = NOW - Span::days(14);
    let changes = [Change::PutOwner(asked), Acknowledging::Begin(known.id, since).into()];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    assert_eq!(listed().await, json!({ "ok": false, "at": null, "by": null, "until": NOW }));
    let viewer = stage.program("looks", "viewer", None).await;
    assert_eq!(stage.call("POST", path, &viewer, &Value::Null).await.status, StatusCode::FORBIDDEN);
    let answer = stage.call("POST", path, &program, &Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let by = json!({ "kind": "token", "name": "on-call" });
    let until = NOW + Span::days(180);
    assert_eq!(answer.json(), json!({ "owner": "default", "at": NOW, "by": by, "until": until }));
    assert_eq!(listed().await, json!({ "ok": true, "at": NOW, "by": by, "until": until }));
}
