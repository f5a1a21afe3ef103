//! Mails about what the status page tells: asked for, confirmed, sent once, ended.

use std::sync::Arc;

use notafter_cert::{Span, Time};
use notafter_engine::access::Peer;
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open::Installation;
use notafter_engine::operate::{self, Fault};
use notafter_engine::subscription::{self, Does};
use notafter_inventory::model::{Actor, Subscriber, SubscriberId};
use notafter_lab::smtp_sink::{Behaviour, Mail, Options, SmtpSink};
use notafter_net::Clock;
use notafter_store::{Change, Subscription};
use serde_json::{Value, json};

use crate::stage::Stage;

const START: Time = Time::from_unix_seconds(1_796_000_000);
const ADA: &str = "ada@example.org";

/// An installation that mails through a server on loopback.
struct Post {
    stage: Stage,
    sink: SmtpSink,
    installation: Installation,
    driver: Driver,
}

impl Post {
    async fn begin() -> Self {
        let mut stage = Stage::at(Clock::staged(START)).await;
        stage.settings.status_mail = Some("mail".to_owned());
        stage.settings.status_url = Some("https://status.example".to_owned());
        stage.settings.status_name = "The Shop".to_owned();
        let sink = SmtpSink::start("127.0.0.1:0".parse().unwrap(), Options::default()).await.unwrap();
        let installation = stage.open().await;
        let text = format!(
            "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             from = \"status@shop.example\"\n",
            sink.address().port()
        );
        let args = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
        operate::call(&installation.context, &Actor::Engine, "inventory.apply", args).await.unwrap();
        let driver = Driver::new(Arc::clone(&installation.context));
        let post = Self { stage, sink, installation, driver };
        post.ensure().await;
        post
    }

    /// The same after the process began anew.
    async fn again(self) -> Self {
        let Self { stage, sink, installation, driver } = self;
        drop((driver, installation));
        let installation = stage.open().await;
        let driver = Driver::new(Arc::clone(&installation.context));
        let post = Self { stage, sink, installation, driver };
        post.context().store.release_claims(post.context().clock.now()).await.unwrap();
        post.ensure().await;
        post
    }

    async fn ensure(&self) {
        notafter_engine::tasks::mailing::ensure(self.context()).await.unwrap();
    }

    fn context(&self) -> &Context {
        &self.installation.context
    }

    async fn pass(&self, time: Span) {
        self.driver.run_until(self.context().clock.now() + time).await.unwrap();
    }

    async fn ask(&self, address: &str) -> Result<(), Fault> {
        subscription::ask(self.context(), address, Vec::new(), &peer()).await
    }

    async fn tell(&self, name: &str) {
        let args = json!({ "name": name, "text": "We look.", "components": [], "status": "investigating",
            "state": null, "began_at": null });
        operate::call(self.context(), &Actor::Engine, "incident.open", args).await.unwrap();
    }

    /// Somebody who asked and confirmed; the link that did it.
    async fn subscribe(&self, address: &str) -> String {
        self.ask(address).await.unwrap();
        self.pass(Span::seconds(1)).await;
        let link = link(self.to(address).last().unwrap(), "confirm");
        subscription::confirm(self.context(), &link, &peer()).await.unwrap();
        link
    }

    fn to(&self, address: &str) -> Vec<Mail> {
        self.sink.mails().into_iter().filter(|mail| mail.to == [address]).collect()
    }

    async fn subscribers(&self) -> Vec<Subscriber> {
        self.context().store.subscribers(&self.context().scope).await.unwrap()
    }
}

fn peer() -> Peer {
    Peer { address: "192.0.2.1".parse().unwrap(), agent: String::new() }
}

/// The part of a mail's link that is signed.
fn link(mail: &Mail, does: &str) -> String {
    let body = mail.body();
    let lead = "https://status.example/status/subscriptions/";
    let (_, rest) = body.split_once(lead).unwrap_or_else(|| panic!("{body}"));
    let (link, rest) = rest.split_once('/').unwrap();
    assert!(rest.starts_with(does), "{body}");
    link.to_owned()
}

fn subjects(mails: &[Mail]) -> Vec<String> {
    mails.iter().map(|mail| mail.header("Subject").unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_confirms_is_told_once_of_what_happens_until_they_leave() {
    let post = Post::begin().await;
    post.tell("Before").await;
    post.ask(ADA).await.unwrap();
    post.pass(Span::seconds(1)).await;
    let asked = post.to(ADA);
    assert_eq!(subjects(&asked), ["The Shop: do you want mails about its status?"]);
    assert_eq!(asked[0].header("List-Unsubscribe"), None);
    let confirms = link(&asked[0], "confirm");
    subscription::look(post.context(), Does::Confirm, &confirms, &peer()).await.unwrap();
    post.tell("Not confirmed").await;
    post.pass(Span::minutes(2)).await;
    assert_eq!(post.to(ADA).len(), 1, "whoever only opens a link confirms nothing");

    subscription::confirm(post.context(), &confirms, &peer()).await.unwrap();
    post.pass(Span::minutes(1)).await;
    post.tell("Checkout fails").await;
    post.pass(Span::minutes(30)).await;
    let told = post.to(ADA);
    assert_eq!(subjects(&told)[1..], ["[The Shop] Checkout fails: investigating"]);
    let mail = &told[1];
    let leaves = link(mail, "leave");
    let header = format!("<https://status.example/status/subscriptions/{leaves}/leave>");
    assert_eq!(mail.header("List-Unsubscribe"), Some(header));
    assert_eq!(mail.header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    assert!(mail.body().contains("We look.") && mail.body().contains("https://status.example/#in_"));

    let post = post.again().await;
    post.pass(Span::minutes(30)).await;
    assert_eq!(post.to(ADA).len(), 2, "nothing is told twice, also after a new beginning");
    subscription::leave(post.context(), &leaves, &peer()).await.unwrap();
    post.tell("More").await;
    post.pass(Span::minutes(5)).await;
    assert_eq!((post.to(ADA).len(), post.subscribers().await.len()), (2, 0));
    let log = post.context().store.events_before(&post.context().scope, None, 1_000).await.unwrap();
    let log: String = log.iter().map(|event| event.data.to_string()).collect();
    assert!(!log.contains("example.org"), "the log holds no address: {log}");
}

/// Whoever asks learns nothing of who is known, and nobody is mailed again and again.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_asked_once_an_hour_whoever_asks_and_forgotten_after_a_day() {
    let post = Post::begin().await;
    for _ in 0..3 {
        post.ask("Ada@Example.org").await.unwrap();
        post.ask(ADA).await.unwrap();
        post.pass(Span::seconds(1)).await;
    }
    assert_eq!(post.sink.mails().len(), 1);
    post.pass(Span::hours(1)).await;
    post.ask(ADA).await.unwrap();
    post.pass(Span::seconds(1)).await;
    assert_eq!(post.sink.mails().len(), 2);
    let first = link(&post.sink.mails()[0], "confirm");
    let fault = subscription::confirm(post.context(), &first, &peer()).await.unwrap_err();
    assert_eq!(fault.code, "status-page.link-leads-nowhere", "the newest one counts");
    post.pass(Span::hours(24) + Span::minutes(11)).await;
    assert_eq!(post.subscribers().await, []);
    let second = link(&post.sink.mails()[1], "confirm");
    let fault = subscription::confirm(post.context(), &second, &peer()).await.unwrap_err();
    assert_eq!(fault.code, "status-page.link-leads-nowhere");
    for wrong in
        ["ada@example.org\r\nBcc: eve@example.org", "Ada <ada@example.org>", "ada", "ädä@example.org", ""]
    {
        let fault = post.ask(wrong).await.unwrap_err();
        assert_eq!(fault.code, "status-page.no-address", "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_forged_does_nothing_and_one_that_is_used_again_nothing_more() {
    let post = Post::begin().await;
    let confirms = post.subscribe(ADA).await;
    let known = post.subscribers().await;
    subscription::confirm(post.context(), &confirms, &peer()).await.unwrap();
    assert_eq!(post.subscribers().await, known, "it is confirmed already");
    let forged = format!("{}{}", if confirms.starts_with('A') { "B" } else { "A" }, &confirms[1..]);
    for wrong in [forged.as_str(), "", "AAAA", &confirms[1..]] {
        let fault = subscription::confirm(post.context(), wrong, &peer()).await.unwrap_err();
        assert_eq!(fault.code, "status-page.link-leads-nowhere", "{wrong:?}");
    }
    let fault = subscription::leave(post.context(), &confirms, &peer()).await.unwrap_err();
    assert_eq!(fault.code, "status-page.link-leads-nowhere", "it does another thing");
    assert_eq!(post.subscribers().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_there_any_more_is_dropped_and_a_server_that_is_away_costs_nothing() {
    let post = Post::begin().await;
    post.subscribe(ADA).await;
    post.pass(Span::minutes(1)).await;
    post.sink.go_away().await.unwrap();
    post.tell("Away").await;
    post.pass(Span::hours(1)).await;
    post.sink.come_back().unwrap();
    post.pass(Span::hours(3)).await;
    assert_eq!(subjects(&post.to(ADA))[1..], ["[The Shop] Away: investigating"]);
    post.sink.behave(Behaviour::Refuse);
    for round in 1..=3 {
        assert_eq!(post.subscribers().await.len(), 1, "round {round}");
        post.tell("Refused").await;
        post.pass(Span::minutes(5)).await;
    }
    assert_eq!(post.subscribers().await, [], "three in a row");
}

/// A mail server that lets the installation itself in no more has said nothing of those who asked for mails.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_stays_where_the_sender_is_refused_and_is_told_once_that_is_mended() {
    let post = Post::begin().await;
    post.subscribe(ADA).await;
    post.pass(Span::minutes(1)).await;
    post.sink.behave(Behaviour::RefuseSender);
    for name in ["One", "Two", "Three", "Four"] {
        post.tell(name).await;
        post.pass(Span::minutes(5)).await;
    }
    assert_eq!(post.subscribers().await.iter().map(|one| one.bounces).collect::<Vec<_>>(), [0]);
    post.sink.behave(Behaviour::Keep);
    post.pass(Span::hours(3)).await;
    assert_eq!(post.to(ADA).len(), 5, "the mail that asked, and all that was told");
}

/// Between the intent and the receipt nobody knows whether a mail arrived.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_on_its_way_when_the_process_ended_is_not_sent_again() {
    let post = Post::begin().await;
    post.subscribe(ADA).await;
    post.pass(Span::minutes(1)).await;
    post.sink.behave(Behaviour::Hang);
    post.tell("Checkout fails").await;
    let context = post.context().clone();
    let driver = Driver::new(Arc::clone(&post.installation.context));
    let end = context.clock.now() + Span::minutes(5);
    let running = tokio::spawn(async move { driver.run_until(end).await });
    while context.store.status_mails_begun(&context.scope).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    drop(context);
    // What a loop began ends a moment after the loop; a process takes it along.
    while Arc::strong_count(&post.installation.context) > 2 {
        tokio::task::yield_now().await;
    }
    post.sink.behave(Behaviour::Keep);
    let post = post.again().await;
    post.pass(Span::hours(2)).await;
    assert_eq!(post.to(ADA).len(), 1, "the mail that asked, and no other");
    post.tell("Next").await;
    post.pass(Span::minutes(1)).await;
    assert_eq!(subjects(&post.to(ADA))[1..], ["[The Shop] Next: investigating"], "the next one goes out");
}

/// Thousands who are told must not hold up an alert: a few mails go out in a turn, and none while a message to those inside waits.
#[tokio::test(flavor = "multi_thread")]
async fn many_mails_go_out_a_few_at_a_time() {
    let post = Post::begin().await;
    let now = post.context().clock.now();
    let one = |number: u8| {
        let id = SubscriberId::new(now, [number; 10]);
        Change::from(Subscription::Put(
            Subscriber::new(id, format!("{number}@example.org"), Vec::new(), now).confirmed(now),
        ))
    };
    let all: Vec<Change> = (1..=60).map(one).collect();
    post.context().apply(None, &Actor::Engine, &all).await.unwrap();
    post.tell("Checkout fails").await;
    post.pass(Span::seconds(1)).await;
    assert_eq!(post.sink.mails().len(), 25);
    post.pass(Span::minutes(1)).await;
    let mails = post.sink.mails();
    assert_eq!(mails.len(), 60);
    assert!(mails.iter().all(|mail| mail.to.len() == 1), "each to one");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_is_listed_and_removed_by_those_who_look_after_it() {
    let post = Post::begin().await;
    let call =
        async |name: &str, args: Value| operate::call(post.context(), &Actor::Engine, name, args).await;
    post.subscribe(ADA).await;
    let listed = call("subscriber.list", json!({})).await.unwrap();
    assert_eq!(listed["subscribers"][0]["address"], ADA);
    let told = call("incident.list", json!({ "all": false })).await.unwrap();
    assert_eq!(told["mails"]["subscribers"], json!({ "confirmed": 1, "unconfirmed": 0 }));
    call("subscriber.remove", json!({ "address": "ADA@example.org" })).await.unwrap();
    assert_eq!(post.subscribers().await, []);
    let fault = call("subscriber.remove", json!({ "address": ADA })).await.unwrap_err();
    assert_eq!(fault.code, "status-page.no-subscriber");
}
