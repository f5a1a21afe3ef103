//! What pages show.

use std::pin::pin;

use http::StatusCode;
use http::header::CONTENT_SECURITY_POLICY;
use notafter_cert::{Certificate, Span};
use notafter_engine::access;
use notafter_inventory::model::{
    Acknowledgement, Actor, Alert, AlertState, Automation, Channel, Contact, Criticality, CriticalityBy,
    Endpoint, EndpointId, Finding, FindingId, FindingState, Grant, Labels, Lineage, Mode, Owner, OwnerId,
    Renewal, Renewer, Role, Severity, Silence, SilenceScope, Subject, Violation,
};
use notafter_lab::authority::{Authority, Validity};
use notafter_store::{Acknowledging, Change};
use serde_json::json;

use super::calendar::shows_chain;
use super::stage::{NOW, Stage};
use crate::auth::Visit;
use crate::web::carry_out;

/// A part of a page as it is written.
fn part(page: &str, id: &str) -> String {
    let from = page.find(&format!("<section id=\"{id}\"")).unwrap_or(page.len());
    page[from..].split_inclusive("</section>").next().unwrap_or_default().to_owned()
}

/// A chain below a CA that nobody trusts, and the endpoint that shows it, of which its leaf is said to be revoked.
async fn revoked(stage: &Stage) -> (EndpointId, FindingId, Vec<Vec<u8>>) {
    let context = stage.context();
    let authority =
        Authority::new("Lab", Validity { from: NOW - Span::days(9), to: NOW + Span::days(900) }).unwrap();
    let names = ["shop.example".parse().unwrap()];
    let validity = Validity { from: NOW - Span::days(30), to: NOW + Span::days(60) };
    let chain = authority.issue(&names, validity).unwrap().chain;
    let owner_id = owner(stage, "default").await;
    let id = endpoint(stage, "shop.example:443", owner_id, "x").await;
    shows_chain(stage, id, chain.clone()).await;
    let leaf = Certificate::parse(&chain[0]).unwrap().fingerprint();
    let finding = Finding {
        id: context.new_id(),
        owner_id,
        violation: Violation {
            code: "certificate.revoked".to_owned(),
            severity: Severity::Critical,
            subject: Subject::Endpoint(id),
            cause: leaf.to_string(),
            text: "shop.example was revoked on 2026-11-20 12:00 UTC, says the stapled OCSP answer".to_owned(),
            hint: "issue another".to_owned(),
            evidence: json!({ "fingerprint": leaf, "addresses": ["192.0.2.1:443"] }),
        },
        state: FindingState::Open,
        opened_at: NOW,
        changed_at: NOW,
        seen_at: NOW,
        closed_at: None,
    };
    let finding_id = finding.id;
    context.apply(None, &Actor::Engine, &[Change::PutFinding(finding)]).await.unwrap();
    (id, finding_id, chain)
}

/// A finding told what is wrong in a line, and showed neither the chain nor where in it that is.
#[tokio::test]
async fn a_finding_shows_the_chain_that_it_is_about_link_by_link() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let (endpoint, finding, chain) = revoked(&stage).await;
    let page = stage.get(&format!("/findings/{finding}"), &ada).await.body;
    let mut shown = part(&page, "part-chain").replace(&endpoint.to_string(), "ENDPOINT");
    for der in &chain {
        shown = shown.replace(&Certificate::parse(der).unwrap().fingerprint().short(), "FINGERPRINT");
    }
    insta::assert_snapshot!(shown);
    let mut over = stage.context().store.finding(&stage.context().scope, finding).await.unwrap().unwrap();
    over.state = FindingState::Closed;
    over.closed_at = Some(NOW);
    stage.context().apply(None, &Actor::Engine, &[Change::PutFinding(over)]).await.unwrap();
    let page = stage.get(&format!("/findings/{finding}"), &ada).await.body;
    assert_eq!(part(&page, "part-chain"), "", "what is served now is not what was wrong");
}

/// What is kept of a look has no stapled answer: the link was drawn as good, below a finding that it was revoked.
#[tokio::test]
async fn an_endpoint_draws_a_revoked_link_as_revoked() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let (endpoint, ..) = revoked(&stage).await;
    let page = stage.get(&format!("/endpoints/{endpoint}"), &ada).await.body;
    let drawn = part(&page, "part-addresses");
    let leaf = drawn.split("<li ").nth(1).unwrap();
    assert!(leaf.starts_with("class=\"link critical\">"), "{leaf}");
    assert!(leaf.contains("certificate.revoked</code></a> shop.example was revoked on"), "{leaf}");
}

const PAGES: &[&str] = &[
    "/",
    "/endpoints",
    "/lineages",
    "/lifetimes",
    "/findings",
    "/alerts",
    "/silences",
    "/incidents",
    "/events",
    "/inventory",
    "/settings",
    "/account",
    "/accounts",
];

/// What a peer may have in a certificate or a banner.
const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=y>";

pub(super) async fn owner(stage: &Stage, name: &str) -> OwnerId {
    let context = stage.context();
    let default = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    if name == "default" {
        return default.id;
    }
    let owner = Owner { id: context.new_id(), name: name.to_owned(), owns: Vec::new(), ..default };
    let id = owner.id;
    context.apply(None, &Actor::Engine, &[Change::PutOwner(owner)]).await.unwrap();
    id
}

pub(super) async fn endpoint(stage: &Stage, target: &str, owner_id: OwnerId, text: &str) -> EndpointId {
    let context = stage.context();
    let endpoint = Endpoint {
        id: context.new_id(),
        owner_id,
        target: target.parse().unwrap(),
        labels: Labels::new(),
        criticality: Criticality::Normal,
        criticality_by: CriticalityBy::default(),
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
    let changes = [Change::PutEndpoint(endpoint), Change::PutFinding(finding)];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
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
async fn a_long_heading_breaks_before_the_port() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let id = endpoint(&stage, "partner.shop.example:443", owner(&stage, "default").await, "x").await;
    let page = stage.get(&format!("/endpoints/{id}"), &ada).await.body;
    assert!(page.contains("<h1>partner<wbr>.shop<wbr>.example<wbr>:443</h1>"), "{page}");
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

/// The page showed the contacts of every team, and its buttons woke them.
#[tokio::test]
async fn whoever_is_kept_to_an_owner_sees_and_tries_no_path_of_others() {
    let stage = Stage::set().await;
    let text = "[[channel]]\nname = \"mine\"\nkind = \"command\"\nprogram = \"/bin/true\"\n\n\
        [[channel]]\nname = \"secret\"\nkind = \"command\"\nprogram = \"/bin/true\"\n\n\
        [[owner]]\nname = \"default\"\ncontacts = [{ channel = \"mine\" }]\n\n\
        [[owner]]\nname = \"others\"\ncontacts = [{ channel = \"secret\", to = \"eve@example.org\" }]\n";
    let args = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
    stage.operate("inventory.apply", args).await;
    let ada = stage.person("ada", "operator", Some("default")).await;
    let page = stage.get("/settings", &ada).await.body;
    assert!(page.contains("mine: command"), "{page}");
    assert!(!page.contains("others") && !page.contains("eve@") && !page.contains("secret"), "{page}");
    let path = [("owner", "others"), ("channel", "secret"), ("to", "eve@example.org")];
    let refused = stage.post("/settings/prove", &ada, &path).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert!(!refused.body.contains("did you mean"), "{}", refused.body);
    let nearly = stage.post("/settings/prove", &ada, &[("owner", "other"), ("channel", "secret")]).await;
    assert!(!nearly.body.contains("others"), "{}", nearly.body);
    let context = stage.context();
    assert!(context.store.deliveries(&context.scope, 10).await.unwrap().is_empty(), "nobody was told");
    let all = stage.person("bob", "operator", None).await;
    assert!(stage.get("/settings", &all).await.body.contains("eve@example.org"));
}

/// Only programs could ask for a look.
#[tokio::test]
async fn whoever_may_operate_looks_now_and_sees_what_was_seen() {
    let stage = Stage::set().await;
    // Nothing listens at the first port.
    let id = endpoint(&stage, "127.0.0.1:1", owner(&stage, "default").await, "it ended").await;
    let page = format!("/endpoints/{id}");
    let viewer = stage.person("bob", "viewer", None).await;
    assert!(!stage.get(&page, &viewer).await.body.contains("Look now"));
    let ada = stage.person("ada", "operator", None).await;
    assert!(stage.get(&page, &ada).await.body.contains("<button>Look now</button>"));
    let answer = stage.post(&format!("{page}/look"), &ada, &[]).await;
    let to = answer.to.as_deref().unwrap();
    assert_eq!((answer.status, to), (StatusCode::SEE_OTHER, &format!("{page}?done=looked")[..]));
    let body = stage.get(to, &ada).await.body;
    assert!(body.contains("looked at just now") && body.contains("refused"), "{body}");
}

async fn findings_of(stage: &Stage) -> Vec<FindingId> {
    let context = stage.context();
    let open = context.store.findings_open(&context.scope).await.unwrap();
    open.into_iter().map(|finding| finding.id).collect()
}

#[tokio::test]
async fn findings_are_chosen_and_lead_to_what_their_code_means() {
    let stage = Stage::set().await;
    endpoint(&stage, "shop.example:443", owner(&stage, "default").await, "it ended").await;
    let ada = stage.person("ada", "viewer", None).await;
    let body = async |path: &str| {
        let answer = stage.get(path, &ada).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        answer.body
    };
    for shows in ["", "?severity=critical", "?q=SHOP+ended", "?owner=default&code=certificate.expired"] {
        let page = body(&format!("/findings{shows}")).await;
        assert!(page.contains("shop.example:443") && page.contains("/codes/certificate.expired"), "{shows}");
    }
    for hides in ["?state=closed", "?severity=warning", "?q=wiki", "?owner=nobody", "?code=clock.set-back"] {
        let page = body(&format!("/findings{hides}")).await;
        assert!(!page.contains("shop.example:443"), "{hides}");
    }
    let code = body("/codes/certificate.expired").await;
    assert!(code.contains("What to do") && code.contains("shop.example:443") && code.contains("it ended"));
    let finding = findings_of(&stage).await.remove(0);
    for page in [&code, &body(&format!("/findings/{finding}")).await] {
        for part in [
            "Run-book",
            "NET::ERR_CERT_DATE_INVALID",
            "Do not go on past it",
            "When it is over for everybody",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
    assert!(
        !body("/codes/store.overtaken").await.contains("Run-book"),
        "an error of a command has no visitors"
    );
    assert!(body("/codes/store.overtaken").await.contains("Nowhere that you may see"));
    assert_eq!(stage.get("/codes/no.such-code", &ada).await.status, StatusCode::NOT_FOUND);
    let others = stage.person("kept", "viewer", Some("default")).await;
    owner(&stage, "elsewhere").await;
    assert!(!stage.get("/findings", &others).await.body.contains("elsewhere"));
}

#[tokio::test]
async fn lists_are_filtered_by_a_label_that_a_page_leads_to() {
    let stage = Stage::set().await;
    let owner = owner(&stage, "default").await;
    let (context, mut ids) = (stage.context(), Vec::new());
    for (name, service) in [("shop.example", "check out&"), ("mail.example", "mail")] {
        let labels = Labels::from([("service".to_owned(), service.to_owned())]);
        let id = endpoint(&stage, &format!("{name}:443"), owner, "it ended").await;
        let known = context.store.endpoint(&context.scope, id).await.unwrap().unwrap();
        let changes = [
            Change::PutEndpoint(Endpoint { labels: labels.clone(), ..known }),
            Change::PutLineage(Lineage { labels, ..watched(&stage, name, owner) }),
        ];
        context.apply(None, &Actor::Engine, &changes).await.unwrap();
        ids.push(id);
    }
    let ada = stage.person("ada", "viewer", None).await;
    for page in [format!("/endpoints/{}", ids[0]), "/lineages/shop.example".to_owned()] {
        let body = stage.get(&page, &ada).await.body;
        assert!(body.contains("?label=service%3Dcheck+out%26\">service=check out&#38;</a>"), "{body}");
    }
    for list in ["/endpoints", "/lineages", "/findings"] {
        for (label, shop, mail) in
            [("service", true, true), ("service%3Dcheck+out%26", true, false), ("service%3D", false, false)]
        {
            let body = stage.get(&format!("{list}?label={label}"), &ada).await.body;
            let shown = |name: &str| body.contains(&format!(">{name}")) || body.contains(&format!(" {name}"));
            assert_eq!(
                (shown("shop.example"), shown("mail.example")),
                (shop, mail),
                "{list} {label}: {body}"
            );
        }
    }
    let program = stage.program("deploy", "viewer", None).await;
    for (path, name) in [("/api/v1/endpoints", "target"), ("/api/v1/lineages", "name")] {
        let found = stage.get(&format!("{path}?label=service=mail"), &program).await.json();
        let names =
            found["items"].as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned());
        let names: Vec<String> = names.collect();
        assert!(names.len() == 1 && names[0].starts_with("mail.example"), "{path}: {names:?}");
    }
}

/// Alerts, lineages and silences of others: not seen, and nothing is done to them.
#[tokio::test]
async fn whoever_is_kept_to_an_owner_acts_on_nothing_of_others() {
    let stage = Stage::set().await;
    let context = stage.context();
    let theirs = owner(&stage, "others").await;
    let (alert, silence) = (alert(&stage, theirs), silence(&stage, theirs));
    let lineage = watched(&stage, "secret.example", theirs);
    let changes = [Change::PutAlert(alert.clone()), Change::PutLineage(lineage), Change::PutSilence(silence)];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let all = stage.person("all", "operator", None).await;
    let kept = stage.person("kept", "operator", Some("default")).await;
    for (path, theirs) in [("/alerts", &alert.id.to_string()[..]), ("/silences", "their secret")] {
        let body = stage.get(path, &all).await.body;
        assert!(body.contains(theirs), "{body}");
        let body = stage.get(path, &kept).await.body;
        assert!(!body.contains(theirs), "{body}");
    }
    let acknowledge = format!("/alerts/{}/acknowledge", alert.id);
    for path in [&acknowledge, "/lineages/secret.example/renew", "/lineages/secret.example/rollback"] {
        let answer = stage.post(path, &kept, &[("to", "x")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.body);
    }
    let stored = context.store.alert(&context.scope, alert.id).await.unwrap().unwrap();
    assert_eq!(stored.acknowledged, None);
    assert_eq!(stage.post(&acknowledge, &all, &[("note", "on it")]).await.status, StatusCode::SEE_OTHER);
    let stored = context.store.alert(&context.scope, alert.id).await.unwrap().unwrap();
    assert_eq!(stored.acknowledged.unwrap().by, Actor::User("all".to_owned()));
}

/// Whoever closed the browser ended what it had asked for between two steps.
#[tokio::test]
async fn what_was_asked_for_is_done_although_the_browser_is_closed() {
    let stage = Stage::set().await;
    let context = stage.context();
    let alert = alert(&stage, owner(&stage, "default").await);
    context.apply(None, &Actor::Engine, &[Change::PutAlert(alert.clone())]).await.unwrap();
    let visit = Visit {
        context: context.clone(),
        caller: access::Caller {
            actor: Actor::User("ada".to_owned()),
            grant: Grant { role: Role::Operator, owner: None },
        },
        form_key: String::new(),
        session: None,
        seen: 0,
    };
    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    {
        let asked = pin!(carry_out(&visit, "alert.acknowledge", json!({ "id": alert.id })));
        assert!(futures_util::poll!(asked).is_pending());
    }
    while tasks.num_alive_tasks() > before {
        tokio::task::yield_now().await;
    }
    let stored = context.store.alert(&context.scope, alert.id).await.unwrap().unwrap();
    assert_eq!(stored.acknowledged.unwrap().by, Actor::User("ada".to_owned()));
}

pub(super) fn alert(stage: &Stage, owner_id: OwnerId) -> Alert {
    Alert {
        id: stage.context().new_id(),
        owner_id,
        root: Subject::Installation,
        severity: Severity::Critical,
        peak: Severity::Critical,
        findings: Vec::new(),
        state: AlertState::Open,
        opened_at: NOW,
        quiet_since: None,
        closed_at: None,
        rung: 0,
        told: Vec::new(),
        worsened: 0,
        acknowledged: None,
    }
}

pub(super) fn silence(stage: &Stage, owner: OwnerId) -> Silence {
    Silence {
        id: stage.context().new_id(),
        scope: SilenceScope { owner: Some(owner), ..SilenceScope::default() },
        from: NOW,
        until: NOW + Span::hours(1),
        why: "their secret".to_owned(),
        by: Actor::Engine,
    }
}

pub(super) fn watched(stage: &Stage, name: &str, owner_id: OwnerId) -> Lineage {
    Lineage {
        id: stage.context().new_id(),
        owner_id,
        name: name.to_owned(),
        labels: Labels::new(),
        mode: Mode::WatchOnly(Automation {
            renewer: Renewer::Certbot,
            identifiers: vec![name.parse().unwrap()],
            chain_file: "/etc/letsencrypt/live/x/fullchain.pem".to_owned(),
            key_file: None,
            config_file: None,
            trigger: None,
            habit_permille: None,
            ping: None,
        }),
        current: None,
        renewal: Renewal::default(),
        rehearsed: None,
    }
}

#[tokio::test]
async fn what_was_done_is_in_the_log_with_who_did_it() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let body = stage.get("/events", &ada).await.body;
    for told in ["notafter.user.put.v1", "notafter.session.put.v1", "ada at the command line"] {
        assert!(body.contains(told), "{told}: {body}");
    }
}

/// A path was proved on the command line alone.
#[tokio::test]
async fn a_path_is_proved_from_the_page_that_shows_it() {
    let stage = Stage::set().await;
    let context = stage.context();
    let channel = Channel {
        id: context.new_id(),
        name: "hook".to_owned(),
        kind: "webhook".to_owned(),
        // Nothing listens at the first port.
        settings: serde_json::from_value(json!({ "url": "http://127.0.0.1:1/" })).unwrap(),
    };
    let known = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    let contacts = vec![Contact { channel: "hook".to_owned(), to: None }.into()];
    let changes = [Change::PutChannel(channel), Change::PutOwner(Owner { contacts, ..known })];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let viewer = stage.person("bob", "viewer", None).await;
    let seen = stage.get("/settings", &viewer).await.body;
    assert!(seen.contains("never tried") && !seen.contains("Prove this path"), "{seen}");
    let ada = stage.person("ada", "operator", None).await;
    assert!(stage.get("/settings", &ada).await.body.contains("Prove this path"));
    let fields = [("owner", "default"), ("channel", "hook"), ("to", "")];
    let proved = stage.post("/settings/prove", &ada, &fields).await;
    assert_eq!(proved.status, StatusCode::OK);
    assert!(proved.body.contains("The test message to hook (default) was not taken"), "{}", proved.body);
    assert!(proved.body.contains("fails since"), "{}", proved.body);
    let wrong = stage.post("/settings/confirm", &ada, &[("code", "C0DE")]).await;
    assert_eq!(wrong.status, StatusCode::CONFLICT, "{}", wrong.body);
    assert!(wrong.body.contains("No test message carries the code"), "{}", wrong.body);
}

#[tokio::test]
async fn that_an_owner_still_answers_is_said_on_the_page_that_shows_it() {
    let stage = Stage::set().await;
    let context = stage.context();
    let known = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    let ada = stage.person("ada", "operator", None).await;
    assert!(!stage.get("/settings", &ada).await.body.contains("It still answers"), "nobody is asked");
    let since = NOW - Span::days(20);
    owner(&stage, "others").await;
    let asked = Owner { acknowledge: Some(Span::days(180)), ..known.clone() };
    let changes = [Change::PutOwner(asked), Acknowledging::Begin(known.id, since).into()];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let viewer = stage.person("bob", "viewer", None).await;
    let seen = stage.get("/settings", &viewer).await.body;
    assert!(
        seen.contains("nobody ever said that it answers") && !seen.contains("It still answers"),
        "{seen}"
    );
    let kept = stage.person("cyd", "operator", Some("others")).await;
    assert!(!stage.get("/settings", &kept).await.body.contains("It still answers"), "not within reach");
    let refused = stage.post("/settings/acknowledge", &kept, &[("owner", "default")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.body);
    assert!(stage.get("/settings", &ada).await.body.contains("It still answers"));
    let said = stage.post("/settings/acknowledge", &ada, &[("owner", "default")]).await;
    assert_eq!(said.to.as_deref(), Some("/settings?done=acknowledged"), "{}", said.body);
    let seen = stage.get("/settings?done=acknowledged", &ada).await.body;
    assert!(seen.contains("Written down") && seen.contains("ada said at"), "{seen}");
}

/// Only programs and the command line could revoke.
#[tokio::test]
async fn the_present_version_is_revoked_from_the_page_by_whoever_may_and_says_so() {
    let stage = Stage::set().await;
    let text = "[[issuer]]\nname = \"house\"\nkind = \"private\"\npermitted = [\"internal.example\"]\n\n[[lineage]]\nname = \"shop\"\n\
                identifiers = [\"shop.internal.example\"]\nissuer = \"house\"\n";
    let file = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
    stage.operate("inventory.apply", file).await;
    stage.operate("lifecycle.renew", json!({ "lineage": "shop", "force": true, "block_key": false })).await;
    let context = stage.context();
    let lineage = context.store.lineages(&context.scope).await.unwrap().remove(0);
    let version = context.store.versions_of(&context.scope, lineage.id).await.unwrap().remove(0);
    let (operator, ada) =
        (stage.person("bob", "operator", None).await, stage.person("ada", "admin", None).await);
    let offer = "Revoke it for good";
    assert!(!stage.get("/lineages/shop", &operator).await.body.contains(offer), "it takes an administrator");
    let page = stage.get("/lineages/shop", &ada).await.body;
    assert!(page.contains(offer) && page.contains("cessation-of-operation"), "{page}");

    let id = version.id.to_string();
    let whole = [("version", id.as_str()), ("reason", "superseded"), ("understood", "yes")];
    let refused = stage.post("/lineages/shop/revoke", &operator, &whole).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    for (left_out, words) in [
        ("version", "The form cannot be read"),
        ("reason", "No reason was chosen"),
        ("understood", "It was not confirmed"),
    ] {
        let fields: Vec<_> = whole.iter().copied().filter(|(name, _)| *name != left_out).collect();
        let refused = stage.post("/lineages/shop/revoke", &ada, &fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{left_out}");
        assert!(refused.body.contains(words), "{left_out}: {}", refused.body);
    }
    let revoked = stage.post("/lineages/shop/revoke", &ada, &whole).await;
    let to = revoked.to.unwrap_or_else(|| panic!("{}", revoked.body));
    // A page that is kept as it stands asks for its own address anew.
    let revoked = stage.get(&to, &ada).await;
    for words in ["kept as revoked here", "reason superseded", ">revoked</td>"] {
        assert!(revoked.body.contains(words), "{words}: {}", revoked.body);
    }
    // The page is loaded again, or was open before the renewal.
    let again = stage.post("/lineages/shop/revoke", &ada, &whole).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
    assert!(again.body.contains("has another version now"), "{}", again.body);
}

/// The heading "Renewal" of a watched lineage had nothing below it.
#[tokio::test]
async fn a_watched_lineage_says_who_renews_it() {
    let stage = Stage::set().await;
    let lineage = watched(&stage, "blog.example", owner(&stage, "default").await);
    stage.context().apply(None, &Actor::Engine, &[Change::PutLineage(lineage)]).await.unwrap();
    let ada = stage.person("ada", "admin", None).await;
    let body = stage.get("/lineages/blog.example", &ada).await.body;
    assert!(body.contains("Not by notafter, but by certbot: here it is watched."), "{body}");
    assert!(!body.contains("Revoke it for good"), "nobody here can");
}

/// It was offered to be taken, and called real, served now and being mended.
#[tokio::test]
async fn a_finding_that_is_over_is_told_as_over_and_cannot_be_taken() {
    let stage = Stage::set().await;
    let context = stage.context();
    endpoint(&stage, "shop.example:443", owner(&stage, "default").await, "expired").await;
    let ada = stage.person("ada", "operator", None).await;
    let id = findings_of(&stage).await[0];
    let open = stage.get(&format!("/findings/{id}"), &ada).await.body;
    assert!(open.contains("is real, and it is known.") && !open.contains("being mended"), "{open}");
    assert!(
        open.contains("notafter look shop.example:443") && open.contains("notafter check shop.example:443")
    );
    let finding = context.store.finding(&context.scope, id).await.unwrap().unwrap();
    let closed = Finding { state: FindingState::Closed, closed_at: Some(NOW), ..finding };
    context.apply(None, &Actor::Engine, &[Change::PutFinding(closed)]).await.unwrap();
    let over = stage.get(&format!("/findings/{id}"), &ada).await.body;
    assert!(over.contains("is over since"), "{over}");
    for wrong in ["is real", "being mended", "served now", "I take it", "Nobody has taken it yet"] {
        assert!(!over.contains(wrong), "{wrong}: {over}");
    }
}

/// Screen readers called a button otherwise than it was written (axe: label-content-name-mismatch).
#[test]
fn a_button_is_called_by_what_is_written_on_it() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("aria-label=\"") {
            let (tag, rest) = text[at..].split_once('>').unwrap();
            let element = text[..at].rsplit('<').next().unwrap();
            if !element.starts_with("button") && !element.starts_with("a ") {
                continue;
            }
            let label = tag["aria-label=\"".len()..].split('"').next().unwrap();
            let written = rest.split('<').next().unwrap();
            assert!(label.starts_with(written), "{}: {label:?} for {written:?}", path.display());
        }
    }
}

/// Whatever had been taken stayed a red card at the top, and the button went on to offer that.
#[tokio::test]
async fn what_somebody_has_taken_was_asked_for_still() {
    let stage = Stage::set().await;
    let context = stage.context();
    let default = owner(&stage, "default").await;
    let ada = stage.person("ada", "admin", None).await;
    for target in ["one.example:443", "two.example:443", "taken.example:443"] {
        endpoint(&stage, target, default, &format!("ended at {target}")).await;
    }
    let findings = context.store.findings_open(&context.scope).await.unwrap();
    let alert = |at: &[usize], acknowledged: bool| Alert {
        root: findings[at[0]].violation.subject.clone(),
        findings: at.iter().map(|at| findings[*at].id).collect(),
        acknowledged: acknowledged.then_some(Acknowledgement { at: NOW, by: Actor::Engine, note: None }),
        ..alert(&stage, default)
    };
    let (both, taken) = (alert(&[0, 1], false), alert(&[2], true));
    let changes = [Change::PutAlert(both.clone()), Change::PutAlert(taken.clone())];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let page = stage.get("/", &ada).await.body;
    assert!(page.contains("Needs a person: 2 critical"), "{page}");
    assert_eq!(page.matches("<article class=\"card critical\">").count(), 1, "one cause is one case: {page}");
    assert!(page.contains(&format!("href=\"/alerts/{}\">Take or silence it", both.id)), "{page}");
    assert!(page.contains("<summary>1 taken or silenced</summary>"), "{page}");
    let alerts = stage.get("/alerts", &ada).await.body;
    assert!(alerts.contains(">one.example:443 and 1 more</a>"), "{alerts}");
    assert!(alerts.contains("<li>ended at one.example:443</li>"), "its name is said once: {alerts}");
    assert!(alerts.contains("<li>two.example:443: ended at two.example:443</li>"), "{alerts}");
    let (waits, is_taken) = (alerts.find("one.example").unwrap(), alerts.find("taken.example").unwrap());
    assert!(waits < is_taken, "what waits stands first: {alerts}");
    assert_eq!(alerts.matches("<article class=\"card critical\">").count(), 1, "{alerts}");
}

/// Somebody had taken an alert, and did not see that it was about more since.
#[tokio::test]
async fn an_alert_that_grew_after_it_was_taken_looked_the_same() {
    let stage = Stage::set().await;
    let context = stage.context();
    let default = owner(&stage, "default").await;
    let ada = stage.person("ada", "admin", None).await;
    for target in ["one.example:443", "two.example:443"] {
        endpoint(&stage, target, default, "ended").await;
    }
    let findings = context.store.findings_open(&context.scope).await.unwrap();
    let later = Finding { opened_at: NOW + Span::minutes(5), ..findings[1].clone() };
    let taken = Alert {
        root: findings[0].violation.subject.clone(),
        findings: findings.iter().map(|finding| finding.id).collect(),
        acknowledged: Some(Acknowledgement { at: NOW + Span::minutes(1), by: Actor::Engine, note: None }),
        ..alert(&stage, default)
    };
    let id = taken.id;
    context.apply(None, &Actor::Engine, &[Change::PutFinding(later), Change::PutAlert(taken)]).await.unwrap();
    for page in ["/alerts".to_owned(), format!("/alerts/{id}")] {
        let body = stage.get(&page, &ada).await.body;
        assert!(body.contains("One of its findings began after that."), "{page}: {body}");
    }
}

/// "Nobody needs to be told of anything", with everything red and not one contact.
#[tokio::test]
async fn what_nobody_could_be_told_of_was_nothing_to_tell() {
    let stage = Stage::set().await;
    let default = owner(&stage, "default").await;
    let ada = stage.person("ada", "admin", None).await;
    let nothing = stage.get("/alerts", &ada).await.body;
    assert!(nothing.contains("Nobody needs to be told of anything."), "{nothing}");
    endpoint(&stage, "shop.example:443", default, "ended").await;
    let untold = stage.get("/alerts", &ada).await.body;
    assert!(untold.contains("1 critical open, and nobody who could be told"), "{untold}");
}

/// The tiles of the overview led to all endpoints.
#[tokio::test]
async fn endpoints_are_chosen_by_how_they_stand() {
    let stage = Stage::set().await;
    let default = owner(&stage, "default").await;
    let ada = stage.person("ada", "admin", None).await;
    endpoint(&stage, "ended.example:443", default, "ended").await;
    let home = stage.get("/", &ada).await.body;
    assert!(home.contains("<a href=\"/endpoints?state=critical\"><strong>1</strong>"), "{home}");
    let listed = async |state: &str| {
        let page = stage.get(&format!("/endpoints?state={state}"), &ada).await.body;
        let api = stage.get(&format!("/api/v1/endpoints?state={state}"), &ada).await.body;
        (page.contains("ended.example"), api.contains("ended.example"))
    };
    assert_eq!(listed("critical").await, (true, true));
    for other in ["warning", "unknown", "not-looked-at", "ok"] {
        assert_eq!(listed(other).await, (false, false), "{other}");
    }
}

/// A list that was asked for by a name that nothing has was the whole list.
#[tokio::test]
async fn a_choice_that_is_not_there_is_refused_and_an_empty_one_is_none() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    for path in ["/findings?severity=", "/findings?state=", "/endpoints?state=", "/lifetimes?zoom="] {
        assert_eq!(stage.get(path, &ada).await.status, StatusCode::OK, "{path}");
        let wrong = stage.get(&format!("{path}zz"), &ada).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(wrong.body.contains("there is no"), "{path}: {}", wrong.body);
    }
}
