//! Channels to products of other people: what they are sent, and what becomes of each answer.

mod alertmanager;
mod answers;
mod command;
mod messages;
mod products;

use std::collections::BTreeSet;

use notafter_cert::{Retry, Span, Trouble};
use notafter_inventory::model::*;
use notafter_lab::http_sink::{Asked, HttpSink, Reply};
use notafter_providers::notify::{self, Notifier, NotifyError, Outgoing, Secrets};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::notify::{any, channel, door, now};
use messages::{
    alert, children, critical, digest, finding, hostile, linked, linked_storm, message, recovery, storm,
    taken, warning, worse_again,
};
use products::Product;

const SECRET: &str = "s3cret-value";

impl Product {
    fn at(&self, base: &str) -> (Channel, Secrets) {
        let settings = self.settings.to_string().replace("SINK", base);
        let channel = channel(self.kind, serde_json::from_str(&settings).unwrap());
        let value = self.address.map_or_else(|| SECRET.to_owned(), |address| address.replace("SINK", base));
        let secrets = notify::secrets(&channel).into_iter();
        (channel, secrets.map(|(key, _)| (key, Zeroizing::new(value.clone() + "\n"))).collect())
    }

    fn render(&self, delivery: &Delivery) -> String {
        let (channel, secrets) = self.at("http://127.0.0.1:1");
        let outgoing =
            Outgoing { channel: &channel, delivery, secrets: &secrets, at: now(), source: "/notafter/here" };
        String::from_utf8(found(self.kind).render(&outgoing).unwrap()).unwrap()
    }

    async fn send(&self, sink: &HttpSink, delivery: &Delivery) -> Result<Receipt, NotifyError> {
        self.send_to(&format!("http://{}", sink.address()), delivery, &door(true)).await
    }

    async fn send_to(
        &self,
        base: &str,
        delivery: &Delivery,
        door: &notify::Door,
    ) -> Result<Receipt, NotifyError> {
        let (channel, secrets) = self.at(base);
        let outgoing =
            Outgoing { channel: &channel, delivery, secrets: &secrets, at: now(), source: "/notafter/here" };
        notify::deliver(&outgoing, door).await
    }

    fn accepts(&self) -> Reply {
        let (status, header, body) = self.answer;
        let headers = header.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Reply::Answer { status, headers: headers.into_iter().collect(), body: body.to_owned() }
    }
}

fn found(kind: &str) -> &'static dyn Notifier {
    notify::find(kind).unwrap()
}

/// One document a line, each over many lines for whoever reviews it.
fn pretty(rendered: &str) -> String {
    let pretty = rendered
        .lines()
        .map(|line| serde_json::to_string_pretty(&serde_json::from_str::<Value>(line).unwrap()).unwrap());
    pretty.collect::<Vec<_>>().join("\n")
}

/// What is tested elsewhere: mail, our own document, a program.
const OTHERS: [&str; 3] = ["smtp", "webhook", "command"];

#[test]
fn every_kind_is_tested() {
    let tested = products::all().into_iter().map(|product| product.kind).chain(OTHERS);
    let declared = notify::kinds().into_iter().map(|kind| kind.name);
    assert_eq!(tested.collect::<BTreeSet<_>>(), declared.collect::<BTreeSet<_>>());
}

#[test]
fn what_each_product_is_sent() {
    let messages = [
        ("critical", critical()),
        ("warning", warning()),
        ("several children", children()),
        ("recovery", recovery()),
        ("digest", digest()),
        ("a hostile name", hostile()),
        ("links", linked()),
        ("links of several", linked_storm()),
    ];
    for product in products::all() {
        let bodies =
            messages.iter().map(|(what, message)| format!("{what}\n{}\n", pretty(&product.render(message))));
        insta::assert_snapshot!(format!("body_{}", product.kind), bodies.collect::<String>());
    }
}

#[test]
fn many_alerts_at_once_keep_their_own_keys_and_a_second_try_says_the_same() {
    for product in products::all() {
        let rendered = product.render(&storm(6));
        assert_eq!(rendered, product.render(&storm(6)), "{}", product.kind);
        let keys =
            (1..=6).filter(|number| rendered.contains(&AlertId::from_bytes([*number; 16]).to_string()));
        let expected = if ["pagerduty", "opsgenie", "alertmanager"].contains(&product.kind) { 6 } else { 0 };
        assert_eq!(keys.clone().count(), expected, "{}", product.kind);
        for number in keys {
            let to_type = format!("notafter alert ack {}", AlertId::from_bytes([number; 16]));
            assert!(rendered.contains(&to_type) && rendered.contains("Owner: payments"), "{rendered}");
        }
    }
}

/// Limits of the products, in characters; what is longer is cut, and still whole JSON.
#[test]
fn nothing_is_longer_than_a_product_takes() {
    let long = "\u{fc}*".repeat(40_000);
    let data = alert(2, "critical", &long, &[finding("name.mismatch", &long)]);
    let message = message(Purpose::Opened, &long, &long, data);
    let limits = [
        ("ntfy", "/title", 250),
        ("slack", "/blocks/0/text/text", 150),
        ("slack", "/blocks/1/text/text", 3_000),
        ("slack", "/blocks/4/text/text", 3_000),
        ("discord", "/embeds/0/title", 256),
        ("discord", "/embeds/0/description", 4_096),
        ("pagerduty", "/payload/summary", 1_024),
        ("opsgenie", "/message", 130),
        ("opsgenie", "/description", 15_000),
    ];
    for product in products::all() {
        let rendered = product.render(&message);
        assert!(rendered.len() < 100_000, "{}: {}", product.kind, rendered.len());
        let body: Value = serde_json::from_str(&rendered).unwrap();
        for (_, pointer, limit) in limits.iter().filter(|(kind, ..)| *kind == product.kind) {
            let length = body.pointer(pointer).unwrap().as_str().unwrap().chars().count();
            assert!(length <= *limit && length > limit / 2, "{} {pointer}: {length}", product.kind);
        }
        match product.kind {
            "ntfy" => assert!(body["message"].as_str().unwrap().len() <= 4_096),
            "teams" => assert!(rendered.len() <= 28 * 1024, "{}", rendered.len()),
            _ => {}
        }
    }
}

/// A message of many findings lost its end: what to type, and who answers for it.
#[test]
fn a_long_message_keeps_what_to_type_and_the_owner() {
    let line = |number| {
        format!("* 192.0.2.{number}: serves the certificate of before, since 2026-11-25 18:00 UTC\n")
    };
    let middle: String = (0..250).map(line).collect();
    let end = "What to do\n    notafter deploy shop\nTake it\n    notafter alert ack al_1\nOwner: payments";
    let body = format!("What is wrong\n{middle}{end}\n");
    let message = Delivery { message: Message { body, ..critical().message }, ..critical() };
    for product in products::all() {
        let rendered = product.render(&message).replace('\\', "");
        for kept in
            ["What is wrong", "192.0.2.0: ", "notafter deploy shop", "alert ack al", "Owner: payments"]
        {
            assert!(rendered.contains(kept), "{}: {kept}\n{rendered}", product.kind);
        }
    }
    let short = Delivery { message: Message { body: " \n".to_owned(), ..critical().message }, ..critical() };
    let slack = products::all().into_iter().find(|product| product.kind == "slack").unwrap();
    let body: Value = serde_json::from_str(&slack.render(&short)).unwrap();
    assert_eq!(body["blocks"].as_array().unwrap().len(), 1, "Slack takes no empty section");
}

/// What goes over the wire besides the bodies above: method, path and query, header fields.
#[tokio::test]
async fn an_accepted_message_leaves_a_receipt() {
    let mut wire = String::new();
    for product in products::all() {
        let sink = HttpSink::start(any(), None).await.unwrap();
        sink.reply(product.accepts());
        let message = critical();
        let receipt = product.send(&sink, &message).await.unwrap();
        assert_eq!(
            (receipt.detail.as_str(), receipt.end_to_end),
            (product.receipt, false),
            "{}",
            product.kind
        );
        let asked = sink.asked();
        let [Asked { method, path, body, .. }] = asked.as_slice() else {
            panic!("{}: {asked:?}", product.kind)
        };
        assert_eq!((method.as_str(), path.as_str()), ("POST", product.path), "{}", product.kind);
        assert_eq!(asked[0].header("content-type"), Some("application/json"), "{}", product.kind);
        assert_eq!(asked[0].header("authorization"), product.authorization, "{}", product.kind);
        assert_eq!(String::from_utf8_lossy(body), product.render(&message), "{}", product.kind);
        wire += &format!("{}\n{method} {path}\n", product.kind);
        let mut headers = asked[0].headers.clone();
        headers.sort();
        for (name, value) in headers {
            let value = match name.as_str() {
                "host" => value.replace(&sink.address().to_string(), "SINK"),
                "content-length" if value == body.len().to_string() => "LENGTH".to_owned(),
                "user-agent" => value.split('/').next().unwrap().to_owned(),
                _ => value,
            };
            wire += &format!("    {name}: {value}\n");
        }
    }
    insta::assert_snapshot!("wire", wire);
}

/// Products that keep alerts of their own, from the first message to the recovery: each request, shortened to what it does
/// to which alert. What somebody took there, and what got worse since, would have paged nobody.
#[tokio::test]
async fn what_begins_is_taken_and_ends_under_its_key_and_begins_anew_when_it_gets_worse() {
    let over = Delivery { purpose: Purpose::Recovered, ..worse_again() };
    let over =
        Delivery { message: Message { data: messages::over(over.message.data), ..over.message }, ..over };
    let story = [
        ("opened", critical()),
        ("worse for the second time", worse_again()),
        ("taken", taken()),
        ("over", over),
        ("over, never worse", recovery()),
        ("the weekly summary", digest()),
    ];
    let mut told = String::new();
    for product in products::all().into_iter().filter(|product| found(product.kind).kind().hears_who_took_it)
    {
        for (what, message) in &story {
            let sink = HttpSink::start(any(), None).await.unwrap();
            sink.reply(product.accepts());
            product.send(&sink, message).await.unwrap();
            told += &format!("{}: {what}\n", product.kind);
            for asked in sink.asked() {
                let body: Value = serde_json::from_slice(&asked.body).unwrap();
                let says = ["event_action", "dedup_key", "alias", "note", "priority"];
                let says = says.iter().filter_map(|key| Some(format!("{key}={}", body.get(key)?)));
                told += &format!("    {} {}\n", asked.path, says.collect::<Vec<_>>().join(" "));
            }
        }
    }
    insta::assert_snapshot!("lives_of_alerts", told);
}

#[tokio::test]
async fn each_of_many_alerts_is_closed_or_made_alone() {
    let product = products::all().into_iter().find(|product| product.kind == "opsgenie").unwrap();
    let sink = HttpSink::start(any(), None).await.unwrap();
    sink.reply(product.accepts());
    product.send(&sink, &storm(6)).await.unwrap();
    assert_eq!(sink.asked().len(), 6);
}

/// A page, a refusal, a pause: none of it is a delivery, and none of it repeats a secret.
#[tokio::test]
async fn what_a_product_answers_decides_whether_to_come_again() {
    let later = Reply::Answer {
        status: 429,
        headers: vec![("retry-after".to_owned(), "90".to_owned())],
        body: "{\"message\":\"slow down\"}".to_owned(),
    };
    let page = Reply::Answer { status: 200, headers: Vec::new(), body: "<html>welcome</html>".to_owned() };
    let moved = Reply::Answer {
        status: 307,
        headers: vec![("location".to_owned(), "http://169.254.169.254/latest".to_owned())],
        body: String::new(),
    };
    let table = [
        (later, "notify.deferred", Retry::Later, Some(now() + Span::seconds(90))),
        (Reply::status(500), "notify.deferred", Retry::Later, None),
        (page, "notify.strange", Retry::Later, None),
        (Reply::status(401), "notify.refused", Retry::Never, None),
        (Reply::status(403), "notify.refused", Retry::Never, None),
        (Reply::status(404), "notify.refused", Retry::Never, None),
        (Reply::status(400), "notify.refused", Retry::Never, None),
        (moved, "notify.refused", Retry::Never, None),
    ];
    let mut told = String::new();
    for product in products::all() {
        let sink = HttpSink::start(any(), None).await.unwrap();
        told += &format!("{}\n", product.kind);
        for (reply, code, retry, until) in &table {
            sink.reply(reply.clone());
            let error = product.send(&sink, &critical()).await.unwrap_err();
            let said = (error.code(), error.retry(), error.until());
            assert_eq!(said, (*code, *retry, *until), "{} {reply:?}: {error}", product.kind);
            let words = format!("{error}\n    hint: {}", error.hint());
            assert!(!words.contains("hidden") && !words.contains(SECRET), "{words}");
            told += &format!("  {words}\n");
        }
        assert_eq!(sink.asked().len(), table.len(), "{}: no redirect was followed", product.kind);
        sink.reply(Reply::Hang);
        let short = notify::Door { within: Span::millis(300), ..door(true) };
        let base = format!("http://{}", sink.address());
        let error = product.send_to(&base, &critical(), &short).await.unwrap_err();
        assert!(["http.timeout", "notify.timeout"].contains(&error.code()), "{}: {error}", product.kind);
    }
    insta::assert_snapshot!("channel_faults", told);
}

#[tokio::test]
async fn no_channel_reaches_addresses_that_nobody_wrote() {
    for product in products::all() {
        let sink = HttpSink::start(any(), None).await.unwrap();
        let base = format!("http://{}", sink.address());
        let error = product.send_to(&base, &critical(), &door(false)).await.unwrap_err();
        assert_eq!(error.code(), "http.forbidden", "{}", product.kind);
        let metadata =
            product.send_to("https://169.254.169.254", &critical(), &door(true)).await.unwrap_err();
        assert_eq!(metadata.code(), "http.forbidden", "{}", product.kind);
        assert!(sink.asked().is_empty());
    }
}

/// What a receiver repeats of the message is kept, logged and listed: whoever reads that could use the link.
#[tokio::test]
async fn a_receiver_that_repeats_a_link_gives_it_away_to_nobody() {
    let links = linked().message.data["links"].clone();
    let link = links["acknowledge"].as_str().unwrap().to_owned();
    let path = link.strip_prefix("https://na.example").unwrap();
    for product in products::all() {
        let sink = HttpSink::start(any(), None).await.unwrap();
        for status in [400, 404, 500, 200] {
            let body = format!("{{\"id\":\"{link}\",\"error\":\"Cannot take {link} at {path}\"}}");
            sink.reply(Reply::Answer { status, headers: Vec::new(), body });
            let sent = product.send(&sink, &linked()).await;
            let told = sent.map_or_else(|error| format!("{error} {error:?}"), |receipt| receipt.detail);
            assert!(!told.contains("AbC9AbC9"), "{}: {told}", product.kind);
        }
    }
}

/// A token or a secret address in the clear is a secret no more.
#[tokio::test]
async fn no_secret_leaves_this_machine_without_tls() {
    for product in products::all() {
        let error = product.send_to("http://192.0.2.1", &critical(), &door(true)).await.unwrap_err();
        assert_eq!(
            (error.code(), error.retry()),
            ("notify.settings", Retry::Never),
            "{}: {error}",
            product.kind
        );
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    for wrong in ["hidden", "ftp://hidden.example/x", "https://", "https://[hidden"] {
        for product in products::all().into_iter().filter(|product| product.address.is_some()) {
            let (channel, mut secrets) = product.at("http://127.0.0.1:1");
            secrets.insert("url", Zeroizing::new(wrong.to_owned()));
            let outgoing = Outgoing {
                channel: &channel,
                delivery: &critical(),
                secrets: &secrets,
                at: now(),
                source: "",
            };
            let error = notify::deliver(&outgoing, &door(true)).await.unwrap_err();
            assert_eq!(error.code(), "notify.settings", "{wrong}");
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
    }
}

/// On ntfy.sh, whoever knows the name of a topic reads it; it had to stand in the inventory file.
#[tokio::test]
async fn a_topic_that_is_a_secret_may_be_referred_to() {
    let sink = HttpSink::start(any(), None).await.unwrap();
    sink.reply(Reply::Answer { status: 200, headers: Vec::new(), body: r#"{"id":"sPs7"}"#.to_owned() });
    let channel = channel("ntfy", json!({ "url": "env:TOPIC" }));
    let deliver = async |secret: String| {
        let secrets = Secrets::from([("url", Zeroizing::new(secret))]);
        let (delivery, source) = (critical(), "/notafter/here");
        let outgoing =
            Outgoing { channel: &channel, delivery: &delivery, secrets: &secrets, at: now(), source };
        notify::deliver(&outgoing, &door(true)).await
    };
    let receipt = deliver(format!("http://{}/up/hidden-topic\n", sink.address())).await.unwrap();
    assert_eq!(receipt.detail, "200 message sPs7");
    let asked = &sink.asked()[0];
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!((asked.path.as_str(), &body["topic"]), ("/up/", &json!("hidden-topic")));
    for wrong in ["https://ntfy.example/", "https://ntfy.example/hidden topic", "http://ntfy.example/hidden"]
    {
        let error = deliver(wrong.to_owned()).await.unwrap_err();
        assert_eq!(error.code(), "notify.settings", "{error}");
        assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
    }
}

/// PagerDuty takes some 120 events a minute: what goes beyond waits, and is neither lost nor sent all over again.
#[tokio::test]
async fn a_great_storm_goes_out_in_parts() {
    let product = products::all().into_iter().find(|product| product.kind == "pagerduty").unwrap();
    let sink = HttpSink::start(any(), None).await.unwrap();
    sink.reply(product.accepts());
    let mut message = storm(250);
    for (sent, taken) in [(100, Some(60)), (200, Some(60)), (250, None)] {
        let outcome = product.send(&sink, &message).await;
        assert_eq!(sink.asked().len(), sent);
        match taken {
            Some(seconds) => {
                let error = outcome.unwrap_err();
                assert_eq!(error.until(), Some(now() + Span::seconds(seconds)), "{error}");
                let detail = error.to_string();
                message.attempts.push(DeliveryAttempt { at: now(), accepted: false, detail });
            }
            None => assert_eq!(outcome.unwrap().detail, "taken as al_1 and 249 more"),
        }
    }
    let bodies: BTreeSet<Vec<u8>> = sink.asked().into_iter().map(|asked| asked.body).collect();
    assert_eq!(bodies.len(), 250);
}
