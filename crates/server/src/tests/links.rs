//! Links in messages about alerts, followed by whoever has them.

use axum::body::Body;
use http::StatusCode;
use notafter_cert::{Span, Time};
use notafter_engine::alert_link;
use notafter_engine::settings::Settings;
use notafter_inventory::model::{
    Actor, Alert, AlertState, Channel, ChannelId, Contact, Delivery, DeliveryId, DeliveryState, Given,
    LINK_LASTS, Message, Owner, Purpose, Severity, Told,
};
use notafter_store::Change;
use serde_json::json;

use super::pages::{alert, endpoint, owner};
use super::stage::{Answer, Caller, NOW, Stage};

/// An alert about an expired certificate that ada was told of, and the links in her mail.
struct Mailed {
    stage: Stage,
    alert: Alert,
    take: String,
    quiet: String,
}

impl Mailed {
    async fn set(text: &str) -> Self {
        let base_url = Some("https://na.example".to_owned());
        let stage = Stage::with(Settings { base_url, ..Settings::default() }).await;
        let owner_id = owner(&stage, "default").await;
        let endpoint = endpoint(&stage, "shop.example:443", owner_id, text).await;
        let context = stage.context();
        let findings = context.store.findings_open(&context.scope).await.unwrap();
        let contact = Contact { channel: "mail".to_owned(), to: Some("ada@shop.example".to_owned()) };
        let delivery_id = DeliveryId::new(NOW, [9; 10]);
        let alert = Alert {
            root: notafter_inventory::model::Subject::Endpoint(endpoint),
            findings: findings.iter().map(|finding| finding.id).collect(),
            told: vec![Told {
                at: NOW,
                contact: contact.clone(),
                purpose: Purpose::Opened,
                severity: Severity::Critical,
                delivery_id,
            }],
            ..alert(&stage, owner_id)
        };
        let change = Change::PutAlert(alert.clone());
        context.apply(None, &Actor::Engine, &[change]).await.unwrap();
        let delivery = Delivery {
            id: delivery_id,
            owner_id,
            alert_id: Some(alert.id),
            channel_id: ChannelId::from_bytes([3; 16]),
            to: contact.to,
            purpose: Purpose::Opened,
            message: Message {
                subject: String::new(),
                body: String::new(),
                data: json!({ "alert": alert.id, "purpose": "opened" }),
            },
            code: None,
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            next_at: None,
            created_at: NOW,
        };
        let carried = alert_link::carried(context, &delivery).await.unwrap();
        let path = |does: &str| {
            let link = carried.data["links"][does].as_str().unwrap();
            link.strip_prefix("https://na.example").unwrap().to_owned()
        };
        let (take, quiet) = (path("acknowledge"), path("silence"));
        Self { stage, alert, take, quiet }
    }

    async fn get(&self, path: &str) -> Answer {
        self.stage.get(path, &Caller::default()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.stage.post(path, &Caller::default(), fields).await
    }

    async fn alert(&self) -> Alert {
        let context = self.stage.context();
        context.store.alert(&context.scope, self.alert.id).await.unwrap().unwrap()
    }

    fn pass(&self, span: Span) {
        let clock = &self.stage.context().clock;
        clock.advance_to(clock.now() + span);
    }
}

/// Programs that look for malware in mail open every link.
#[tokio::test]
async fn looking_at_a_link_changes_nothing_and_tells_what_it_is_about() {
    let mailed = Mailed::set("expired yesterday").await;
    for path in [&mailed.take, &mailed.quiet] {
        for _ in 0..3 {
            let answer = mailed.get(path).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            for part in ["shop.example", "expired yesterday", "<form method=\"post\"", "ada@shop.example"] {
                assert!(answer.body.contains(part), "{part}: {}", answer.body);
            }
            assert!(!answer.body.contains("<script"), "it works without any");
            assert_eq!(answer.body.matches("<h1").count(), 1);
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.cookie, None);
        }
    }
    assert_eq!(mailed.alert().await, mailed.alert);
    let context = mailed.stage.context();
    assert_eq!(context.store.silences_after(&context.scope, NOW).await.unwrap(), []);
}

#[tokio::test]
async fn a_link_takes_the_alert_once_and_says_afterwards_who_did() {
    let mailed = Mailed::set("expired").await;
    let done = mailed.post(&mailed.take, &[("note", "on it")]).await;
    assert_eq!((done.status, done.to.as_deref()), (StatusCode::SEE_OTHER, Some(mailed.take.as_str())));
    let taken = mailed.alert().await.acknowledged.unwrap();
    let by = Actor::Link { contact: "ada@shop.example".to_owned(), alert: mailed.alert.id };
    assert_eq!((taken.by, taken.note.as_deref()), (by, Some("on it")));
    mailed.pass(Span::hours(1));
    let after = mailed.get(&mailed.take).await;
    assert_eq!(after.status, StatusCode::OK);
    assert!(after.body.contains("<strong>Done.</strong> ada@shop.example took it with this link at"));
    assert!(!after.body.contains("<form"), "there is nothing left to do with it");
    let again = mailed.post(&mailed.take, &[("note", "again")]).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert!(again.body.contains("ada@shop.example took the alert with this link at"), "{}", again.body);
    assert_eq!(mailed.alert().await.acknowledged.unwrap().note.as_deref(), Some("on it"));
    assert_eq!(mailed.get(&mailed.quiet).await.status, StatusCode::OK, "the other one is not used up");

    let bob = mailed.stage.person("bob", "viewer", None).await;
    let page = mailed.stage.get("/alerts", &bob).await.body;
    assert!(page.contains("ada@shop.example by link of alert"), "{page}");
}

#[tokio::test]
async fn a_link_silences_what_is_behind_the_alert_for_as_long_as_was_chosen() {
    for (choice, hours) in [("hour", 1), ("four-hours", 4), ("day", 24)] {
        let mailed = Mailed::set("expired").await;
        for half in [
            &[("note", "known")][..],
            &[("quiet", choice)],
            &[("quiet", "for-ever"), ("note", "known")],
            &[("quiet", "month"), ("note", "known")],
        ] {
            let refused = mailed.post(&mailed.quiet, half).await;
            assert!(refused.status.is_client_error(), "{half:?}: {refused:?}");
        }
        let done = mailed.post(&mailed.quiet, &[("quiet", choice), ("note", "known")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let context = mailed.stage.context();
        let silences = context.store.silences_after(&context.scope, NOW).await.unwrap();
        assert_eq!(silences.len(), 1);
        assert_eq!((silences[0].until, silences[0].why.as_str()), (NOW + Span::hours(hours), "known"));
        assert_eq!(silences[0].scope.subject.as_ref(), Some(&mailed.alert.root));
        assert_eq!(silences[0].scope.owner, Some(mailed.alert.owner_id), "nothing of others");
        let again = mailed.post(&mailed.quiet, &[("quiet", choice), ("note", "known")]).await;
        assert_eq!(again.status, StatusCode::GONE);
        let after = mailed.get(&mailed.quiet).await.body;
        assert!(after.contains("Silenced until") && !after.contains("<form"), "{after}");
    }
}

/// Forged, cut, for the other thing, of another alert, too old: nothing of it leads anywhere, and nothing tells why.
#[tokio::test]
async fn no_link_that_was_not_sent_leads_anywhere() {
    let mailed = Mailed::set("expired").await;
    let token = mailed.take.split('/').nth(2).unwrap().to_owned();
    let other = Mailed::set("expired").await.take;
    let flipped = |position: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let mut paths: Vec<String> = [flipped(0), flipped(22), flipped(43), flipped(63), token[1..].to_owned()]
        .iter()
        .map(|token| format!("/alert/{token}/acknowledge"))
        .collect();
    paths.push(format!("/alert/{token}/silence"));
    paths.push(format!("/alert/{}/acknowledge", mailed.alert.id));
    paths.push("/alert/%2e%2e%2f/acknowledge".to_owned());
    paths.push(other);
    let mut bodies = Vec::new();
    for path in &paths {
        for answer in [mailed.get(path).await, mailed.post(path, &[("quiet", "day"), ("note", "x")]).await] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {answer:?}");
            bodies.push(answer.body);
        }
    }
    mailed.pass(LINK_LASTS);
    for path in [&mailed.take, &mailed.quiet] {
        for answer in [mailed.get(path).await, mailed.post(path, &[("quiet", "day"), ("note", "x")]).await] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "too old");
            bodies.push(answer.body);
        }
    }
    assert!(bodies[0].contains("alert.link-leads-nowhere"));
    assert!(bodies.iter().all(|body| *body == bodies[0]), "none says more than the others");
    assert_eq!(mailed.alert().await.acknowledged, None);
}

#[tokio::test]
async fn of_an_alert_that_is_over_a_link_says_so_and_does_nothing() {
    let mailed = Mailed::set("expired").await;
    let closed_at: Option<Time> = Some(NOW + Span::minutes(15));
    let over = Alert { state: AlertState::Closed, quiet_since: Some(NOW), closed_at, ..mailed.alert.clone() };
    mailed.pass(Span::minutes(20));
    let context = mailed.stage.context();
    context.apply(None, &Actor::Engine, &[Change::PutAlert(over)]).await.unwrap();
    for path in [&mailed.take, &mailed.quiet] {
        let page = mailed.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("nothing to do") && !page.body.contains("<form"), "{}", page.body);
        let answer = mailed.post(path, &[("quiet", "day"), ("note", "x")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body.contains("alert.over"), "{}", answer.body);
    }
}

/// A browser that reaches the pages by http tells neither where a form comes from nor its own origin: a page of ours keeps
/// its address to itself.
#[tokio::test]
async fn a_phone_that_comes_by_http_is_not_taken_for_another_site() {
    let mailed = Mailed::set("expired").await;
    let request = Caller::default()
        .begin("POST", &mailed.take)
        .header("origin", "null")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = mailed.stage.send(request.body(Body::from("note=")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test]
async fn what_a_peer_may_fill_is_text_on_the_page_of_a_link_too() {
    let mailed = Mailed::set("<script>alert(1)</script>").await;
    for path in [&mailed.take, &mailed.quiet] {
        let body = mailed.get(path).await.body;
        assert!(body.contains("&#60;script&#62;") && !body.contains("<script>alert"), "{body}");
    }
}

/// A test message that ada got, and the link in it.
async fn tested() -> (Stage, String) {
    let base_url = Some("https://na.example".to_owned());
    let stage = Stage::with(Settings { base_url, ..Settings::default() }).await;
    let owner_id = owner(&stage, "default").await;
    let channel = Channel {
        id: ChannelId::from_bytes([3; 16]),
        name: "mail".to_owned(),
        kind: "smtp".to_owned(),
        settings: serde_json::from_value(json!({ "host": "mail.example", "from": "na@example" })).unwrap(),
    };
    let delivery = Delivery {
        id: DeliveryId::new(NOW, [9; 10]),
        owner_id,
        alert_id: None,
        channel_id: channel.id,
        to: Some("ada@shop.example".to_owned()),
        purpose: Purpose::Test,
        message: Message {
            subject: "TEST".to_owned(),
            body: String::new(),
            data: json!({ "schema": "notafter.path-test/1" }),
        },
        code: Some("ZZZZZZ".to_owned()),
        state: DeliveryState::Accepted,
        attempts: Vec::new(),
        next_at: None,
        created_at: NOW,
    };
    let changes = [Change::PutChannel(channel), Change::PutDelivery(delivery.clone())];
    stage.context().apply(None, &Actor::Engine, &changes).await.unwrap();
    let carried = alert_link::carried(stage.context(), &delivery).await.unwrap();
    let link = carried.data["confirm"].as_str().unwrap().strip_prefix("https://na.example").unwrap();
    (stage, link.to_owned())
}

#[tokio::test]
async fn the_link_of_a_test_message_confirms_by_its_button_and_not_by_being_looked_at() {
    let (stage, link) = tested().await;
    let nobody = Caller::default();
    let paths = async || stage.context().store.paths(&stage.context().scope).await.unwrap();
    let shown = stage.get(&link, &nobody).await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    for part in ["ada@shop.example", "<form method=\"post\"", "It arrived"] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    assert_eq!((shown.header("cache-control"), &shown.cookie), ("no-store", &None));
    assert_eq!(paths().await, [], "looking proves nothing");
    let done = stage.post(&link, &nobody, &[]).await;
    assert_eq!((done.status, done.to.as_deref()), (StatusCode::SEE_OTHER, Some(link.as_str())));
    assert!(paths().await[0].is_proved(NOW));
    let after = stage.get(&link, &nobody).await;
    assert!(after.body.contains("<strong>Confirmed.</strong>") && !after.body.contains("<form"), "{after:?}");
    let forged = link.replace("/alert/", "/alert/A");
    assert_eq!(stage.get(&forged, &nobody).await.status, stage.get("/alert/A/silence", &nobody).await.status);
}

/// A question to an owner, and the link in it.
async fn asked() -> (Stage, String) {
    let base_url = Some("https://na.example".to_owned());
    let stage = Stage::with(Settings { base_url, ..Settings::default() }).await;
    let context = stage.context();
    let known = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    let asked = Owner { acknowledge: Some(Span::days(180)), ..known };
    let channel = Channel {
        id: ChannelId::from_bytes([3; 16]),
        name: "mail".to_owned(),
        kind: "smtp".to_owned(),
        settings: serde_json::from_value(json!({ "host": "mail.example", "from": "na@example" })).unwrap(),
    };
    let delivery = Delivery {
        id: DeliveryId::new(NOW, [9; 10]),
        owner_id: asked.id,
        alert_id: None,
        channel_id: channel.id,
        to: Some("ada@shop.example".to_owned()),
        purpose: Purpose::Ownership,
        message: Message { subject: "?".to_owned(), body: String::new(), data: json!({}) },
        code: None,
        state: DeliveryState::Accepted,
        attempts: Vec::new(),
        next_at: None,
        created_at: NOW,
    };
    let changes =
        [Change::PutChannel(channel), Change::PutOwner(asked), Change::PutDelivery(delivery.clone())];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let carried = alert_link::carried(context, &delivery).await.unwrap();
    let link = carried.data["confirm"].as_str().unwrap().strip_prefix("https://na.example").unwrap();
    (stage, link.to_owned())
}

#[tokio::test]
async fn the_link_of_a_question_answers_by_its_button_and_not_by_being_looked_at() {
    let (stage, link) = asked().await;
    let nobody = Caller::default();
    let (store, scope) = (&stage.context().store, &stage.context().scope);
    let given = async || -> Vec<_> {
        let known = store.ownerships(scope).await.unwrap();
        known.into_iter().filter_map(|known| known.given).collect()
    };
    let shown = stage.get(&link, &nobody).await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    for part in ["ada@shop.example", "<form method=\"post\"", "default still answers"] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    assert_eq!((shown.header("cache-control"), &shown.cookie), ("no-store", &None));
    assert_eq!(given().await, [], "looking answers nothing");
    let done = stage.post(&link, &nobody, &[]).await;
    assert_eq!((done.status, done.to.as_deref()), (StatusCode::SEE_OTHER, Some(link.as_str())));
    let by = Actor::Answer("ada@shop.example".to_owned());
    assert_eq!(given().await, [Given { at: NOW, by }]);
    let after = stage.get(&link, &nobody).await;
    assert!(after.body.contains("<strong>Answered.</strong>") && !after.body.contains("<form"), "{after:?}");
    // The links of tests and of questions are signed by one key, and neither is the other.
    for wrong in [
        link.replace("/owner/", "/owner/A"),
        link.replace("/owner/", "/alert/").replace("acknowledge", "confirm"),
    ] {
        assert_eq!(stage.get(&wrong, &nobody).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    let (stage, link) = tested().await;
    let wrong = link.replace("/alert/", "/owner/").replace("confirm", "acknowledge");
    assert_eq!(stage.get(&wrong, &nobody).await.status, StatusCode::NOT_FOUND, "{wrong}");
}
