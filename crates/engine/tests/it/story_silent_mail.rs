//! Nobody can be told, and renewals go on: a mail server that refuses, drops, hangs or is not there costs no
//! certificate. That nobody hears is a finding, and what could not be said is said once when somebody listens again.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use notafter_cert::Span;
use notafter_inventory::model::{Delivery, DeliveryState, Purpose};
use notafter_lab::smtp_sink::Behaviour;
use serde_json::json;

use crate::story::{CONTACTS, Letter, Shop, Story, told};

const NAMES: [&str; 2] = ["shop.example", "other.example"];

const fn shop(names: &'static [&'static str]) -> Shop {
    Shop { names, lifetime: Span::days(47), shedding: "wait", reloads: true }
}

impl Story {
    /// Renews both now; the CA cannot reach the second one's name, so that there is something to tell.
    async fn renew_one_and_fail_to_renew_the_other(&self) {
        self.ca.point(NAMES[1].parse().unwrap(), Vec::new());
        for name in NAMES {
            let args = json!({ "lineage": name, "force": true, "block_key": false });
            self.operate("lifecycle.renew", args).await;
        }
    }

    async fn codes(&self) -> BTreeSet<String> {
        let context = self.context();
        let open = context.store.findings_open(&context.scope).await.unwrap();
        open.into_iter().map(|finding| finding.violation.code).collect()
    }

    /// Every message ever decided on, as (state, purpose).
    async fn messages(&self) -> Vec<(DeliveryState, Purpose)> {
        let context = self.context();
        let messages = context.store.deliveries(&context.scope, 1_000).await.unwrap();
        messages.into_iter().map(|message| (message.state, message.purpose)).collect()
    }
}

fn about<'a>(letters: &'a [Letter], words: &str) -> Vec<&'a Letter> {
    letters.iter().filter(|letter| letter.subject.contains(words)).collect()
}

async fn two_shops() -> Story {
    Story::begin_with_mail_alone(&[shop(&NAMES[..1]), shop(&NAMES[1..])], |_| ()).await
}

/// A renewal while mail fails like this for so long, and what people hear when it works again.
async fn renewed_while_mail_fails(
    (story, time): (Story, Span),
    fail: impl AsyncFn(&Story),
    mend: impl Fn(&Story),
) {
    let before = story.served(0, NAMES[0]).await;
    fail(&story).await;
    story.renew_one_and_fail_to_renew_the_other().await;
    story.pass(time).await;

    let after = story.served(0, NAMES[0]).await;
    assert!(after.not_before() > before.not_before(), "renewed and served");
    let context = story.context();
    let lineage = story.lineage(NAMES[0]).await.unwrap();
    let version = context.store.version(&context.scope, lineage.current.unwrap()).await.unwrap().unwrap();
    assert_eq!(version.fingerprint, after.fingerprint(), "proved on the wire");
    assert!(lineage.renewal.failures.is_empty(), "{:?}", lineage.renewal.failures);
    let open: Vec<String> = story.codes().await.into_iter().collect();
    let expected = ["alert.no-proved-path", "alert.one-path", "notifier.failing", "owner.unreachable"];
    assert_eq!(open[..4], expected);
    assert_eq!(open[4..], ["renewal.failing"]);
    let alerts = context.store.alerts_open(&context.scope).await.unwrap();
    assert_eq!(
        alerts.len(),
        3,
        "of the channel, of the renewal, and that there is no second path: {alerts:#?}"
    );
    assert_eq!(told(&story.letters()), "", "nobody could be told");
    let lost = story.messages().await.into_iter().filter(|(state, _)| *state == DeliveryState::Failed);
    assert_eq!(lost.count(), 0, "nothing is given up within the day");

    mend(&story);
    story.pass(Span::hours(2)).await;
    let open: Vec<String> = story.codes().await.into_iter().collect();
    assert_eq!(open, ["alert.one-path", "renewal.failing"], "the channel recovers by itself");
    let letters = story.letters();
    for contact in CONTACTS {
        let heard: Vec<Letter> = letters.iter().filter(|letter| letter.to == contact).cloned().collect();
        assert_eq!(about(&heard, "other.example: renewal failing").len(), 1, "{}", told(&letters));
        assert_eq!(about(&heard, "RECOVERED channel mail").len(), 1, "{}", told(&letters));
    }
    story.pass(Span::hours(1)).await;
    assert_eq!(told(&story.letters()), told(&letters), "nothing comes twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_is_proven_while_the_mail_server_refuses() {
    let fail = async |story: &Story| story.mail.behave(Behaviour::Refuse);
    let stage = (two_shops().await, Span::hours(20));
    renewed_while_mail_fails(stage, fail, |story| story.mail.behave(Behaviour::Keep)).await;
}

/// Each try costs real time here: fewer of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_is_proven_while_the_mail_server_hangs() {
    let shops = [shop(&NAMES[..1]), shop(&NAMES[1..])];
    let fail = async |story: &Story| story.mail.behave(Behaviour::Hang);
    let stage = (
        Story::begin_with_mail_alone(&shops, |settings| settings.message_timeout_ms = 1_000).await,
        Span::hours(4),
    );
    renewed_while_mail_fails(stage, fail, |story| story.mail.behave(Behaviour::Keep)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_is_proven_while_the_mail_server_is_not_there() {
    let fail = async |story: &Story| story.mail.go_away().await.unwrap();
    let stage = (two_shops().await, Span::hours(20));
    renewed_while_mail_fails(stage, fail, |story| story.mail.come_back().unwrap()).await;
}

/// Nothing on the wire tells a server that drops from one that delivers: it climbs and reminds as if nobody answered, and
/// only a code that somebody typed proves the path (`a_mail_server_that_accepts_and_drops_proves_nothing`).
#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_is_proven_while_the_mail_server_drops_what_it_takes() {
    let story = two_shops().await;
    let before = story.served(0, NAMES[0]).await;
    story.mail.behave(Behaviour::AcceptAndDrop);
    story.renew_one_and_fail_to_renew_the_other().await;
    story.pass(Span::hours(20)).await;
    assert!(story.served(0, NAMES[0]).await.not_before() > before.not_before());
    let open: Vec<String> = story.codes().await.into_iter().collect();
    assert_eq!(open, ["alert.one-path", "renewal.failing"]);
    assert_eq!((story.letters().len(), story.mail.dropped() >= 1), (0, true));

    story.mail.behave(Behaviour::Keep);
    story.pass(Span::days(1)).await;
    for contact in CONTACTS {
        let letters = story.letters();
        assert!(letters.iter().any(|letter| letter.to == contact), "reminded: {}", told(&letters));
    }
}

/// The alert was over before anybody could be told of it: nobody is called for what is mended, and the message is on
/// record as one that was not needed any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_mended_while_mail_was_away_calls_nobody() {
    const FAILING: &str = "other.example: renewal failing";
    let story = two_shops().await;
    story.mail.behave(Behaviour::Refuse);
    story.renew_one_and_fail_to_renew_the_other().await;
    story.pass(Span::hours(20)).await;
    let about_it = async || {
        let messages =
            story.context().store.deliveries(&story.context().scope, 1_000).await.unwrap().into_iter();
        messages.filter(|message| message.message.subject.contains(FAILING)).collect::<Vec<_>>()
    };
    let pending = |message: &Delivery| message.state == DeliveryState::Pending;
    assert!(about_it().await.iter().any(pending), "{:?}", story.messages().await);

    story.ca.point(NAMES[1].parse().unwrap(), vec![Ipv4Addr::LOCALHOST.into()]);
    story.operate("lifecycle.renew", json!({ "lineage": NAMES[1], "force": true, "block_key": false })).await;
    story.pass(Span::hours(4)).await;
    assert!(!story.codes().await.contains("renewal.failing"), "{:?}", story.codes().await);

    story.mail.behave(Behaviour::Keep);
    story.pass(Span::hours(4)).await;
    let letters = story.letters();
    let called =
        about(&letters, FAILING).into_iter().filter(|letter| !letter.subject.starts_with("RECOVERED"));
    assert_eq!(called.count(), 0, "{}", told(&letters));
    let unsent = about_it().await.into_iter().filter(|message| message.purpose != Purpose::Recovered);
    for message in unsent {
        let last = message.attempts.last().map(|attempt| attempt.detail.as_str());
        let wanted = (DeliveryState::Failed, Some("not sent any more: it is over"), None);
        assert_eq!((message.state, last, message.next_at), wanted, "{}", message.message.subject);
    }
}
