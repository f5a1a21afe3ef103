//! Taking, silencing and lifting from pages.

use http::StatusCode;
use notafter_cert::Span;
use notafter_inventory::model::{
    Actor, Alert, EndpointId, FindingId, OwnerId, Severity, Silence, SilenceScope, Subject,
};
use notafter_store::Change;
use serde_json::json;

use super::pages::{alert, endpoint, owner, silence};
use super::stage::{Caller, NOW, Stage};

/// An endpoint with one finding, and the alert that tells of it.
struct Told {
    stage: Stage,
    owner: OwnerId,
    endpoint: EndpointId,
    finding: FindingId,
    alert: Alert,
}

impl Told {
    async fn set() -> Self {
        let stage = Stage::set().await;
        let owner = owner(&stage, "web").await;
        let endpoint = endpoint(&stage, "shop.example:443", owner, "it ended").await;
        let context = stage.context();
        let finding = context.store.findings_open(&context.scope).await.unwrap()[0].id;
        let root = Subject::Endpoint(endpoint);
        let alert = Alert { root, findings: vec![finding], ..alert(&stage, owner) };
        context.apply(None, &Actor::Engine, &[Change::PutAlert(alert.clone())]).await.unwrap();
        Self { stage, owner, endpoint, finding, alert }
    }

    async fn silences(&self) -> Vec<Silence> {
        let context = self.stage.context();
        context.store.silences_after(&context.scope, context.clock.now()).await.unwrap()
    }

    async fn get(&self, path: &str, caller: &Caller) -> String {
        let answer = self.stage.get(path, caller).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    /// Whether the log has an event of this kind, by this account.
    async fn logged(&self, kind: &str, who: &str) -> bool {
        let context = self.stage.context();
        let events = context.store.events_before(&context.scope, None, 100).await.unwrap();
        events.iter().any(|event| event.kind == kind && event.actor == Actor::User(who.to_owned()))
    }
}

#[tokio::test]
async fn a_finding_is_silenced_on_its_page_and_the_silence_lifted() {
    let told = Told::set().await;
    let ada = told.stage.person("ada", "operator", None).await;
    let page = format!("/findings/{}", told.finding);
    let list = told.get("/findings", &ada).await;
    assert!(list.contains(&format!("href=\"{page}\"")) && list.contains("Take or silence it"), "{list}");
    let form = told.get(&page, &ada).await;
    for shown in ["it ended", "until 2026-12-01", "Why? The next person will ask.", "certificate.expired"] {
        assert!(form.contains(shown), "{shown}: {form}");
    }
    let fields = [("what", "code"), ("quiet", "four-hours"), ("note", " new disk at noon ")];
    let answer = told.stage.post(&format!("{page}/silence"), &ada, &fields).await;
    assert_eq!(answer.to, Some(format!("{page}?done=silenced")), "{}", answer.body);
    let silences = told.silences().await;
    let [silence] = &silences[..] else { panic!("{silences:?}") };
    let scope = SilenceScope {
        code: Some("certificate.expired".to_owned()),
        subject: Some(Subject::Endpoint(told.endpoint)),
        owner: Some(told.owner),
    };
    assert_eq!(
        (&silence.scope, silence.until, &silence.why[..]),
        (&scope, NOW + Span::hours(4), "new disk at noon")
    );
    assert_eq!(silence.by, Actor::User("ada".to_owned()));
    assert!(told.logged("notafter.silence.put.v1", "ada").await);
    let log = told.get("/events", &ada).await;
    for said in
        ["new disk at noon", "certificate.expired", &told.endpoint.to_string(), &told.owner.to_string()]
    {
        assert!(log.contains(said), "a silence was in the log without what and why, {said}: {log}");
    }
    let until = silence.until.for_people();
    for path in ["/", "/findings", "/silences", &page, &format!("/endpoints/{}", told.endpoint)] {
        assert!(told.get(path, &ada).await.contains(&until), "{path}");
    }
    let all = told.get("/silences", &ada).await;
    assert!(all.contains("certificate.expired about shop.example:443, owner web"), "{all}");
    assert!(all.contains("ada: new disk at noon"), "{all}");
    let answer = told.stage.post(&format!("/silences/{}/lift", silence.id), &ada, &[]).await;
    assert_eq!(answer.to.as_deref(), Some("/silences?done=lifted"), "{}", answer.body);
    assert_eq!(told.silences().await, []);
    assert!(told.logged("notafter.silence.removed.v1", "ada").await);
    assert!(told.get("/silences?done=lifted", &ada).await.contains("Nothing is silenced"));
    let twice = told.stage.post(&format!("/silences/{}/lift", silence.id), &ada, &[]).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_alert_is_taken_and_silenced_on_its_page() {
    let told = Told::set().await;
    let ada = told.stage.person("ada", "operator", None).await;
    let page = format!("/alerts/{}", told.alert.id);
    assert!(told.get("/alerts", &ada).await.contains(&format!("href=\"{page}#silence\"")));
    let before = told.get(&page, &ada).await;
    assert!(before.contains("Nobody has taken it yet") && before.contains("it ended"), "{before}");
    let answer = told.stage.post(&format!("{page}/acknowledge"), &ada, &[("note", "on it")]).await;
    assert_eq!(answer.to, Some(format!("{page}?done=taken")));
    assert!(told.logged("notafter.alert.acknowledged.v1", "ada").await);
    let after = told.get(&page, &ada).await;
    assert!(
        after.contains("ada took it") && after.contains("on it") && !after.contains("I take it"),
        "{after}"
    );
    let fields = [("quiet", "week"), ("note", "it is being replaced")];
    let answer = told.stage.post(&format!("{page}/silence"), &ada, &fields).await;
    assert_eq!(answer.to, Some(format!("{page}?done=silenced")), "{}", answer.body);
    let silences = told.silences().await;
    let subject = Some(Subject::Endpoint(told.endpoint));
    assert_eq!(silences[0].scope, SilenceScope { code: None, subject, owner: Some(told.owner) });
    assert_eq!(silences[0].until, NOW + Span::days(7));
    let page = told.get(&page, &ada).await;
    assert!(
        page.contains("All of it is silenced until") && page.contains("ada: it is being replaced"),
        "{page}"
    );
    let listed = told.get("/alerts", &ada).await;
    assert!(listed.contains("One is in force; it ends at"), "{listed}");
}

/// The alert that tells of a finding is taken from the finding's page, too.
#[tokio::test]
async fn a_finding_is_taken_with_its_alert_where_there_is_one() {
    let told = Told::set().await;
    let ada = told.stage.person("ada", "operator", None).await;
    let page = format!("/findings/{}", told.finding);
    let answer = told.stage.post(&format!("{page}/acknowledge"), &ada, &[("note", "on it")]).await;
    assert_eq!(answer.to, Some(format!("{page}?done=taken")));
    let context = told.stage.context();
    let taken =
        context.store.alert(&context.scope, told.alert.id).await.unwrap().unwrap().acknowledged.unwrap();
    assert_eq!((taken.by, taken.note.as_deref()), (Actor::User("ada".to_owned()), Some("on it")));
    let over = Alert { state: notafter_inventory::model::AlertState::Closed, ..told.alert.clone() };
    context.apply(None, &Actor::Engine, &[Change::PutAlert(over)]).await.unwrap();
    assert!(told.get(&page, &ada).await.contains("No alert tells of it now"));
    let answer = told.stage.post(&format!("{page}/acknowledge"), &ada, &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_silence_without_a_reason_a_length_or_a_right_is_none() {
    let told = Told::set().await;
    let ada = told.stage.person("ada", "operator", None).await;
    let eve = told.stage.person("eve", "viewer", None).await;
    let kept = told.stage.person("kept", "operator", Some("default")).await;
    let forged = Caller { form_key: None, ..ada.clone() };
    let (finding, alert) = (format!("/findings/{}", told.finding), format!("/alerts/{}", told.alert.id));
    let whole = [("what", "subject"), ("quiet", "hour"), ("note", "why")];
    for (caller, fields, status) in [
        (
            &ada,
            &[("what", "subject"), ("quiet", "hour"), ("note", " ")][..],
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (&ada, &[("what", "subject"), ("quiet", "year"), ("note", "why")], StatusCode::BAD_REQUEST),
        (&ada, &[("what", "subject"), ("note", "why")], StatusCode::BAD_REQUEST),
        (&eve, &whole, StatusCode::FORBIDDEN),
        (&kept, &whole, StatusCode::NOT_FOUND),
        (&forged, &whole, StatusCode::FORBIDDEN),
        (&Caller::default(), &whole, StatusCode::UNAUTHORIZED),
    ] {
        for page in [&finding, &alert] {
            let answer = told.stage.post(&format!("{page}/silence"), caller, fields).await;
            assert_eq!(answer.status, status, "{page} {fields:?}: {}", answer.body);
        }
    }
    assert_eq!(told.silences().await, []);
    for page in [&finding, &alert] {
        let seen = told.get(page, &eve).await;
        assert!(!seen.contains("Silence it") && !seen.contains("I take it"), "{seen}");
        assert_eq!(told.stage.get(page, &kept).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    for page in ["/findings/fd_0", "/alerts/al_0", "/findings/nonsense", "/alerts/nonsense"] {
        assert_eq!(told.stage.get(page, &ada).await.status, StatusCode::NOT_FOUND, "{page}");
    }
}

/// A silence of everybody's covers theirs, and is not theirs to lift.
#[tokio::test]
async fn whoever_is_kept_to_an_owner_sees_what_silences_theirs_and_lifts_their_own() {
    let told = Told::set().await;
    let context = told.stage.context();
    let theirs = owner(&told.stage, "others").await;
    let wide = SilenceScope { code: Some("certificate.*".to_owned()), ..SilenceScope::default() };
    let silence = |owner, why: &str| Silence { why: why.to_owned(), ..silence(&told.stage, owner) };
    let (mine, wide) =
        (silence(told.owner, "mine"), Silence { scope: wide, ..silence(told.owner, "for all") });
    let hidden = silence(theirs, "their secret");
    let changes = [&mine, &wide, &hidden].map(|one| Change::PutSilence(one.clone()));
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let kept = told.stage.person("kept", "operator", Some("web")).await;
    let page = told.get("/silences", &kept).await;
    assert!(page.contains("for all") && page.contains("mine") && !page.contains("their secret"), "{page}");
    let lift = |silence: &Silence| format!("/silences/{}/lift", silence.id);
    assert!(page.contains(&lift(&mine)) && !page.contains(&lift(&wide)), "{page}");
    for silence in [&wide, &hidden] {
        let answer = told.stage.post(&lift(silence), &kept, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(told.stage.post(&lift(&mine), &kept, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(told.silences().await.len(), 2);
}

/// What is about the installation or an owner had no name by which a silence could be made.
#[tokio::test]
async fn what_is_about_no_entry_of_the_inventory_is_silenced_by_its_subject() {
    let told = Told::set().await;
    for (written, subject) in [
        ("installation".to_owned(), Subject::Installation),
        (format!("owner:{}", told.owner), Subject::Owner(told.owner)),
        (format!("endpoint:{}", told.endpoint), Subject::Endpoint(told.endpoint)),
    ] {
        let args = json!({
            "code": null, "subject": written, "owner": null, "until": null, "for_how_long": 3_600_000_000_i64, "why": "why",
        });
        let made: Silence = serde_json::from_value(told.stage.operate("alert.silence", args).await).unwrap();
        assert_eq!(made.scope.subject, Some(subject));
    }
}

#[tokio::test]
async fn programs_see_what_silences_a_finding_and_one_alert() {
    let told = Told::set().await;
    let program = told.stage.program("deploy", "operator", None).await;
    let finding = format!("/api/v1/findings/{}", told.finding);
    let shown = told.stage.get(&finding, &program).await.json();
    assert_eq!((&shown["alert"], &shown["silence"]), (&json!(told.alert.id), &json!(null)));
    let wish = json!({ "subject": format!("endpoint:{}", told.endpoint), "seconds": 3600, "why": "why" });
    let made = told.stage.call("POST", "/api/v1/silences", &program, &wish).await.json();
    let shown = told.stage.get(&finding, &program).await.json();
    assert_eq!((&shown["silence"], &shown["silenced_until"]), (&made["id"], &made["until"]));
    let alert = told.stage.get(&format!("/api/v1/alerts/{}", told.alert.id), &program).await.json();
    assert_eq!(alert["findings"][0]["id"], json!(told.finding));
    assert_eq!(alert["silences"], json!([made["id"]]));
    assert_eq!(alert["severity"], json!(Severity::Critical));
    let absent = told.stage.get("/api/v1/alerts/al_0", &program).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}
