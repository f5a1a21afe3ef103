//! From a finding to a person: who is told, on which path, and what is kept of it.

use std::sync::Arc;

use notafter_cert::{Span, Time};
use notafter_engine::access::Peer;
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::findings;
use notafter_engine::open::{Installation, open_with};
use notafter_engine::operate;
use notafter_engine::operate::alert::{Listed, Listing, Tested};
use notafter_engine::path_link;
use notafter_engine::settings::Settings;
use notafter_engine::tasks::{self, alert};
use notafter_inventory::finding::{Judged, all_judged};
use notafter_inventory::model::*;
use notafter_inventory::plan::prove;
use notafter_lab::http_sink::{HttpSink, Reply};
use notafter_lab::smtp_sink::{self, Behaviour, Mail, SmtpSink};
use notafter_net::Clock;
use notafter_net::dns::Resolver;
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::trust::Trust;
use notafter_store::Change;
use serde_json::json;
use tempfile::TempDir;

/// A Wednesday.
const START: &str = "2026-11-25T03:00:00Z";

pub(crate) struct Stage {
    _folder: TempDir,
    pub(crate) installation: Installation,
    driver: Driver,
    pub(crate) mail: SmtpSink,
    pub(crate) hook: HttpSink,
}

pub(crate) fn ada() -> Actor {
    Actor::Person("ada".to_owned())
}

pub(crate) fn to(channel: &str, address: Option<&str>) -> Contact {
    Contact { channel: channel.to_owned(), to: address.map(str::to_owned) }
}

async fn open(settings: &Settings, clock: Clock) -> Installation {
    let resolver = Resolver::system(Span::seconds(2));
    let eye = Arc::new(Network::new(Options {
        resolver: resolver.clone(),
        policy: AddressPolicy::Server { private_allowed: true },
        clock: clock.clone(),
        within: Span::seconds(2),
        vantage: "local".to_owned(),
    }));
    open_with(settings, clock, resolver, eye, &Trust::mozilla()).await.unwrap()
}

impl Stage {
    /// An installation with a mail and a webhook channel, and a default owner with these contacts.
    pub(crate) async fn set(contacts: Vec<Contact>) -> Self {
        Self::with_settings(contacts, Settings::default()).await
    }

    pub(crate) async fn with_settings(contacts: Vec<Contact>, settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let mail = SmtpSink::start(any, smtp_sink::Options::default()).await.unwrap();
        let hook = HttpSink::start(any, None).await.unwrap();
        let settings = Settings {
            data: Some(folder.path().join("data")),
            key_encryption_key: Some(folder.path().join("kek")),
            ..settings
        };
        let clock = Clock::staged(START.parse().unwrap());
        let installation = open(&settings, clock).await;
        let context = &installation.context;
        let default = context.store.owner_named(&context.scope, alert::DEFAULT_OWNER).await.unwrap().unwrap();
        let smtp = json!({
            "host": mail.address().ip(), "port": mail.address().port(), "tls": "none",
            "from": "notafter@example.org",
        });
        let webhook = json!({ "url": format!("http://{}/events", hook.address()) });
        let channel = |name: &str, kind: &str, settings| {
            Change::PutChannel(Channel {
                id: context.new_id(),
                name: name.to_owned(),
                kind: kind.to_owned(),
                settings: serde_json::from_value(settings).unwrap(),
            })
        };
        let changes = [
            channel("mail", "smtp", smtp),
            channel("hook", "webhook", webhook),
            Change::PutOwner(Owner { contacts: contacts.into_iter().map(Rung::from).collect(), ..default }),
        ];
        context.apply(None, &ada(), &changes).await.unwrap();
        tasks::ensure(context).await.unwrap();
        let driver = Driver::new(Arc::clone(context));
        Self { _folder: folder, installation, driver, mail, hook }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.installation.context
    }

    pub(crate) fn now(&self) -> Time {
        self.context().clock.now()
    }

    pub(crate) async fn pass(&self, span: Span) {
        self.driver.run_until(self.now() + span).await.unwrap();
    }

    pub(crate) async fn default_owner(&self) -> OwnerId {
        let context = self.context();
        context.store.owner_named(&context.scope, alert::DEFAULT_OWNER).await.unwrap().unwrap().id
    }

    /// The rules spoke about shop.example.
    pub(crate) async fn judge(&self, severity: Severity) {
        let context = self.context();
        let subject = Subject::Named("shop.example".to_owned());
        let open = context.store.findings_open_of(&context.scope, &subject).await.unwrap();
        let critical = severity == Severity::Critical;
        let not_after = if critical { "2026-11-26T04:31:00Z" } else { "2027-01-20T04:31:00Z" };
        let violation = Violation {
            code: "certificate.expires-soon".to_owned(),
            severity,
            subject,
            cause: "9f".repeat(32),
            text: "expires soon".to_owned(),
            hint: "renew it".to_owned(),
            evidence: json!({ "not_after": not_after }),
        };
        let judged = Judged {
            owner_id: self.default_owner().await,
            at: self.now(),
            violations: vec![violation],
            judged: &all_judged,
        };
        let changes = findings::changes(&open, judged, Criticality::default(), &mut || context.random());
        context.apply(None, &Actor::Engine, &changes).await.unwrap();
        self.pass(Span::ZERO).await;
    }

    pub(crate) async fn operate<R: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        args: serde_json::Value,
    ) -> R {
        let answer = operate::call(self.context(), &ada(), name, args).await.unwrap();
        serde_json::from_value(answer).unwrap()
    }

    pub(crate) async fn refused(&self, name: &str, args: serde_json::Value) -> String {
        operate::call(self.context(), &ada(), name, args).await.unwrap_err().code
    }

    pub(crate) async fn open_codes(&self) -> Vec<String> {
        let context = self.context();
        let open = context.store.findings_open(&context.scope).await.unwrap();
        open.into_iter().map(|finding| finding.violation.code).collect()
    }

    /// Proves every path, so that only what a story is about is told.
    pub(crate) async fn prove(&self) {
        let before = self.mail.mails().len();
        let _: Vec<Tested> = self.operate("alert.test", json!({ "channel": null, "owner": null })).await;
        for mail in &self.mail.mails()[before..] {
            let code = code_in(mail);
            let _: serde_json::Value = self.operate("alert.confirm", json!({ "code": code })).await;
        }
        self.pass(Span::hours(1)).await;
    }
}

fn code_in(mail: &Mail) -> String {
    let body = mail.body();
    let line = body.lines().find_map(|line| line.trim().strip_prefix("notafter alert confirm "));
    line.unwrap().to_owned()
}

fn subjects(mails: &[Mail]) -> Vec<String> {
    mails.iter().map(|mail| format!("{}: {}", mail.to[0], mail.header("Subject").unwrap())).collect()
}

/// What the messages of an open alert carry, as links that somebody follows on a phone.
pub(crate) async fn with_pages(base_url: &str, first: &str) -> Stage {
    let settings = Settings { base_url: Some(base_url.to_owned()), ..Settings::default() };
    let mut contacts = vec![to("mail", Some("oncall@shop.example")), to("hook", None)];
    contacts.sort_by_key(|contact| contact.channel != first);
    let stage = Stage::with_settings(contacts, settings).await;
    stage.prove().await;
    stage
}

impl Stage {
    /// What the program got, from the one of this number on.
    pub(crate) fn events(&self, from: usize) -> Vec<serde_json::Value> {
        let asked = self.hook.asked();
        asked[from..].iter().map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect()
    }

    /// The links of the newest event.
    pub(crate) fn links(&self) -> serde_json::Value {
        let asked = self.hook.asked();
        let event: serde_json::Value = serde_json::from_slice(&asked.last().unwrap().body).unwrap();
        event["data"]["details"]["links"].clone()
    }
}

/// The token of a link, which nobody else can make.
pub(crate) fn token(link: &serde_json::Value) -> String {
    link.as_str().unwrap().split('/').nth(4).unwrap().to_owned()
}

pub(crate) fn phone() -> Peer {
    Peer { address: "192.0.2.7".parse().unwrap(), agent: "phone".to_owned() }
}

#[tokio::test]
async fn a_finding_is_told_climbs_is_taken_and_its_end_is_told() {
    let stage =
        Stage::set(vec![to("mail", Some("oncall@shop.example")), to("mail", Some("lead@shop.example"))])
            .await;
    stage.prove().await;
    let before = stage.mail.mails().len();
    stage.judge(Severity::Critical).await;
    stage.pass(Span::minutes(31)).await;
    let listing: Listing = stage.operate("alert.list", json!({ "all": false })).await;
    let alert = &listing.alerts[0].alert;
    assert_eq!(alert.told.len(), 2, "{listing:?}");
    let _: Alert = stage.operate("alert.acknowledge", json!({ "id": alert.id, "note": "on it" })).await;
    stage.pass(Span::hours(30)).await;
    stage.judge(Severity::Ok).await;
    stage.pass(Span::minutes(15)).await;
    let mut told = subjects(&stage.mail.mails()[before..]);
    // Taken or not, that it has ended is news; both hear of it, and of the end of it all, at the same time, in any order.
    told[2..4].sort();
    told[4..].sort();
    insta::assert_snapshot!(told.join("\n"));
    let again = stage.refused("alert.acknowledge", json!({ "id": alert.id, "note": null })).await;
    assert_eq!(again, "alert.over");

    let context = stage.context();
    for told in &alert.told {
        let delivery = context.store.delivery(&context.scope, told.delivery_id).await.unwrap().unwrap();
        assert_eq!(delivery.state, DeliveryState::Accepted);
        assert_eq!(delivery.attempts[0].detail, "250 2.0.0 queued");
    }
}

/// A stage whose only contact is PagerDuty, played by the web sink.
async fn paged() -> Stage {
    let stage = Stage::set(vec![to("pager", None)]).await;
    stage.hook.reply(taken_by_pagerduty());
    let context = stage.context();
    let name = "env:ROUTING_KEY".to_owned();
    let sealed = context.keyring.read().await.seal_secret(&name, b"0123456789abcdef").unwrap();
    let url = format!("http://{}/v2/enqueue", stage.hook.address());
    let settings = json!({ "url": url, "routing_key": name });
    let changes = [
        Change::PutSecret { name, kek_id: sealed.kek_id(), sealed: sealed.as_bytes().to_vec() },
        Change::PutChannel(Channel {
            id: context.new_id(),
            name: "pager".to_owned(),
            kind: "pagerduty".to_owned(),
            settings: serde_json::from_value(settings).unwrap(),
        }),
    ];
    context.apply(None, &ada(), &changes).await.unwrap();
    stage
}

fn taken_by_pagerduty() -> Reply {
    let body = json!({ "status": "success", "dedup_key": "k" }).to_string();
    Reply::Answer { status: 202, headers: Vec::new(), body }
}

impl Stage {
    /// Somebody takes the alert about shop.example.
    async fn take(&self) -> AlertId {
        let listing: Listing = self.operate("alert.list", json!({ "all": false })).await;
        let about = |listed: &&Listed| listed.name == "shop.example";
        let id = listing.alerts.iter().find(about).unwrap().alert.id;
        let _: Alert = self.operate("alert.acknowledge", json!({ "id": id, "note": "on it" })).await;
        id
    }

    /// What PagerDuty was asked to do with this incident.
    fn actions(&self, key: &str) -> Vec<String> {
        let told = self.hook.asked().into_iter().map(|asked| serde_json::from_slice(&asked.body).unwrap());
        let about = told.filter(|event: &serde_json::Value| event["dedup_key"] == key);
        about.map(|event| event["event_action"].as_str().unwrap().to_owned()).collect()
    }
}

/// Somebody who typed `notafter alert ack` was paged on by PagerDuty.
#[tokio::test]
async fn who_took_an_alert_is_told_to_a_product_that_would_page_on() {
    let stage = paged().await;
    stage.judge(Severity::Critical).await;
    stage.pass(Span::minutes(1)).await;
    let id = stage.take().await;
    stage.pass(Span::hours(1)).await;
    stage.judge(Severity::Ok).await;
    stage.pass(Span::minutes(16)).await;
    assert_eq!(stage.actions(&id.to_string()), ["trigger", "acknowledge", "resolve"]);
}

/// What waited for PagerDuty while somebody took the alert paged once PagerDuty was back; that it got worse pages.
#[tokio::test]
async fn what_somebody_took_meanwhile_does_not_page_any_more_until_it_gets_worse() {
    let stage = paged().await;
    stage.hook.reply(Reply::status(503));
    stage.judge(Severity::Warning).await;
    stage.pass(Span::seconds(10)).await;
    let id = stage.take().await.to_string();
    let before = stage.actions(&id).len();
    stage.hook.reply(taken_by_pagerduty());
    stage.pass(Span::minutes(10)).await;
    assert_eq!(stage.actions(&id)[before..], ["acknowledge"]);
    stage.judge(Severity::Critical).await;
    stage.pass(Span::minutes(1)).await;
    assert_eq!(stage.actions(&format!("{id}-2")), ["trigger"]);
    assert_eq!(stage.actions(&id)[before..], ["acknowledge", "resolve"]);
}

/// "told: hook" was said of a webhook that had refused every message: in an incident that is where people look who knows.
#[tokio::test]
async fn whoever_took_no_message_is_not_listed_as_told() {
    let stage = Stage::set(vec![to("hook", None)]).await;
    stage.hook.reply(Reply::status(503));
    stage.judge(Severity::Critical).await;
    stage.pass(Span::seconds(30)).await;
    let in_vain = async || {
        let listing: Listing = stage.operate("alert.list", json!({ "all": false })).await;
        let listed = listing.alerts.into_iter().find(|listed| listed.name == "shop.example").unwrap();
        assert!(!listed.alert.told.is_empty(), "it was sent");
        listed.not_reached
    };
    assert_eq!(in_vain().await, [to("hook", None)]);
    stage.hook.reply(Reply::status(200));
    stage.pass(Span::minutes(30)).await;
    assert_eq!(in_vain().await, []);
}

#[tokio::test]
async fn a_mail_server_that_accepts_and_drops_proves_nothing() {
    let stage = Stage::set(vec![to("mail", Some("oncall@shop.example"))]).await;
    stage.mail.behave(Behaviour::AcceptAndDrop);
    let tested: Vec<Tested> = stage.operate("alert.test", json!({ "channel": "mail", "owner": null })).await;
    assert_eq!((tested[0].state, tested[0].needs_code), (DeliveryState::Accepted, true));
    assert_eq!(stage.mail.dropped(), 1);
    stage.pass(Span::days(10)).await;
    assert_eq!(stage.open_codes().await, ["alert.no-proved-path"], "it stays");
    assert_eq!(stage.refused("alert.confirm", json!({ "code": "AAAAAA" })).await, "alert.code-unknown");

    stage.mail.behave(Behaviour::Keep);
    stage.prove().await;
    assert_eq!(stage.open_codes().await, Vec::<String>::new());
    stage.mail.behave(Behaviour::AcceptAndDrop);
    stage.pass(Path::PROOF_HOLDS - prove::ASKED_BEFORE + Path::ANSWER_WITHIN + Span::days(3)).await;
    assert_eq!(stage.open_codes().await, ["alert.path-silent"], "it is noticed before the proof ends");
    stage.pass(prove::ASKED_BEFORE).await;
    let mut codes = stage.open_codes().await;
    codes.sort();
    assert_eq!(codes, ["alert.no-proved-path", "alert.path-silent"], "a proof ages");
}

/// A proof ended after half a year without a word, and a mailbox that nobody read was believed in until then.
#[tokio::test]
async fn people_are_asked_before_their_proof_ends_and_their_silence_is_told_on_another_path() {
    let stage = with_pages("https://na.example", "mail").await;
    let (mails, before) = (stage.mail.mails().len(), stage.hook.asked().len());
    let asked_at = stage.now() + Path::PROOF_HOLDS - prove::ASKED_BEFORE;
    stage.pass(asked_at.since(stage.now()) - Span::hours(2)).await;
    assert_eq!(subjects(&stage.mail.mails()[mails..]), Vec::<String>::new());
    // Regular tests prove the way of the program; each is quiet, and one a week is enough.
    let tests = stage.events(before);
    assert!((23..=24).contains(&tests.len()), "{tests:?}");
    assert!(tests.iter().all(|event| event["type"] == "notafter.path.tested.v1"), "{tests:?}");

    stage.pass(Span::days(3)).await;
    let question = stage.mail.mails()[mails].clone();
    let body = question.body().replace("\r\n", "\n");
    let link = body.lines().find_map(|line| line.trim().strip_prefix("on a phone: ")).unwrap().to_owned();
    let shown = body.replace(&code_in(&question), "CODE").replace(&link, "LINK");
    insta::assert_snapshot!(shown);

    // Nobody answers. The next contact hears of it at once, and not the silent one alone.
    let before = stage.hook.asked().len();
    stage.pass(Path::ANSWER_WITHIN).await;
    assert_eq!(stage.open_codes().await, ["alert.path-silent"]);
    let told = |before: usize| -> Vec<String> {
        let events = stage.events(before).into_iter();
        let alerts = events.filter(|event| event["data"]["details"]["alert"].is_string());
        alerts.map(|event| event["data"]["text"].as_str().unwrap().to_owned()).collect()
    };
    insta::assert_snapshot!(told(before).join("\n"));

    // Whoever looks answers nothing, and whoever presses the button does; the old link is too old by now.
    let context = stage.context();
    let token = |link: &str| link.split('/').nth(4).unwrap().to_owned();
    let old = path_link::look(context, &token(&link), &phone()).await.unwrap_err();
    assert_eq!(old.code, "alert.link-leads-nowhere");
    let again = stage.mail.mails();
    let again = again.iter().rev().find(|mail| mail.header("Subject").unwrap().starts_with("TEST")).unwrap();
    let again = again.body();
    let link = again.lines().find_map(|line| line.trim().strip_prefix("on a phone: ")).unwrap();
    let shown = path_link::look(context, &token(link), &phone()).await.unwrap();
    assert_eq!((shown.contact.as_str(), shown.confirmed_until), ("oncall@shop.example", None));
    path_link::confirm(context, &token(link), &phone()).await.unwrap();
    path_link::confirm(context, &token(link), &phone()).await.unwrap();
    let shown = path_link::look(context, &token(link), &phone()).await.unwrap();
    assert_eq!(shown.confirmed_until, Some(stage.now() + Path::PROOF_HOLDS));
    let before = stage.hook.asked().len();
    stage.pass(Span::hours(1)).await;
    assert_eq!(stage.open_codes().await, Vec::<String>::new());
    assert!(told(before)[0].starts_with("RECOVERED"), "{:?}", told(before));
    let events = context.store.events_before(&context.scope, None, 100).await.unwrap();
    let by = Actor::Answer("oncall@shop.example".to_owned());
    let confirmed: Vec<_> = events.iter().filter(|event| event.actor == by).collect();
    assert_eq!(confirmed.len(), 1, "once: {confirmed:?}");
    let mails = stage.mail.mails().len();
    stage.pass(Span::days(100)).await;
    assert_eq!(stage.mail.mails().len(), mails, "and nobody is asked anew for months");
}

/// What nobody answers at is not known to work, but what is known not to work is told as that alone.
#[tokio::test]
async fn a_path_that_fails_is_not_called_silent() {
    let stage = Stage::set(vec![to("mail", Some("oncall@shop.example")), to("hook", None)]).await;
    stage.prove().await;
    stage.pass(Path::PROOF_HOLDS - prove::ASKED_BEFORE - Span::days(1)).await;
    stage.mail.behave(Behaviour::Refuse);
    stage.pass(Path::ANSWER_WITHIN + Span::days(4)).await;
    let codes = stage.open_codes().await;
    assert!(codes.contains(&"notifier.failing".to_owned()), "{codes:?}");
    assert!(!codes.contains(&"alert.path-silent".to_owned()), "{codes:?}");
}

#[tokio::test]
async fn a_failing_channel_is_itself_told_by_another_path() {
    let stage = Stage::set(vec![to("mail", Some("oncall@shop.example")), to("hook", None)]).await;
    stage.prove().await;
    let before = stage.hook.asked().len();
    stage.mail.behave(Behaviour::Defer);
    stage.judge(Severity::Critical).await;
    // Three tries, with pauses of half a minute and a minute: sooner than the half hour of an unheard alert.
    stage.pass(Span::minutes(3)).await;
    let mut told: Vec<String> = stage.hook.asked()[before..]
        .iter()
        .map(|asked| {
            let event: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
            format!("{} {}", event["type"].as_str().unwrap(), event["data"]["text"].as_str().unwrap())
        })
        .collect();
    told.sort();
    let shown = told.join("\n").replace(&stage.mail.address().to_string(), "SINK");
    insta::assert_snapshot!(shown);
    assert!(stage.open_codes().await.contains(&"notifier.failing".to_owned()));

    stage.mail.behave(Behaviour::Keep);
    stage.pass(Span::hours(2)).await;
    assert!(!stage.open_codes().await.contains(&"notifier.failing".to_owned()), "a message went out again");
    let late = stage.mail.mails();
    assert!(
        subjects(&late).iter().any(|subject| subject.contains("CRITICAL shop.example")),
        "nothing is lost"
    );
}

#[tokio::test]
async fn nobody_to_tell_is_a_finding_and_not_an_alert() {
    let stage = Stage::set(Vec::new()).await;
    stage.judge(Severity::Critical).await;
    stage.pass(Span::days(1)).await;
    let mut codes = stage.open_codes().await;
    codes.sort();
    assert_eq!(codes, ["certificate.expires-soon", "owner.unreachable"]);
    assert_eq!(
        stage.refused("alert.test", json!({ "channel": null, "owner": null })).await,
        "alert.nobody-to-tell"
    );
}

#[tokio::test]
async fn silences_hold_until_they_end_and_give_a_reason() {
    let stage = Stage::set(vec![to("mail", Some("oncall@shop.example"))]).await;
    stage.prove().await;
    let before = stage.mail.mails().len();
    let args = |code: Option<&str>, span: i64, why: &str| json!({ "code": code, "subject": null, "owner": null, "until": null, "for_how_long": Span::hours(span), "why": why });
    for bad in [
        args(None, 1, "x"),
        args(Some("certificate.*"), 1, " "),
        args(Some("certificate.*"), 24 * 91, "x"),
        args(Some("certificate.*"), -1, "x"),
    ] {
        assert_eq!(stage.refused("alert.silence", bad).await, "alert.silence-refused");
    }
    let silence: Silence = stage.operate("alert.silence", args(Some("certificate.*"), 5, "planned")).await;
    stage.judge(Severity::Critical).await;
    stage.pass(Span::hours(4)).await;
    assert_eq!(stage.mail.mails().len(), before);
    stage.pass(Span::hours(1)).await;
    assert_eq!(stage.mail.mails().len(), before + 1, "told when the silence ends");
    assert_eq!(stage.refused("alert.unsilence", json!({ "id": silence.id })).await, "alert.silence-unknown");
}

#[tokio::test]
async fn the_digest_comes_on_monday_morning() {
    let stage = Stage::set(vec![to("mail", Some("oncall@shop.example"))]).await;
    stage.prove().await;
    stage.judge(Severity::Warning).await;
    let listing: Listing = stage.operate("alert.list", json!({ "all": false })).await;
    let _: Alert =
        stage.operate("alert.acknowledge", json!({ "id": listing.alerts[0].alert.id, "note": null })).await;
    let before = stage.mail.mails().len();
    let monday: Time = "2026-11-30T09:00:00Z".parse().unwrap();
    stage.pass(monday.since(stage.now()) - Span::seconds(1)).await;
    assert_eq!(stage.mail.mails().len(), before);
    stage.pass(Span::seconds(1)).await;
    let mails = stage.mail.mails();
    assert_eq!(
        subjects(&mails[before..]),
        ["oncall@shop.example: DIGEST default: 1 finding open (WARNING at worst), 0 renewed"]
    );
    stage.pass(Span::days(7)).await;
    assert_eq!(stage.mail.mails().len(), before + 2, "once a week");
}

#[tokio::test]
async fn the_dead_mans_switch_is_pinged_while_every_loop_gets_on() {
    let service = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    service.reply(Reply::status(200));
    let settings = Settings {
        dead_man_url: Some(format!("http://{}/ping/0192", service.address())),
        ..Settings::default()
    };
    let stage = Stage::with_settings(Vec::new(), settings).await;
    stage.pass(Span::minutes(10)).await;
    let pings = service.asked();
    assert!((10..=11).contains(&pings.len()), "{}", pings.len());
    assert_eq!((pings[0].method.as_str(), pings[0].path.as_str()), ("GET", "/ping/0192"));

    let context = stage.context();
    context.progress.beat("a loop that hangs", stage.now(), Span::minutes(2));
    stage.pass(Span::minutes(2)).await;
    let before = service.asked().len();
    stage.pass(Span::minutes(10)).await;
    assert_eq!(service.asked().len(), before, "silence is the message");
    context.progress.end("a loop that hangs");
    stage.pass(Span::minutes(1)).await;
    assert_eq!(service.asked().len(), before + 1);
}

#[tokio::test]
async fn what_was_decided_is_told_after_a_crash_and_under_the_same_identity() {
    let stage = Stage::set(vec![to("hook", None)]).await;
    stage.prove().await;
    let before = stage.hook.asked().len();
    stage.hook.reply(Reply::status(503));
    stage.judge(Severity::Critical).await;
    let first = stage.hook.asked().last().unwrap().header("idempotency-key").unwrap().to_owned();
    // The process dies; the next one finds the message in the store, and sends it as the same one.
    let Stage { _folder, installation, driver, hook, .. } = stage;
    let (settings, clock) = (installation.context.settings.clone(), installation.context.clock.clone());
    drop((driver, installation));
    let next = open(&settings, clock.clone()).await;
    hook.reply(Reply::status(204));
    Driver::new(next.context).run_until(clock.now() + Span::minutes(2)).await.unwrap();
    let asked = hook.asked();
    let of_alert: Vec<_> =
        asked[before..].iter().filter(|asked| asked.header("idempotency-key") == Some(&first)).collect();
    assert_eq!(of_alert.len(), 2);
    assert_eq!(of_alert[0].body, of_alert[1].body);
}

#[tokio::test]
async fn an_applied_file_is_heard_at_once_and_what_it_removes_is_over() {
    let stage = Stage::set(Vec::new()).await;
    let apply = async |contacts: &str, endpoint: &str| {
        let text = format!(
            "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             from = \"notafter@example.org\"\n\n[[owner]]\nname = \"default\"\ncontacts = [{contacts}]\n\n{endpoint}",
            stage.mail.address().port()
        );
        let args = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
        let _: serde_json::Value = stage.operate("inventory.apply", args).await;
        stage.pass(Span::minutes(20)).await;
    };
    assert!(stage.mail.mails().is_empty());
    let nobody_answers = "[[endpoint]]\ntarget = \"127.0.0.1:9\"\n";
    apply("{ channel = \"mail\", to = \"ops@example.org\" }", nobody_answers).await;
    stage.prove().await;
    let told = subjects(&stage.mail.mails());
    assert!(told.iter().any(|subject| subject.contains("CRITICAL 127.0.0.1:9")), "{told:?}");
    assert!(stage.open_codes().await.contains(&"endpoint.refused".to_owned()));

    apply("{ channel = \"mail\", to = \"ops@example.org\" }", "").await;
    assert_eq!(stage.open_codes().await, Vec::<String>::new());
    let told = subjects(&stage.mail.mails());
    assert!(told.last().unwrap().contains("RECOVERED"), "{told:?}");
}

/// Paths age by the day: a setting that was mended stayed a finding for as long.
#[tokio::test]
async fn a_setting_that_was_mended_is_no_finding_any_more_after_the_start() {
    let stage = Stage::set(vec![to("hook", None)]).await;
    stage.prove().await;
    let Stage { _folder, installation, driver, .. } = stage;
    let (settings, clock) = (installation.context.settings.clone(), installation.context.clock.clone());
    drop((driver, installation));
    for (base_url, is_one) in [("http://localhost:8400", true), ("https://na.example", false)] {
        let settings = Settings { base_url: Some(base_url.to_owned()), ..settings.clone() };
        let next = open(&settings, clock.clone()).await;
        tasks::ensure(&next.context).await.unwrap();
        Driver::new(Arc::clone(&next.context)).run_until(clock.now() + Span::minutes(1)).await.unwrap();
        let found = next.context.store.findings_open(&next.context.scope).await.unwrap();
        let found = found.iter().any(|finding| finding.violation.code == "alert.no-links");
        assert_eq!(found, is_one, "{base_url}");
    }
}
