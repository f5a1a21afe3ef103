//! What people answer to a message about an alert: by its links, and by a reply to its mail.

use notafter_cert::Span;
use notafter_engine::access::Peer;
use notafter_engine::alert_link;
use notafter_engine::alert_reply::{Answered, Done};
use notafter_engine::findings;
use notafter_engine::operate;
use notafter_engine::operate::alert::Listing;
use notafter_inventory::finding::{Judged, all_judged};
use notafter_inventory::model::*;
use notafter_inventory::reply::{self, Read};
use notafter_lab::smtp_sink::Mail;
use notafter_store::Change;
use serde_json::json;

use crate::alert::{Stage, ada, phone, to, token, with_pages};

/// The links of a mail are long: they stand on lines of their own, whole.
#[tokio::test]
async fn a_mail_about_an_open_alert_has_links_and_one_about_its_end_has_none() {
    let stage = with_pages("https://na.example/", "mail").await;
    let before = stage.mail.mails().len();
    stage.judge(Severity::Critical).await;
    let id = stage.taken_by_nobody().await;
    let mail = stage.mail.mails()[before].clone();
    let mails_link = |does: &str| {
        let body = mail.body();
        let line = body.lines().find(|line| line.ends_with(does)).unwrap().to_owned();
        line.split_whitespace().last().unwrap().to_owned()
    };
    let (take, quiet) = (mails_link("/acknowledge"), mails_link("/silence"));
    let told = mail.body().replace(&take, "https://na.example/alert/TAKE/acknowledge");
    let told =
        told.replace(&quiet, "https://na.example/alert/QUIET/silence").replace(&id.to_string(), "al_0");
    insta::assert_snapshot!(told.replace("\r\n", "\n"));
    stage.pass(Span::minutes(31)).await;
    let links = stage.links();
    assert!(links["silence"].is_string(), "{links}");
    assert_ne!(json!(take), links["acknowledge"], "each contact has links of its own");
    let context = stage.context();
    let stored = context.store.deliveries(&context.scope, 10).await.unwrap();
    assert!(!serde_json::to_string(&stored).unwrap().contains("na.example"), "what is kept holds no link");
    stage.judge(Severity::Ok).await;
    stage.pass(Span::minutes(16)).await;
    assert_eq!(stage.links(), serde_json::Value::Null, "it is over");
}

impl Stage {
    async fn taken_by_nobody(&self) -> AlertId {
        let listing: Listing = self.operate("alert.list", json!({ "all": false })).await;
        let listed = listing.alerts.iter().find(|listed| listed.name == "shop.example").unwrap();
        assert_eq!(listed.alert.acknowledged, None);
        listed.alert.id
    }
}

/// A link that leads to this machine alone is worse than none on a phone.
#[tokio::test]
async fn where_the_pages_are_reached_from_this_machine_alone_messages_carry_no_links() {
    for base_url in ["http://127.0.0.1:8400", "http://localhost:8400"] {
        let stage = with_pages(base_url, "hook").await;
        stage.judge(Severity::Critical).await;
        assert_eq!(stage.links(), serde_json::Value::Null, "{base_url}");
        stage.pass(Span::minutes(31)).await;
        let mail = stage.mail.mails().last().unwrap().body();
        assert!(mail.contains("notafter alert ack") && !mail.contains("on a phone"), "{mail}");
        assert!(stage.open_codes().await.contains(&"alert.no-links".to_owned()));
    }
}

#[tokio::test]
async fn whoever_has_the_link_takes_the_alert_once_and_the_log_says_who_it_was() {
    let stage = with_pages("https://na.example", "hook").await;
    stage.judge(Severity::Critical).await;
    let (id, token) = (stage.taken_by_nobody().await, token(&stage.links()["acknowledge"]));
    let context = stage.context();
    let shown = alert_link::look(context, LinkDoes::Acknowledge, &token, &phone()).await.unwrap();
    assert_eq!((shown.contact.as_str(), shown.spent), ("hook", None));
    assert_eq!(stage.taken_by_nobody().await, id, "looking does nothing");

    // Two at the same moment: one of them did it.
    let peer = phone();
    let tries = (0..2).map(|_| alert_link::acknowledge(context, &token, " on it ", &peer));
    let done = futures_util::future::join_all(tries).await;
    let refused: Vec<_> = done.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].code, "alert.link-spent");
    let said = "hook took the alert with this link at 2026-11-25 04:00 UTC, and nothing was done again";
    assert_eq!(refused[0].what, said);

    let taken = context.store.alert(&context.scope, id).await.unwrap().unwrap().acknowledged.unwrap();
    let by = Actor::Link { contact: "hook".to_owned(), alert: id };
    assert_eq!((taken.by.clone(), taken.note.as_deref()), (by.clone(), Some("on it")));
    assert_eq!(taken.by.to_string(), format!("hook by link of alert {id}"));
    let events = context.store.events_before(&context.scope, None, 100).await.unwrap();
    let logged = events.iter().find(|event| event.kind == "notafter.alert.acknowledged.v1").unwrap();
    assert_eq!(logged.actor, by);
    assert!(!serde_json::to_string(&events).unwrap().contains(&token), "the log holds no link");
    let shown = alert_link::look(context, LinkDoes::Acknowledge, &token, &phone()).await.unwrap();
    assert_eq!(shown.spent.unwrap().at, stage.now());
}

#[tokio::test]
async fn whoever_has_the_link_silences_the_alert_until_an_instant() {
    let stage = with_pages("https://na.example", "hook").await;
    stage.judge(Severity::Critical).await;
    let token = token(&stage.links()["silence"]);
    let context = stage.context();
    let quiet =
        async |why: &str| alert_link::silence(context, &token, (QuietFor::FourHours, why), &phone()).await;
    assert_eq!(quiet(" ").await.unwrap_err().code, "alert.silence-refused");
    quiet("the new certificate is on its way").await.unwrap();
    assert_eq!(quiet("again").await.unwrap_err().code, "alert.link-spent");
    let listing: Listing = stage.operate("alert.list", json!({ "all": false })).await;
    let until = Some(stage.now() + Span::hours(4));
    let listed = listing.alerts.iter().find(|listed| listed.name == "shop.example").unwrap();
    assert_eq!((listed.silenced_until, listing.silences.len()), (until, 1));
    let told = stage.mail.mails().len();
    stage.pass(Span::hours(3)).await;
    assert_eq!(stage.mail.mails().len(), told, "nobody is told of it meanwhile");
}

/// Which links there are is nobody's business: forged, too old, cut short and of another installation read alike, and trying
/// them is slowed down.
#[tokio::test]
async fn links_that_lead_nowhere_are_all_the_same_and_trying_them_waits() {
    let stage = with_pages("https://na.example", "hook").await;
    stage.judge(Severity::Critical).await;
    let token = token(&stage.links()["acknowledge"]);
    let context = stage.context();
    let from = |last: u8| Peer { address: [192, 0, 2, last].into(), agent: String::new() };
    let look =
        async |does, text: &str, last| alert_link::look(context, does, text, &from(last)).await.map(drop);
    let mut forged = token.clone().into_bytes();
    forged[63] = if forged[63] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let mut refusals = Vec::new();
    for text in [forged.as_str(), &token[..63], "", "AAAA"] {
        refusals.push(look(LinkDoes::Acknowledge, text, 1).await.unwrap_err());
    }
    refusals.push(look(LinkDoes::Silence, &token, 2).await.unwrap_err());
    for _ in 0..4 {
        look(LinkDoes::Acknowledge, &token, 3).await.unwrap();
    }
    stage.pass(LINK_LASTS).await;
    refusals.push(look(LinkDoes::Acknowledge, &token, 4).await.unwrap_err());
    for fault in &refusals {
        assert_eq!(fault, &refusals[0]);
        assert_eq!(fault.code, "alert.link-leads-nowhere");
    }
    for _ in 0..5 {
        look(LinkDoes::Acknowledge, &forged, 5).await.unwrap_err();
    }
    let fault = look(LinkDoes::Acknowledge, &forged, 5).await.unwrap_err();
    assert_eq!(fault.code, "access.too-many-attempts");
    assert_eq!(look(LinkDoes::Acknowledge, &forged, 6).await.unwrap_err().code, "alert.link-leads-nowhere");
}

/// A stage whose mail takes replies.
async fn answering(reply_to: &str) -> Stage {
    let stage = Stage::set(vec![to("mail", Some("ada@shop.example"))]).await;
    stage.prove().await;
    let context = stage.context();
    let channels = context.store.channels(&context.scope).await.unwrap();
    let mut mail = channels.into_iter().find(|channel| channel.name == "mail").unwrap();
    mail.settings.insert("reply_to".to_owned(), reply_to.into());
    context.apply(None, &ada(), &[Change::PutChannel(mail)]).await.unwrap();
    stage
}

/// What a mail program writes to this mail, from whomever.
fn answer_to(mail: &Mail, from: &str, text: &str) -> Vec<u8> {
    let field = |name| mail.header(name).unwrap();
    let quoted: String = mail.body().lines().map(|line| format!("> {line}\r\n")).collect();
    format!(
        "From: {from}\r\nTo: {}\r\nSubject: Re: {}\r\nIn-Reply-To: {}\r\n\r\n{text}\r\n\r\nOn Wed, notafter wrote:\r\n{quoted}",
        field("Reply-To"),
        field("Subject"),
        field("Message-ID"),
    )
    .into_bytes()
}

impl Stage {
    /// What a mail server does with a reply.
    async fn answer(&self, mail: &[u8]) -> Result<Answered, String> {
        let Ok(Read::Reply(reply)) = reply::read(mail, None) else { panic!("{mail:?}") };
        let args = serde_json::to_value(reply).unwrap();
        let answered = operate::call(self.context(), &ada(), "alert.reply", args).await;
        Ok(serde_json::from_value(answered.map_err(|fault| fault.code)?).unwrap())
    }

    async fn done(&self, mail: &[u8]) -> Done {
        self.answer(mail).await.unwrap().alerts[0].done
    }

    async fn acknowledged(&self, id: AlertId) -> Option<Acknowledgement> {
        let context = self.context();
        context.store.alert(&context.scope, id).await.unwrap().unwrap().acknowledged
    }
}

/// Whoever was told by mail had to find a keyboard that knows notafter.
#[tokio::test]
async fn a_reply_to_the_mail_takes_the_alert_once_and_the_log_says_whose_it_was() {
    for reply_to in ["notafter+{token}@shop.example", "notafter@shop.example"] {
        let stage = answering(reply_to).await;
        let before = stage.mail.mails().len();
        stage.judge(Severity::Critical).await;
        let id = stage.taken_by_nobody().await;
        let mail = stage.mail.mails()[before].clone();
        assert!(mail.body().contains("or reply to this mail: that takes it"), "{}", mail.body());
        let reply = answer_to(&mail, "Mallory <mallory@elsewhere.example>", "on it");
        let answered = stage.answer(&reply).await.unwrap();
        assert_eq!((answered.contact.as_str(), answered.alerts[0].done), ("ada@shop.example", Done::Taken));
        let taken = stage.acknowledged(id).await.unwrap();
        let by = Actor::Reply("ada@shop.example".to_owned());
        assert_eq!((taken.by.clone(), taken.note.as_deref()), (by.clone(), Some("on it")));
        assert_eq!(
            taken.by.to_string(),
            "ada@shop.example by reply",
            "whom the mail went to, not who says so"
        );
        assert_eq!(stage.done(&answer_to(&mail, "ada@shop.example", "again")).await, Done::Already);
        assert_eq!(stage.acknowledged(id).await.unwrap().note.as_deref(), Some("on it"));

        let context = stage.context();
        let token = mail.header("Message-ID").unwrap();
        let token = token.trim_start_matches('<').split('@').next().unwrap().to_owned();
        let events = context.store.events_before(&context.scope, None, 100).await.unwrap();
        let stored = context.store.deliveries(&context.scope, 10).await.unwrap();
        assert!(events.iter().any(|event| event.actor == by));
        let kept = serde_json::to_string(&(&events, &stored)).unwrap();
        assert!(!kept.contains(&token), "nothing that is kept holds the mark");

        stage.judge(Severity::Ok).await;
        stage.pass(Span::minutes(16)).await;
        let last = stage.mail.mails().last().unwrap().clone();
        assert!(last.header("Subject").unwrap().starts_with("RECOVERED"));
        assert_eq!(last.header("Reply-To"), None, "there is nothing left to take");
        stage.pass(Span::days(13)).await;
        let silence = answer_to(&mail, "ada@shop.example", "silence 1h");
        assert_eq!(stage.done(&silence).await, Done::Over);
        stage.pass(Span::days(1)).await;
        assert_eq!(stage.answer(&silence).await, Err("alert.reply-to-nothing".to_owned()), "too old");
    }
}

#[tokio::test]
async fn a_reply_that_begins_with_silence_silences_for_as_long_as_it_says() {
    let stage = answering("notafter+{token}@shop.example").await;
    let before = stage.mail.mails().len();
    stage.judge(Severity::Critical).await;
    let id = stage.taken_by_nobody().await;
    let mail = stage.mail.mails()[before].clone();
    let until = stage.now() + Span::hours(2);
    let quiet = answer_to(&mail, "ada@shop.example", "Silence 2h the new one is on its way");
    let silenced = stage.answer(&quiet).await.unwrap().alerts.remove(0);
    assert_eq!((silenced.done, silenced.silenced_until), (Done::Silenced, Some(until)));
    assert_eq!(stage.done(&quiet).await, Done::Already);
    assert_eq!(stage.taken_by_nobody().await, id);
    let listing: Listing = stage.operate("alert.list", json!({ "all": false })).await;
    let [silence] = &listing.silences[..] else { panic!("{listing:?}") };
    assert_eq!(silence.why, "the new one is on its way");
    assert_eq!((silence.until, silence.by.to_string().as_str()), (until, "ada@shop.example by reply"));
    assert_eq!(stage.done(&answer_to(&mail, "x@y.example", "and taken")).await, Done::Taken, "once each");
}

#[tokio::test]
async fn a_mark_that_was_made_up_takes_nothing() {
    let stage = answering("notafter@shop.example").await;
    let before = stage.mail.mails().len();
    stage.judge(Severity::Critical).await;
    let id = stage.taken_by_nobody().await;
    let mail = stage.mail.mails()[before].clone();
    let genuine = String::from_utf8(answer_to(&mail, "ada@shop.example", "on it")).unwrap();
    let token = mail.header("Message-ID").unwrap();
    let token = token.trim_start_matches('<').split('@').next().unwrap().to_owned();
    for position in [0, 10, 25, 26, 40, 50] {
        let mut forged = token.clone();
        let letter = if &forged[position..=position] == "a" { "b" } else { "a" };
        forged.replace_range(position..=position, letter);
        let mail = genuine.replace(&token, &forged);
        assert_eq!(stage.answer(mail.as_bytes()).await, Err("alert.reply-to-nothing".to_owned()), "{forged}");
    }
    assert_eq!(stage.acknowledged(id).await, None);
    // With one of somebody else before it, the genuine one is found.
    let forged = format!("{}{}", if token.starts_with('a') { "b" } else { "a" }, &token[1..]);
    let both = genuine.replacen("Subject:", &format!("References: <{forged}@x>\r\nSubject:"), 1);
    assert_eq!(stage.done(both.as_bytes()).await, Done::Taken);
}

/// A mail about six alerts has one mark, and one answer.
#[tokio::test]
async fn a_reply_to_a_mail_about_several_alerts_takes_all_of_them() {
    let stage = answering("notafter+{token}@shop.example").await;
    let before = stage.mail.mails().len();
    let context = stage.context();
    let named = |number: usize| Violation {
        code: "certificate.expires-soon".to_owned(),
        severity: Severity::Critical,
        subject: Subject::Named(format!("shop{number}.example")),
        cause: format!("{number:02x}").repeat(32),
        text: "expires soon".to_owned(),
        hint: "renew it".to_owned(),
        evidence: json!({ "not_after": "2026-11-26T04:31:00Z" }),
    };
    let judged = Judged {
        owner_id: stage.default_owner().await,
        at: stage.now(),
        violations: (0..6).map(named).collect(),
        judged: &all_judged,
    };
    let changes = findings::changes(&[], judged, Criticality::default(), &mut || context.random());
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    stage.pass(Span::ZERO).await;
    let mail = stage.mail.mails()[before].clone();
    assert!(mail.body().contains("A reply to this mail takes all of them"), "{}", mail.body());
    let answered = stage.answer(&answer_to(&mail, "ada@shop.example", "")).await.unwrap();
    assert_eq!(answered.alerts.len(), 6);
    assert!(answered.alerts.iter().all(|alert| alert.done == Done::Taken), "{answered:?}");
}
