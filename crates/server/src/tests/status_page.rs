//! What the public is told.

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use notafter_cert::{Span, Time};
use notafter_engine::settings::Settings;
use notafter_inventory::model::{
    Actor, COMPONENT, Criticality, CriticalityBy, Endpoint, EndpointId, Finding, FindingState, Labels,
    Severity, Subject, Violation,
};
use notafter_store::{Change, Looked, Public};
use notafter_tls::Resolution;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::pages::owner;
use super::stage::{Answer, Caller, NOW, Stage};
use crate::router::ROUTES;
use crate::status_page::Reads;

const HOSTILE: &str = "<script>alert(1)</script>\"'& ]]>";

async fn set() -> Stage {
    let status_url = Some("https://status.example".to_owned());
    Stage::with(Settings { status_url, status_name: "The shop & more".to_owned(), ..Settings::default() })
        .await
}

/// An endpoint of a component, looked at now.
async fn component(stage: &Stage, name: &str, target: &str) -> EndpointId {
    let context = stage.context();
    let endpoint = Endpoint {
        id: EndpointId::new(NOW - Span::days(3), [name.as_bytes()[0]; 10]),
        owner_id: owner(stage, "default").await,
        target: target.parse().unwrap(),
        labels: Labels::from([(COMPONENT.to_owned(), name.to_owned())]),
        criticality: Criticality::Normal,
        criticality_by: CriticalityBy::default(),
        trust: None,
        written_by_admin: true,
    };
    let id = endpoint.id;
    let since = NOW - Span::days(3);
    let shown = Public::Show(name.to_owned(), id, since).into();
    context.apply(None, &Actor::Engine, &[Change::PutEndpoint(endpoint), shown]).await.unwrap();
    look(stage, id, Vec::new()).await;
    id
}

async fn look(stage: &Stage, endpoint_id: EndpointId, changes: Vec<Change>) {
    let context = stage.context();
    let looked = Looked {
        lease: None,
        next_due: None,
        endpoint_id,
        at: context.clock.now(),
        resolution: Ok(Resolution::known(Vec::new())),
        observations: Vec::new(),
        changes,
    };
    context.store.record_looks(&context.scope, &[looked]).await.unwrap();
    context.news.tell();
}

async fn finding(stage: &Stage, endpoint: EndpointId, opened_at: Time) -> Finding {
    let context = stage.context();
    Finding {
        id: context.new_id(),
        owner_id: owner(stage, "default").await,
        violation: Violation {
            code: "certificate.expired".to_owned(),
            severity: Severity::Critical,
            subject: Subject::Endpoint(endpoint),
            cause: "cause".to_owned(),
            text: "expired at db-7.internal.example".to_owned(),
            hint: "ask ada".to_owned(),
            evidence: json!({}),
        },
        state: FindingState::Open,
        opened_at,
        changed_at: opened_at,
        seen_at: opened_at,
        closed_at: None,
    }
}

async fn ends(stage: &Stage, endpoint: EndpointId, opened_at: Time) -> Finding {
    let finding = finding(stage, endpoint, opened_at).await;
    look(stage, endpoint, vec![Change::PutFinding(finding.clone())]).await;
    finding
}

async fn shown(stage: &Stage, path: &str) -> Answer {
    stage.board.renew(stage.context(), Reads::Anew).await.unwrap();
    let answer = stage.get(path, &Caller::default()).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn document(stage: &Stage, path: &str) -> Value {
    shown(stage, path).await.json()
}

fn paths() -> Vec<&'static str> {
    let public = |path: &&str| path.starts_with("/status") || path.starts_with("/api/v2/");
    ROUTES
        .iter()
        .filter(|route| route.method == "GET")
        .map(|route| route.path)
        .filter(public)
        .filter(|path| !path.contains('{'))
        .collect()
}

#[tokio::test]
async fn where_nothing_is_public_the_page_says_so_kindly() {
    let stage = Stage::set().await;
    let page = shown(&stage, "/status").await.body;
    for said in ["Nothing is shown here yet.", "<code>component</code>", "<h1>Our services</h1>"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("operational"), "nothing is said of nothing: {page}");
    let summary = document(&stage, "/api/v2/summary.json").await;
    assert_eq!(summary["status"]["description"], "No Components Are Published");
    assert_eq!(summary["page"]["url"], "http://127.0.0.1:8400/status");
    for path in paths() {
        shown(&stage, path).await;
    }
}

/// Whoever reads it has no account; what the inventory has beside the names of components stays inside.
#[tokio::test]
async fn the_public_reads_of_components_and_of_nothing_else() {
    let stage = set().await;
    let shop = component(&stage, HOSTILE, "shop.internal.example:443").await;
    component(&stage, "Mail", "smtp://mail.internal.example").await;
    ends(&stage, shop, NOW - Span::minutes(5)).await;
    let summary = document(&stage, "/api/v2/summary.json").await;
    let shop = format!("/status/components/{}", summary["components"][0]["id"].as_str().unwrap());
    let (feed, warning) = (format!("{shop}.atom"), format!("{shop}/warning"));
    for path in paths().into_iter().chain([feed.as_str(), warning.as_str()]) {
        let answer = shown(&stage, path).await;
        for inside in ["internal.example", "db-7", "ada", "ep_0", "fd_0", "ow_0", "notafter.finding"] {
            assert!(!answer.body.contains(inside), "{path} says {inside}: {}", answer.body);
        }
        if !path.ends_with(".json") {
            assert!(!answer.body.contains("<script"), "{path}: {}", answer.body);
        }
        assert!(answer.headers.get("set-cookie").is_none(), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
    }
    let page = shown(&stage, "/status").await.body;
    for said in ["Some systems are out", "detected automatically", "do not go on", "&#60;script&#62;"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("<script"), "it needs no program");
}

/// The answer follows what looks show and what people tell, and is read from memory like the page.
#[tokio::test]
async fn whether_a_warning_is_real_follows_what_looks_show() {
    let stage = set().await;
    let shop = component(&stage, "Shop", "shop.internal.example:443").await;
    let components = document(&stage, "/api/v2/components.json").await;
    let path = format!("/status/components/{}/warning", components["components"][0]["id"].as_str().unwrap());
    assert!(shown(&stage, "/status").await.body.contains(&format!("href=\"{path}\"")));
    let well = shown(&stage, &path).await;
    assert!(well.body.contains("No, as far as we see") && well.body.contains("The clock of your device"));
    let asked_before = stage.context().store.asked();
    stage.get(&path, &Caller::default()).await;
    assert_eq!(stage.context().store.asked(), asked_before, "the database is not asked");
    ends(&stage, shop, NOW - Span::minutes(5)).await;
    let real = shown(&stage, &path).await.body;
    for said in ["Yes, it is real", "SEC_ERROR_EXPIRED_CERTIFICATE", "Chrome, Edge", "No person has written"]
    {
        assert!(real.contains(said), "{said}: {real}");
    }
    let ada = stage.person("ada", "operator", None).await;
    let fields = [
        ("name", "Checkout warns"),
        ("text", "It is renewed at noon."),
        ("status", "identified"),
        ("state", "operational"),
    ];
    stage.post("/incidents", &ada, &fields).await;
    let told = shown(&stage, &path).await.body;
    assert!(told.contains("Checkout warns") && told.contains("It is renewed at noon."), "{told}");
    let absent = stage.get("/status/components/0123456789ab/warning", &Caller::default()).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn programs_are_told_in_the_shape_of_statuspage() {
    let stage = set().await;
    let shop = component(&stage, "Shop", "shop.internal.example:443").await;
    component(&stage, "Mail", "smtp://mail.internal.example").await;
    ends(&stage, shop, NOW - Span::minutes(5)).await;
    let summary = document(&stage, "/api/v2/summary.json").await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&summary).unwrap());
    for (path, key) in [
        ("/api/v2/status.json", "status"),
        ("/api/v2/components.json", "components"),
        ("/api/v2/incidents.json", "incidents"),
        ("/api/v2/incidents/unresolved.json", "incidents"),
        ("/api/v2/scheduled-maintenances.json", "scheduled_maintenances"),
        ("/api/v2/scheduled-maintenances/upcoming.json", "scheduled_maintenances"),
        ("/api/v2/scheduled-maintenances/active.json", "scheduled_maintenances"),
    ] {
        let document = document(&stage, path).await;
        assert_eq!(document[key], summary[key], "{path}");
        assert_eq!(document["page"], summary["page"], "{path}");
        assert_eq!(document.as_object().unwrap().len(), 2, "{path}");
    }
}

#[tokio::test]
async fn a_feed_tells_what_went_wrong_and_that_it_is_over() {
    let stage = set().await;
    let shop = component(&stage, "Shop", "shop.internal.example:443").await;
    component(&stage, "Mail", "smtp://mail.internal.example").await;
    let mut over = ends(&stage, shop, NOW - Span::minutes(90)).await;
    over.state = FindingState::Closed;
    over.closed_at = Some(NOW - Span::minutes(30));
    look(&stage, shop, vec![Change::PutFinding(over)]).await;
    let feed = shown(&stage, "/status/feed.atom").await;
    assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
    insta::assert_snapshot!(feed.body);
    let components = document(&stage, "/api/v2/components.json").await["components"].clone();
    let entries = async |number: usize| {
        let id = components[number]["id"].as_str().unwrap();
        let feed = shown(&stage, &format!("/status/components/{id}.atom")).await.body;
        feed.matches("<entry>").count()
    };
    assert_eq!((entries(0).await, entries(1).await), (0, 1), "the mail, and the shop");
    let absent = stage.get("/status/components/0123456789ab.atom", &Caller::default()).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}

/// An endpoint that got the label showed the public what was wrong there long before.
#[tokio::test]
async fn what_was_found_before_an_endpoint_was_public_stays_inside() {
    let stage = set().await;
    let shop = component(&stage, "Shop", "shop.internal.example:443").await;
    let mut over = ends(&stage, shop, NOW - Span::minutes(90)).await;
    over.state = FindingState::Closed;
    over.closed_at = Some(NOW - Span::minutes(30));
    look(&stage, shop, vec![Change::PutFinding(over)]).await;
    assert!(shown(&stage, "/status").await.body.contains("Shop: major outage"));
    let context = stage.context();
    let mut endpoint = context.store.endpoints_of(&context.scope, &[shop]).await.unwrap().remove(0);
    for name in [None, Some("Shop"), Some("The shop")] {
        let label = name.map(|name| (COMPONENT.to_owned(), name.to_owned()));
        endpoint.labels = label.into_iter().collect();
        let put = Change::PutEndpoint(endpoint.clone());
        context.apply(None, &Actor::Engine, &[put]).await.unwrap();
        let page = shown(&stage, "/status").await.body;
        assert!(!page.contains("major outage"), "{name:?}: {page}");
    }
}

/// Thousands ask for it while something is wrong: it is written once, and read from memory.
#[tokio::test]
async fn a_page_that_did_not_change_is_not_written_again() {
    let stage = set().await;
    let shop = component(&stage, "Shop", "shop.internal.example:443").await;
    let first = shown(&stage, "/status").await;
    let tag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), "public, max-age=1, stale-if-error=86400");
    let asked_before = stage.context().store.asked();
    let known = Caller::default().begin("GET", "/status").header("if-none-match", &tag);
    let again = stage.send(known.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(again.header("etag"), tag);
    assert_eq!(stage.context().store.asked(), asked_before, "the database is not asked");
    look(&stage, shop, Vec::new()).await;
    assert_eq!(shown(&stage, "/status").await.header("etag"), tag, "it was looked at, and all is well");
    ends(&stage, shop, NOW).await;
    assert_ne!(shown(&stage, "/status").await.header("etag"), tag);
}

#[tokio::test]
async fn a_page_gets_old_where_nobody_looks_and_where_nothing_can_be_read() {
    let stage = set().await;
    component(&stage, "Shop", "shop.internal.example:443").await;
    let state = async || stage.get("/api/v2/summary.json", &Caller::default()).await.json();
    shown(&stage, "/status").await;
    assert_eq!(state().await["components"][0]["status"], "operational");
    let clock = &stage.context().clock;
    clock.advance_to(NOW + Span::hours(11));
    stage.board.renew(stage.context(), Reads::IfDue).await.unwrap();
    let summary = state().await;
    assert_eq!(summary["components"][0]["status"], "operational");
    assert_eq!(summary["page"]["generated_at"], format!("{}", clock.now()).replace('Z', ".000Z"));
    stage.context().store.close().await;
    clock.advance_to(NOW + Span::hours(13));
    stage.board.renew(stage.context(), Reads::IfDue).await.unwrap_err();
    let summary = state().await;
    assert_eq!(summary["components"][0]["status"], "unknown");
    assert_eq!(summary["status"]["indicator"], "minor");
    let page = stage.get("/status", &Caller::default()).await.body;
    assert!(page.contains("Not everything could be looked at"), "{page}");
    let as_of = (NOW + Span::hours(11)).for_people();
    assert!(page.contains(&format!(">{as_of}</time>; load")), "as of when it was read: {page}");
}

/// A listener that the whole world reaches leads to no sign-in, no API and no metrics.
#[tokio::test]
async fn a_listener_of_its_own_answers_the_status_page_and_nothing_else() {
    let stage = set().await;
    component(&stage, "Shop", "shop.internal.example:443").await;
    let ask = async |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("host", "status.example");
        let response = stage.status.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    };
    let public = |path: &str| {
        path.starts_with("/status")
            || path.starts_with("/api/v2/")
            || ["/style.css", "/icon.svg"].contains(&path)
    };
    for route in ROUTES {
        let path = route.path.replace("{feed}", "0.atom");
        let (status, headers, body) = ask(route.method, &path).await;
        let is_there = public(route.path) && !route.path.contains('{');
        let expected = match route.path {
            "/" => continue,
            "/status/subscriptions" => StatusCode::BAD_REQUEST,
            _ if is_there => StatusCode::OK,
            _ => StatusCode::NOT_FOUND,
        };
        assert_eq!(status, expected, "{} {path}: {body}", route.method);
        assert!(headers.contains_key("content-security-policy"), "{path}");
    }
    let (status, _, page) = ask("GET", "/").await;
    assert_eq!((status, page), (StatusCode::OK, ask("GET", "/status").await.2));
    assert_eq!(ask("POST", "/").await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask("POST", "/sign-in").await.0, StatusCode::NOT_FOUND);
}

/// Where nobody carries mails, nobody can ask for any; and what anybody may send says nothing of who is known.
#[tokio::test]
async fn mails_are_asked_for_where_a_channel_carries_them() {
    let settings = Settings {
        status_mail: Some("mail".to_owned()),
        status_url: Some("https://status.example".to_owned()),
        ..Settings::default()
    };
    let stage = Stage::with(settings).await;
    component(&stage, "Shop", "shop.internal.example:443").await;
    let nobody = Caller::default();
    let ask =
        async |address: &str| stage.post("/status/subscriptions", &nobody, &[("address", address)]).await;
    assert!(!shown(&stage, "/status").await.body.contains("/status/subscriptions"));
    assert_eq!(ask("ada@example.org").await.status, StatusCode::NOT_FOUND);
    let ada = stage.person("ada", "viewer", None).await;
    assert!(stage.get("/incidents", &ada).await.body.contains("nobody is mailed"));
    let text = "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\ntls = \"none\"\nfrom = \"s@shop.example\"\n";
    stage
        .operate("inventory.apply", json!({ "file": { "text": text, "prune": "written" }, "secrets": {} }))
        .await;
    let page = shown(&stage, "/status").await.body;
    assert!(page.contains("action=\"/status/subscriptions\""), "{page}");
    let first = ask("ada@example.org").await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    for address in ["ada@example.org", "ADA@example.org", "bob@example.org"] {
        assert_eq!(ask(address).await.body, first.body, "{address}");
    }
    let refused = ask("Ada <ada@example.org>").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let incidents = stage.get("/incidents", &ada).await.body;
    assert!(incidents.contains("Mails go to 0 who asked for them; 2 did not confirm yet"), "{incidents}");
    for does in ["confirm", "leave"] {
        let path = format!("/status/subscriptions/{}/{does}", "A".repeat(43));
        assert_eq!(stage.get(&path, &nobody).await.status, StatusCode::NOT_FOUND, "{does}");
        assert_eq!(stage.post(&path, &nobody, &[]).await.status, StatusCode::NOT_FOUND, "{does}");
    }
}

fn id_of(body: &str, prefix: &str) -> String {
    let (_, rest) = body.split_once(&format!("<code>{prefix}_")).unwrap_or_else(|| panic!("{body}"));
    format!("{prefix}_{}", rest.split('<').next().unwrap())
}

/// An incident about what is detected of the shop, opened by the form of its page; its identity.
async fn opened(stage: &Stage, ada: &Caller) -> String {
    let shop = component(stage, "Shop", "shop.internal.example:443").await;
    component(stage, "Mail", "smtp://mail.internal.example").await;
    ends(stage, shop, NOW - Span::minutes(5)).await;
    let form = stage.get("/incidents", ada).await.body;
    assert!(form.contains("Shop: major outage") && form.contains("nobody tells of it"), "{form}");
    let link = super::stage::between(&form, "href=\"/incidents?about=", "#open");
    let form = stage.get(&format!("/incidents?about={link}"), ada).await.body;
    let chosen = ticked(&form);
    assert_eq!(chosen.len(), 1, "what is detected is chosen: {form}");
    let fields = [
        ("name", "Checkout fails"),
        ("text", "Some see a <b>warning</b>.\r\nWe renew the certificate."),
        ("status", "identified"),
        ("state", "operational"),
        (chosen[0].as_str(), "yes"),
    ];
    let told = stage.post("/incidents", ada, &fields).await;
    let page = stage.get("/incidents", ada).await.body;
    assert!(page.contains("identified by ada"), "{page}");
    let id = id_of(&page, "in");
    assert_eq!(told.to, Some(format!("/incidents/{id}?done=told")), "{}", told.body);
    id
}

/// The components that are ticked in a form.
fn ticked(form: &str) -> Vec<String> {
    let is_chosen = |field: &&str| field.starts_with("component.") && field.contains("checked");
    let chosen = form.split("name=\"").filter(is_chosen);
    chosen.map(|field| field.split('"').next().unwrap().to_owned()).collect()
}

async fn resolve(stage: &Stage, ada: &Caller, id: &str) {
    let fields = [("text", "It is renewed."), ("status", "resolved"), ("state", "operational")];
    let over = stage.post(&format!("/incidents/{id}/updates"), ada, &fields).await;
    assert_eq!(over.to, Some(format!("/incidents/{id}?done=told")), "{}", over.body);
}

/// The whole way of an incident by its forms: told, told more, over; and that the log has who.
#[tokio::test]
async fn an_operator_tells_the_public_of_what_is_detected() {
    let stage = set().await;
    let ada = stage.person("ada", "operator", None).await;
    let id = opened(&stage, &ada).await;
    let page = shown(&stage, "/status").await.body;
    for said in
        ["Checkout fails", "Some see a &#60;b&#62;warning", "<p>We renew the certificate.</p>", "Identified"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Shop: major outage"), "one thing is told once: {page}");
    resolve(&stage, &ada, &id).await;
    let incidents = document(&stage, "/api/v2/incidents.json").await["incidents"].clone();
    let told: Vec<(&str, &str)> = incidents
        .as_array()
        .unwrap()
        .iter()
        .map(|incident| (incident["name"].as_str().unwrap(), incident["status"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("Shop: major outage", "investigating"), ("Checkout fails", "resolved")]);
    let context = stage.context();
    let log = context.store.events_before(&context.scope, None, 100).await.unwrap();
    let told: Vec<(&Actor, &Value)> = log
        .iter()
        .filter(|event| event.kind == "notafter.incident.told.v1")
        .map(|event| (&event.actor, &event.data["status"]))
        .collect();
    let ada = Actor::User("ada".to_owned());
    assert_eq!(told, [(&ada, &json!("resolved")), (&ada, &json!("identified"))]);
}

/// Whoever had the page open before it was over told that it goes on, and so opened it again.
#[tokio::test]
async fn a_stale_form_does_not_open_a_resolved_incident_again() {
    let stage = set().await;
    let ada = stage.person("ada", "operator", None).await;
    let id = opened(&stage, &ada).await;
    let form = stage.get(&format!("/incidents/{id}"), &ada).await.body;
    let upon = super::stage::between(&form, "name=\"upon\" value=\"", "\"").to_owned();
    assert_eq!(upon, "1");
    resolve(&stage, &ada, &id).await;
    let path = format!("/incidents/{id}/updates");
    let fields =
        [("text", "We look."), ("status", "monitoring"), ("state", "operational"), ("upon", upon.as_str())];
    let stale = stage.post(&path, &ada, &fields).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    assert!(stale.body.contains("look again"), "{}", stale.body);
    for said in [
        ">We look.</textarea>",
        "name=\"upon\" value=\"2\"",
        "value=\"monitoring\" selected",
        "It is renewed.",
        "Tell the public more",
    ] {
        assert!(stale.body.contains(said), "what was typed was thrown away: {said}: {}", stale.body);
    }
    assert!(!stale.body.contains("/live.js"), "a form that is filled in is not replaced: {}", stale.body);
    let deploy = stage.program("deploy", "operator", None).await;
    let told = async |upon: u32| {
        let body = json!({ "text": "We look.", "status": "monitoring", "upon": upon });
        stage.call("POST", &format!("/api/v1{path}"), &deploy, &body).await
    };
    let stale = told(1).await;
    assert_eq!(
        (stale.status, &stale.json()["code"]),
        (StatusCode::CONFLICT, &json!("status-page.told-meanwhile"))
    );
    let incident = stage.get(&format!("/api/v1/incidents/{id}"), &deploy).await.json();
    assert_eq!(incident["status"], "resolved");
    assert_eq!(
        told(2).await.status,
        StatusCode::CREATED,
        "whoever has read that it is over may say otherwise"
    );
}

/// Each look at the page of incidents read every label of the inventory, several times.
#[tokio::test]
async fn the_page_of_incidents_reads_the_inventory_once_while_nothing_changes() {
    let stage = set().await;
    let shop = component(&stage, "Shop", "shop.internal.example:443").await;
    let ada = stage.person("ada", "operator", None).await;
    stage.get("/incidents", &ada).await;
    let asked = async || {
        let before = stage.context().store.asked();
        let page = stage.get("/incidents", &ada).await.body;
        (stage.context().store.asked().0 - before.0, page.contains("Shop: major outage"))
    };
    let again = asked().await;
    let told = Change::Event {
        kind: "notafter.finding.opened.v1".to_owned(),
        subject: Subject::Endpoint(shop),
        data: json!({}),
    };
    let finding = finding(&stage, shop, NOW - Span::minutes(5)).await;
    look(&stage, shop, vec![Change::PutFinding(finding), told]).await;
    let changed = asked().await;
    assert!(again.0 < changed.0, "{again:?} {changed:?}");
    assert_eq!((again.1, changed.1), (false, true), "what has changed is shown");
    assert_eq!(asked().await.0, again.0);
}

#[tokio::test]
async fn what_is_known_of_an_incident_is_put_together_for_those_who_learn_from_it() {
    let stage = set().await;
    let ada = stage.person("ada", "operator", None).await;
    let id = opened(&stage, &ada).await;
    let page = format!("/incidents/{id}");
    let goes_on = stage.get(&page, &ada).await.body;
    for said in [
        "| over | not yet |",
        "<strong>Identified</strong>; since",
        "About: Shop.",
        "identified by ada",
        "Tell the public more",
    ] {
        assert!(goes_on.contains(said), "{said}: {goes_on}");
    }
    assert!(!goes_on.contains("postmortem") && !goes_on.contains("it goes on"), "{goes_on}");
    resolve(&stage, &ada, &id).await;
    assert!(stage.get("/incidents", &ada).await.body.contains(&format!("<a href=\"{page}\">")));
    let report = stage.get(&page, &ada).await.body;
    for said in [
        "certificate.expired at shop.internal.example",
        "<option value=\"postmortem\" selected>",
        "<strong>Resolved</strong>; since",
    ] {
        assert!(report.contains(said), "{said}: {report}");
    }
    let known = stage.get(&format!("/api/v1{page}/report"), &ada).await.json();
    assert_eq!((&known["seconds_to_detect"], &known["seconds_to_tell"]), (&Value::Null, &json!(300)));
    assert_eq!(known["impact"][0]["component"], "Shop", "{known}");
    let learnt = [("text", "We learnt."), ("status", "postmortem"), ("state", "operational")];
    stage.post(&format!("{page}/updates"), &ada, &learnt).await;
    assert!(shown(&stage, "/status").await.body.contains("What we learnt"));
}

#[tokio::test]
async fn work_is_announced_begins_and_ends_by_itself() {
    let stage = set().await;
    let shop = component(&stage, "Shop", "shop.internal.example:443").await;
    let ada = stage.person("ada", "operator", None).await;
    let form = stage.get("/incidents", &ada).await.body;
    let field = format!("component.{}", super::stage::between(&form, "name=\"component.", "\""));
    let fields = [
        ("name", "A new disk"),
        ("text", "It is slow meanwhile."),
        ("from", "2026-11-30T01:00"),
        ("until", "2026-11-30T02:00"),
        (&field[..], "yes"),
    ];
    let told = stage.post("/maintenances", &ada, &fields).await;
    assert_eq!(told.to.as_deref(), Some("/incidents?done=planned"), "{}", told.body);
    ends(&stage, shop, NOW).await;
    let clock = &stage.context().clock;
    for (minutes, state, path) in
        [(0, "major_outage", "upcoming"), (10, "under_maintenance", "active"), (80, "major_outage", "")]
    {
        clock.advance_to(NOW + Span::minutes(minutes));
        stage.board.renew(stage.context(), Reads::IfDue).await.unwrap();
        let summary = stage.get("/api/v2/summary.json", &Caller::default()).await.json();
        assert_eq!(summary["components"][0]["status"], state, "after {minutes} minutes");
        for list in ["upcoming", "active"] {
            let path_of = format!("/api/v2/scheduled-maintenances/{list}.json");
            let listed = stage.get(&path_of, &Caller::default()).await.json();
            let count = listed["scheduled_maintenances"].as_array().unwrap().len();
            assert_eq!(count, usize::from(list == path), "{list} after {minutes} minutes");
        }
    }
    let page = stage.get("/status", &Caller::default()).await.body;
    assert!(page.contains("A new disk") && page.contains("Completed"), "{page}");
}

/// Whoever told of an incident told the public that every service in trouble belongs to it.
#[tokio::test]
async fn services_were_ticked_that_nobody_had_chosen() {
    let stage = set().await;
    for (name, target) in [("Shop", "shop.internal.example:443"), ("Mail", "smtp://mail.internal.example")] {
        let id = component(&stage, name, target).await;
        ends(&stage, id, NOW - Span::minutes(5)).await;
    }
    let ada = stage.person("ada", "operator", None).await;
    let form = stage.get("/incidents", &ada).await.body;
    assert_eq!((ticked(&form), form.matches("/incidents?about=").count()), (Vec::new(), 2), "{form}");
    for about in form.split("href=\"/incidents?about=").skip(1).map(|rest| rest.split('#').next().unwrap()) {
        let form = stage.get(&format!("/incidents?about={about}"), &ada).await.body;
        assert_eq!(ticked(&form).len(), 1, "{form}");
        assert!(form.contains("About what is detected:"), "{form}");
    }
    let none = stage.get("/incidents?about=0123456789ab", &ada).await.body;
    assert!(ticked(&none).is_empty() && !none.contains("About what is detected"), "{none}");
    let viewer = stage.person("vera", "viewer", None).await;
    assert!(
        !stage.get("/incidents", &viewer).await.body.contains("?about="),
        "who may not tell is not led there"
    );
}

/// A maintenance whose end was before its beginning, and an incident without a word, were thrown away with all that was typed.
#[tokio::test]
async fn what_was_typed_into_a_form_that_was_refused_was_lost() {
    let stage = set().await;
    component(&stage, "Shop", "shop.internal.example:443").await;
    let ada = stage.person("ada", "operator", None).await;
    let form = stage.get("/incidents", &ada).await.body;
    let field = format!("component.{}", super::stage::between(&form, "name=\"component.", "\""));
    let work = |until| {
        [
            ("name", "A new <disk>"),
            ("text", "It is slow meanwhile."),
            ("from", "2026-11-30T02:00"),
            ("until", until),
            (&field[..], "yes"),
        ]
    };
    for (until, status, why) in [
        ("2026-11-30T01:00", StatusCode::UNPROCESSABLE_ENTITY, "The work would end before it begins"),
        ("", StatusCode::BAD_REQUEST, "A time is left out"),
        ("tomorrow", StatusCode::BAD_REQUEST, "is no instant"),
    ] {
        let refused = stage.post("/maintenances", &ada, &work(until)).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        for said in [
            why,
            "role=\"alert\"",
            "href=\"#plan\"",
            "value=\"A new &#60;disk&#62;\"",
            ">It is slow meanwhile.</textarea>",
            "value=\"2026-11-30T02:00\"",
            &format!("name=\"until\" type=\"datetime-local\" value=\"{until}\""),
        ] {
            assert!(refused.body.contains(said), "{said}: {}", refused.body);
        }
        assert_eq!(ticked(&refused.body).len(), 1, "of the maintenance, and not of an incident");
        assert!(!refused.body.contains("/live.js"), "{}", refused.body);
    }
    let fields = [
        ("name", " "),
        ("text", "We look."),
        ("status", "identified"),
        ("state", "partial_outage"),
        (&field[..], "yes"),
    ];
    let refused = stage.post("/incidents", &ada, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in [">We look.</textarea>", "value=\"identified\" selected", "value=\"partial_outage\" selected"]
    {
        assert!(refused.body.contains(said), "{said}: {}", refused.body);
    }
    stage.post("/maintenances", &ada, &work("2026-11-30T03:00")).await;
    let page = stage.get("/incidents", &ada).await.body;
    let path = format!("/maintenances/{}/updates", id_of(&page, "mt"));
    let more = [("text", "It takes longer."), ("status", "verifying"), ("upon", "7")];
    let stale = stage.post(&path, &ada, &more).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    for said in [">It takes longer.</textarea>", "value=\"verifying\" selected", "href=\"#mt_"] {
        assert!(stale.body.contains(said), "{said}: {}", stale.body);
    }
}

/// The public was told that somebody investigates what a program alone has seen, and read "warned?" at each service.
#[tokio::test]
async fn what_nobody_looks_into_was_being_investigated() {
    let stage = set().await;
    let shop = component(&stage, "Shop", "shop.internal.example:443").await;
    ends(&stage, shop, NOW - Span::minutes(5)).await;
    let page = shown(&stage, "/status").await.body;
    assert!(page.contains("Detected; since") && page.contains("<strong>Detected</strong>"), "{page}");
    assert!(!page.contains("Investigating") && !page.contains("warned?"), "{page}");
    assert!(page.contains("Is a warning<span class=\"unseen\"> at Shop</span> real?"), "{page}");
    let feed = shown(&stage, "/status/feed.atom").await.body;
    assert!(feed.contains("(detected)") && !feed.contains("nvestigating"), "{feed}");
    let summary = document(&stage, "/api/v2/summary.json").await;
    assert_eq!(summary["incidents"][0]["status"], "investigating", "Statuspage has no other word");
}

#[tokio::test]
async fn what_cannot_be_told_is_refused_with_words() {
    let stage = set().await;
    component(&stage, "Shop", "shop.internal.example:443").await;
    let deploy = stage.program("deploy", "operator", None).await;
    let (incidents, maintenances) = ("/api/v1/incidents", "/api/v1/maintenances");
    let long = "x".repeat(5_001);
    for (path, body, said) in [
        (incidents, json!({ "name": "x", "text": " " }), "nothing is told"),
        (incidents, json!({ "name": "", "text": "x" }), "no name"),
        (incidents, json!({ "name": "x\ny", "text": "x" }), "one line"),
        (incidents, json!({ "name": "x", "text": long }), "at most 5000 letters"),
        (incidents, json!({ "name": "x", "text": "x\u{7}" }), "control characters"),
        (incidents, json!({ "name": "x", "text": "x", "components": ["Shpo"] }), "did you mean Shop?"),
        (incidents, json!({ "name": "x", "text": "x", "status": "postmortem" }), "when it is over"),
        (incidents, json!({ "name": "x", "text": "x", "began_at": "2027-01-01T00:00:00Z" }), "in the past"),
        (
            maintenances,
            json!({ "name": "x", "text": "x", "from": "2026-12-02T00:00:00Z", "until": "2026-12-01T00:00:00Z" }),
            "before it begins",
        ),
        (
            maintenances,
            json!({ "name": "x", "text": "x", "from": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z" }),
            "over already",
        ),
        (
            maintenances,
            json!({ "name": "x", "text": "x", "from": "2026-12-01T00:00:00Z", "until": "2027-01-02T00:00:00Z" }),
            "at most 30",
        ),
    ] {
        let answer = stage.call("POST", path, &deploy, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {answer:?}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    let told = json!({ "name": "Checkout fails", "text": "We look.", "components": ["Shop", "Shop"] });
    let made = stage.call("POST", incidents, &deploy, &told).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    assert_eq!(made["components"], json!(["Shop"]), "once");
    let path = format!("{incidents}/{}/updates", made["id"].as_str().unwrap());
    let early = stage.call("POST", &path, &deploy, &json!({ "text": "x", "status": "postmortem" })).await;
    assert!(early.body.contains("resolved first"), "{early:?}");
    let more =
        stage.call("POST", &path, &deploy, &json!({ "text": "We know.", "status": "identified" })).await;
    assert_eq!(more.json()["updates"].as_array().unwrap().len(), 2, "{more:?}");
    let listed = stage.get(incidents, &deploy).await.json();
    assert_eq!(listed["items"][0]["status"], "identified", "{listed}");
    let unknown = stage.get(&format!("{incidents}/in_{}", "0".repeat(32)), &deploy).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{unknown:?}");
    // Whoever is kept to one owner speaks for nobody else.
    let kept = stage.program("kept", "operator", Some("default")).await;
    let refused = stage.call("POST", incidents, &kept, &told).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
