//! What pages show.

use http::StatusCode;
use http::header::CONTENT_SECURITY_POLICY;
use notafter_inventory::model::{Criticality, Endpoint, Finding, Labels, Owner, OwnerId};
use notafter_inventory::model::{EndpointId, FindingId, FindingState, Severity, Subject, Violation};
use notafter_store::Change;
use serde_json::json;

use super::stage::{NOW, Stage};

const PAGES: &[&str] = &["/", "/endpoints", "/lineages", "/alerts", "/events", "/account", "/accounts"];

/// What a peer may have in a certificate or a banner.
const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=y>";

async fn owner(stage: &Stage, name: &str) -> OwnerId {
    let context = stage.context();
    let default = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    if name == "default" {
        return default.id;
    }
    let owner = Owner { id: context.new_id(), name: name.to_owned(), owns: Vec::new(), ..default };
    let id = owner.id;
    let actor = notafter_inventory::model::Actor::Engine;
    context.apply(None, &actor, &[Change::PutOwner(owner)]).await.unwrap();
    id
}

async fn endpoint(stage: &Stage, target: &str, owner_id: OwnerId, text: &str) -> EndpointId {
    let context = stage.context();
    let endpoint = Endpoint {
        id: context.new_id(),
        owner_id,
        target: target.parse().unwrap(),
        labels: Labels::new(),
        criticality: Criticality::Normal,
        trust: None,
        written_by_admin: true,
    };
    let id = endpoint.id;
    let finding_id: FindingId = context.new_id();
    let finding = Finding {
        id: finding_id,
        owner_id,
        violation: Violation {
            code: "certificate.expired".to_owned(),
            severity: Severity::Critical,
            subject: Subject::Endpoint(id),
            cause: "cause".to_owned(),
            text: text.to_owned(),
            hint: text.to_owned(),
            evidence: json!({}),
        },
        state: FindingState::Open,
        opened_at: NOW,
        changed_at: NOW,
        seen_at: NOW,
        closed_at: None,
    };
    let actor = notafter_inventory::model::Actor::Engine;
    let changes = [Change::PutEndpoint(endpoint), Change::PutFinding(finding)];
    context.apply(None, &actor, &changes).await.unwrap();
    id
}

#[tokio::test]
async fn every_page_of_an_empty_installation_says_how_to_begin() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    for path in PAGES {
        let answer = stage.get(path, &ada).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        let policy = answer.headers.get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}");
        assert_eq!(answer.body.matches("<h1").count(), 1, "{path} has one heading");
        assert!(answer.body.contains("aria-current=\"page\"") || *path == "/account", "{path}");
    }
}

#[tokio::test]
async fn what_a_peer_may_fill_is_text() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let id = endpoint(&stage, "shop.example:443", owner(&stage, HOSTILE).await, HOSTILE).await;
    for path in ["/", "/endpoints", &format!("/endpoints/{id}")] {
        let body = stage.get(path, &ada).await.body;
        assert!(body.contains("&#60;script&#62;"), "{path}: {body}");
        for program in ["<script>alert", "<img src=x"] {
            assert!(!body.contains(program), "{path}");
        }
    }
    let search = stage.get("/lineages?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", &ada).await.body;
    assert!(!search.contains("<script>alert"), "{search}");
}

#[tokio::test]
async fn whoever_is_kept_to_an_owner_sees_nothing_of_others() {
    let stage = Stage::set().await;
    let theirs = endpoint(&stage, "secret.example:443", owner(&stage, "others").await, "theirs").await;
    let mine = endpoint(&stage, "shop.example:443", owner(&stage, "default").await, "mine").await;
    let ada = stage.person("ada", "admin", Some("default")).await;
    for path in PAGES.iter().copied().filter(|path| !["/events", "/accounts"].contains(path)) {
        let body = stage.get(path, &ada).await.body;
        assert!(!body.contains("secret.example") && !body.contains("theirs"), "{path}: {body}");
    }
    assert!(stage.get("/endpoints", &ada).await.body.contains("shop.example:443"));
    assert_eq!(stage.get(&format!("/endpoints/{mine}"), &ada).await.status, StatusCode::OK);
    assert_eq!(stage.get(&format!("/endpoints/{theirs}"), &ada).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.get("/endpoints/nonsense", &ada).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.get("/lineages/nonsense", &ada).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_done_is_in_the_log_with_who_did_it() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let body = stage.get("/events", &ada).await.body;
    for told in ["notafter.user.put.v1", "notafter.session.put.v1", "ada on the machine"] {
        assert!(body.contains(told), "{told}: {body}");
    }
}
