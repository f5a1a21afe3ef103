//! The calendar: what is in it, for whom, and by which links.

use std::sync::Arc;

use http::StatusCode;
use notafter_cert::Span;
use notafter_engine::settings::Settings;
use notafter_inventory::model::EndpointId;
use notafter_keys::serving::Pair;
use notafter_store::Looked;
use notafter_tls::Resolution;
use notafter_tls::observation::{Observation, Outcome, Possession, Served, Staple};
use serde_json::json;

use super::pages::endpoint;
use super::stage::{Caller, NOW, Stage, between};

/// Two owners, each with a lineage.
const INVENTORY: &str = r#"
[[owner]]
name = "web"

[[owner]]
name = "mail"

[[issuer]]
name = "ca"
directory = "https://ca.example/directory"
terms_agreed = true

[[lineage]]
name = "shop"
identifiers = ["shop.example"]
issuer = "ca"
owner = "web"

[[lineage]]
name = "mx"
identifiers = ["mx.example"]
issuer = "ca"
owner = "mail"
"#;

async fn stage() -> Stage {
    let base_url = Some("https://na.example".to_owned());
    let stage = Stage::with(Settings { base_url, ..Settings::default() }).await;
    stage
        .operate(
            "inventory.apply",
            json!({ "file": { "text": INVENTORY, "prune": "everything" }, "secrets": {} }),
        )
        .await;
    stage
}

/// Below the address of the pages.
fn path(url: &str) -> &str {
    url.strip_prefix("https://na.example").unwrap()
}

async fn link_made(stage: &Stage, caller: &Caller) -> String {
    let page = stage.post("/account/calendar", caller, &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    path(between(&page.body, "<code class=\"breaks\">", "<")).to_owned()
}

#[tokio::test]
async fn a_calendar_is_fetched_by_its_link_until_another_one_is_made() {
    let stage = stage().await;
    let ada = stage.person("ada", "viewer", None).await;
    let nobody = Caller::default();
    let first = link_made(&stage, &ada).await;
    let feed = stage.get(&first, &nobody).await;
    assert_eq!((feed.status, feed.header("content-type")), (StatusCode::OK, "text/calendar; charset=utf-8"));
    for there in
        ["shop: renewal", "mx: renewal", "this calendar's link ends", "URL:https://na.example/lineages/ln_"]
    {
        assert!(feed.body.contains(there), "{there}: {}", feed.body);
    }
    let known = nobody.begin("GET", &first).header("if-none-match", feed.header("etag"));
    assert_eq!(stage.send(known.body(Default::default()).unwrap()).await.status, StatusCode::NOT_MODIFIED);
    let page = stage.get("/account", &ada).await;
    assert!(page.body.contains("A link made on") && !page.body.contains("notafter.ics"), "it is told once");

    let second = link_made(&stage, &ada).await;
    assert_ne!(first, second);
    assert_eq!(stage.get(&first, &nobody).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.get(&second, &nobody).await.status, StatusCode::OK);
    let taken = stage.post("/account/calendar/remove", &ada, &[]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    assert_eq!(stage.get(&second, &nobody).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_calendar_shows_no_more_than_its_owner_and_nothing_once_the_account_is_gone() {
    let stage = stage().await;
    let bob = stage.person("bob", "operator", None).await;
    let link = link_made(&stage, &bob).await;
    let nobody = Caller::default();
    let asked = async || stage.get(&link, &nobody).await;
    assert!(asked().await.body.contains("mx: renewal"));
    stage.operate("user.change", json!({ "name": "bob", "role": null, "reach": { "owner": "web" } })).await;
    let kept = asked().await;
    assert!(kept.body.contains("shop: renewal") && !kept.body.contains("mx: renewal"), "{}", kept.body);
    stage.operate("user.remove", json!({ "name": "bob" })).await;
    assert_eq!(asked().await.status, StatusCode::NOT_FOUND);
    let tokens = stage.operate("token.list", json!({})).await;
    assert_eq!(tokens, json!([]), "nothing is left of it");
}

/// A link lies in programs of others and in the logs of proxies: no token that is good for more may be one.
#[tokio::test]
async fn a_token_that_is_good_for_more_is_no_link_and_one_for_the_calendar_reads_nothing_else() {
    let stage = stage().await;
    let wish = |name: &str, role: &str| json!({ "name": name, "role": role, "owner": "web", "lasts": 3_600_000_000_i64 });
    let nobody = Caller::default();
    for role in ["viewer", "operator", "admin"] {
        let made = stage.operate("token.make", wish(role, role)).await;
        assert_eq!(made.get("calendar"), None);
        let path = format!("/calendar/{}/notafter.ics", made["secret"].as_str().unwrap());
        assert_eq!(stage.get(&path, &nobody).await.status, StatusCode::NOT_FOUND, "{role}");
    }
    let made = stage.operate("token.make", wish("corridor", "calendar")).await;
    let link = path(made["calendar"].as_str().unwrap());
    let token = Caller { token: Some(made["secret"].as_str().unwrap().to_owned()), ..Caller::default() };
    let feed = stage.get("/api/v1/calendar", &token).await;
    assert!(feed.status == StatusCode::OK && feed.body.contains("shop: renewal"), "{feed:?}");
    assert!(!feed.body.contains("mx: renewal"), "{}", feed.body);
    assert_eq!(stage.get(link, &nobody).await.status, StatusCode::OK);
    for closed in ["/", "/lineages", "/account", "/api/v1/overview", "/live"] {
        assert_eq!(stage.get(closed, &token).await.status, StatusCode::FORBIDDEN, "{closed}");
    }
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::hours(1));
    assert_eq!(stage.get(link, &nobody).await.status, StatusCode::NOT_FOUND, "its hour is over");
    for lost in ["x", "A5guiTAKC7qoQcpPGi7Hqs8vln0HU2Y54wDlpwiyD8M"] {
        let answer = stage.get(&format!("/calendar/{lost}/notafter.ics"), &nobody).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{lost}");
    }
}

/// Whoever had one would sign in to nothing.
#[tokio::test]
async fn no_account_has_the_role_of_a_calendar() {
    let stage = stage().await;
    stage.operate("user.add", json!({ "name": "ada", "role": "admin", "owner": null })).await;
    let actor = notafter_inventory::model::Actor::Person("ada".to_owned());
    for (name, args) in [
        ("user.add", json!({ "name": "eve", "role": "calendar", "owner": null })),
        ("user.change", json!({ "name": "ada", "role": "calendar" })),
    ] {
        let fault = notafter_engine::operate::call(stage.context(), &actor, name, args).await.unwrap_err();
        assert_eq!(fault.code, "access.role-of-tokens");
    }
}

/// The endpoint shows this certificate.
pub(super) async fn shows(stage: &Stage, endpoint_id: EndpointId, leaf: &[u8]) {
    shows_chain(stage, endpoint_id, vec![leaf.to_vec()]).await;
}

/// The endpoint shows this chain.
pub(super) async fn shows_chain(stage: &Stage, endpoint_id: EndpointId, chain: Vec<Vec<u8>>) {
    let address = "192.0.2.1:443".parse().unwrap();
    let outcome = Outcome::Served(Served {
        chain: Arc::from(chain),
        version: 0x0304,
        suite: 0x1301,
        group: None,
        possession: Possession::Proven,
        incomplete: None,
        staple: Staple::Unknown,
    });
    let looked = Looked {
        lease: None,
        next_due: None,
        endpoint_id,
        at: NOW,
        resolution: Ok(Resolution::known(vec![address])),
        observations: vec![Observation {
            at: NOW,
            vantage: "local".to_owned(),
            address,
            outcome,
            took: Span::millis(3),
        }],
        changes: Vec::new(),
    };
    stage.context().store.record_looks(&stage.context().scope, &[looked]).await.unwrap();
}

/// Endpoints that nobody renews are those of which an end is forgotten.
#[tokio::test]
async fn what_no_lineage_renews_ends_in_the_calendar_once_however_many_serve_it() {
    let stage = stage().await;
    let context = stage.context();
    let web = context.store.owner_named(&context.scope, "web").await.unwrap().unwrap().id;
    let leaf = |name: &str, days| {
        let pair = Pair::stand_in(&[name.parse().unwrap()], NOW - Span::days(1), NOW + Span::days(days));
        pair.unwrap().leaf().der().to_vec()
    };
    let (wildcard, other) = (leaf("*.old.example", 20), leaf("other.example", 30));
    for (target, leaf) in
        [("a.old.example:443", &wildcard), ("b.old.example:443", &wildcard), ("other.example:443", &other)]
    {
        let id = endpoint(&stage, target, web, "x").await;
        shows(&stage, id, leaf).await;
    }
    endpoint(&stage, "new.example:443", web, "x").await;
    let ends = async |owner: Option<&str>| {
        let written = stage.operate("calendar", json!({ "owner": owner })).await;
        let unfolded = written["text"].as_str().unwrap().replace("\r\n ", "");
        let ends = unfolded.lines().filter(|line| line.ends_with("certificate ends"));
        ends.map(str::to_owned).collect::<Vec<_>>()
    };
    let all = [
        "SUMMARY:a.old.example:443 and 1 more: certificate ends",
        "SUMMARY:other.example:443: certificate ends",
    ];
    assert_eq!(ends(None).await, all, "and nothing of what nobody has looked at");
    assert_eq!(ends(Some("web")).await, all);
    assert_eq!(ends(Some("mail")).await, Vec::<String>::new());
}
