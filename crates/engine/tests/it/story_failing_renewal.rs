//! A renewal fails for weeks, and nobody who looks at the site would notice: the owner hears on the first failing day,
//! again each day, and at the end; the next contact hears, too.

use notafter_acme::server::RequestKind;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::{Certificate, Span, Time};
use notafter_inventory::threshold::Thresholds;

use crate::story::{CONTACTS, Letter, Shop, Story, told};

const SHOP: Shop =
    Shop { names: &["shop.example"], lifetime: Span::days(47), shedding: "wait", reloads: true };

/// Breaks something just before the renewal is due, and mends it two days after the certificate's end.
async fn weeks_of_failure(break_it: impl Fn(&Story), mend: impl Fn(&Story), cause: &str) {
    let story = Story::begin(&[SHOP]).await;
    let first = story.served(0, "shop.example").await;
    assert_eq!(first.lifetime(), Span::days(47), "issued, installed and served");
    let due = story.due("shop.example").await;
    story.until(due - Span::hours(1)).await;
    assert_eq!(told(&story.letters()), "", "nothing was wrong");
    break_it(&story);
    let end = first.not_after();
    story.until(end + Span::hours(50)).await;
    let letters = story.letters();
    let shown = told(&letters);
    assert!(end.since(due) > Span::days(14), "weeks");

    let news = &letters[0];
    assert_eq!(news.to, CONTACTS[0]);
    assert!(news.at.since(due) < Span::hours(12), "on the first failing day: due {due}, {shown}");
    assert!(news.subject.contains("failing for 1 h"), "{shown}");
    for words in
        [cause, "runway: ", " attempts fit before ", "Next automatic try", "notafter renew shop.example"]
    {
        assert!(news.body.contains(words), "{words}:\n{}", news.body);
    }
    for contact in CONTACTS {
        every_day(&letters, contact, end + Span::hours(50));
    }
    // A warning climbs on the next business day: three days at the most, over a weekend.
    let climbed = letters.iter().find(|letter| letter.to == CONTACTS[1]).unwrap();
    assert!(climbed.at.since(news.at) <= Span::days(3), "{shown}");
    the_end_is_told(&letters, &first);
    one_alert_tells_it_all(&story, due).await;
    since_the_first_failure(&letters, news);

    mend(&story);
    story.pass(Span::days(1)).await;
    let second = story.served(0, "shop.example").await;
    assert!(second.not_before() > end, "renewed by itself once the cause was gone");
    let relief = &story.letters()[letters.len()..];
    for contact in CONTACTS {
        assert!(
            relief.iter().any(|letter| letter.to == contact && letter.subject.starts_with("RECOVERED")),
            "{}",
            told(relief)
        );
    }
    let context = story.context();
    assert_eq!(context.store.findings_open(&context.scope).await.unwrap(), []);
}

/// However often it was tried since, a letter counts from the first failure.
fn since_the_first_failure(letters: &[Letter], news: &Letter) {
    let counted = |letter: &&Letter| letter.body.contains("renewal failing for ");
    let last = letters.iter().rfind(counted).unwrap();
    let weeks = last.at.since(news.at);
    assert!(weeks > Span::days(14), "{weeks}");
    let since =
        [weeks + Span::hours(1), weeks + Span::hours(2)].map(|span| format!("renewal failing for {span}"));
    assert!(since.iter().any(|since| last.body.contains(since)), "{since:?}:\n{}", last.body);
}

/// From the first message on, no day passes without one.
fn every_day(letters: &[Letter], contact: &str, end: Time) {
    let mut heard: Vec<Time> =
        letters.iter().filter(|letter| letter.to == contact).map(|letter| letter.at).collect();
    heard.push(end);
    for pair in heard.windows(2) {
        let silence = pair[1].since(pair[0]);
        assert!(silence <= Span::days(1) + Span::hours(1), "{contact} heard nothing for {silence}");
    }
}

/// One cause, one alert: the failing renewal, and the server whose certificate nothing replaced.
async fn one_alert_tells_it_all(story: &Story, due: Time) {
    let context = story.context();
    let mut alerts = context.store.alerts(&context.scope, 100).await.unwrap();
    alerts.retain(|alert| alert.opened_at >= due);
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    let mut codes = Vec::new();
    for id in &alerts[0].findings {
        codes.push(context.store.finding(&context.scope, *id).await.unwrap().unwrap().violation.code);
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes, ["certificate.expired", "certificate.expires-soon", "renewal.failing"]);
}

/// Critical long before, then day 0 and day -1 for what they are; what turns by time alone is told at its very second.
fn the_end_is_told(letters: &[Letter], served: &Certificate) {
    let end = served.not_after();
    let limits = Thresholds::default().leaf(served.lifetime());
    for (turn, words) in [(end - limits.critical, "expires in 5 d 20 h"), (end, "expired 1 s ago")] {
        for contact in CONTACTS {
            let then = turn + Span::seconds(1);
            let mut told = letters.iter().filter(|letter| letter.at == then && letter.to == contact);
            let fits =
                |letter: &Letter| letter.subject.starts_with("CRITICAL") && letter.subject.contains(words);
            assert!(told.next().is_some_and(fits), "{words:?} at {then}:\n{}", crate::story::told(letters));
            assert_eq!(told.next(), None, "once");
        }
    }
    let says = |from: Time, to: Time, words: &str| {
        let mut then = letters.iter().filter(|letter| letter.at > from && letter.at <= to);
        let fits = |letter: &Letter| letter.subject.starts_with("CRITICAL") && letter.subject.contains(words);
        assert!(then.any(fits), "{words:?} between {from} and {to}:\n{}", told(letters));
    };
    let day = Span::days(1);
    says(end - Span::days(6), end - Span::days(5), "expires in 5 d ");
    says(end - day, end, "expires in ");
    says(end, end + day, "expired ");
    says(end + day, end + Span::hours(50), "expired 1 d ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_fails_for_weeks_is_told_on_the_first_day_and_until_somebody_acts() {
    let fault = |story: &Story| story.ca.plan(Planned::always(RequestKind::NewOrder, Fault::server_error()));
    weeks_of_failure(fault, |story| story.ca.behave(), "the database is on fire").await;
}

/// Nothing answers for days, long before anything is due: it is asked now and then, and nobody is woken for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_is_away_while_nothing_is_due_is_asked_now_and_then() {
    let story = Story::begin(&[SHOP]).await;
    story.ca.plan(Planned::always(RequestKind::Directory, Fault::NoAnswer));
    let before = story.ca.log().len();
    story.pass(Span::days(2)).await;
    let asked = story.ca.log().len() - before;
    assert!((1..=200).contains(&asked), "{asked} requests in two days");
    assert_eq!(told(&story.letters()), "");
}

/// What we see of the name is well, and the CA sees another answer: split DNS, a firewall, a forgotten AAAA record.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_only_the_ca_cannot_reach_is_told_on_the_first_day_and_until_somebody_acts() {
    let point = |story: &Story, addresses| story.ca.point("shop.example".parse().unwrap(), addresses);
    let gone = |story: &Story| point(story, Vec::new());
    let back = |story: &Story| point(story, vec![[127, 0, 0, 1].into()]);
    weeks_of_failure(gone, back, "no address for shop.example").await;
}

/// A limit that the CA announces is waited out to the second, and the owner knows of it from the first day.
#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limited_renewal_waits_as_long_as_the_ca_asks_and_is_told() {
    let story = Story::begin(&[SHOP]).await;
    let due = story.due("shop.example").await;
    story.until(due - Span::hours(1)).await;
    story.ca.plan(Planned::nth(RequestKind::NewOrder, 1, Fault::rate_limited(3 * 86400)));
    let orders = || -> Vec<Time> {
        let log = story.ca.log();
        let at = log.iter().filter(|logged| logged.kind == RequestKind::NewOrder).map(|logged| logged.at);
        at.skip(1).collect()
    };
    story.pass(Span::days(2)).await;
    let refused = orders()[0];
    assert_eq!(orders().len(), 1, "{:?}", orders());
    let letters = story.letters();
    assert!(letters[0].at.since(refused) < Span::days(1), "{}", told(&letters));
    assert!(letters[0].body.contains("too many requests of this kind"), "{}", letters[0].body);

    story.pass(Span::days(3)).await;
    let again = orders();
    assert_eq!(again.len(), 2, "{again:?}");
    assert!(again[1].since(refused) >= Span::days(3), "{again:?}");
    assert!(story.served(0, "shop.example").await.not_before() > refused);
    let letters = story.letters();
    let is_relief = |letter: &&Letter| letter.subject.starts_with("RECOVERED");
    let relief: Vec<Time> = letters.iter().filter(is_relief).map(|letter| letter.at).collect();
    assert!(letters.last().unwrap().subject.starts_with("RECOVERED"), "{}", told(&letters));
    assert!(relief.iter().all(|at| *at >= again[1]), "nothing was mended before: {}", told(&letters));
}
