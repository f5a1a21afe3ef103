//! One dead name in a shared certificate: it is named; by setting the others wait for it, or go ahead without it.

use notafter_acme::server::RequestKind;
use notafter_cert::{Identifier, Span};

use crate::story::{Shop, Story, told};

const NAMES: &[&str] = &["shop.example", "www.shop.example", "dead.shop.example"];

fn names(of: &[&str]) -> Vec<Identifier> {
    of.iter().map(|name| name.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_wait_for_a_dead_name_and_the_owner_reads_which_one_it_is() {
    let shop = Shop { names: NAMES, lifetime: Span::days(90), shedding: "wait", reloads: true };
    let story = Story::begin(&[shop]).await;
    story.pass(Span::hours(11)).await;
    let lineage = story.lineage("shop.example").await.unwrap();
    assert_eq!(lineage.current, None);
    let failures = &lineage.renewal.failures;
    assert!(
        failures.iter().all(|failure| failure.identifiers == names(&["dead.shop.example"])),
        "{failures:?}"
    );
    assert_eq!(story.ca.acted(RequestKind::NewOrder), 0, "what we can see ourselves costs the CA nothing");
    let letters = story.letters();
    let news = letters.iter().find(|letter| letter.subject.contains("renewal failing")).unwrap();
    assert!(news.body.contains("dead.shop.example: "), "{}", news.body);
    assert!(!news.body.contains("www.shop.example: "), "the others are not blamed:\n{}", news.body);
    assert!(news.body.contains("shedding = \"split\""), "the way out is named:\n{}", news.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_go_ahead_without_a_dead_name_which_waits_in_a_certificate_of_its_own() {
    let shop = Shop { names: NAMES, lifetime: Span::days(90), shedding: "split", reloads: true };
    let story = Story::begin(&[shop]).await;
    story.pass(Span::hours(11)).await;
    let served = story.served(0, "shop.example").await;
    assert_eq!(served.names(), names(&NAMES[..2]));
    let apart = story.lineage("shop.example-shed").await.unwrap();
    assert_eq!(apart.current, None);
    let failures = &apart.renewal.failures;
    assert!(!failures.is_empty());
    assert!(
        failures.iter().all(|failure| failure.identifiers == names(&["dead.shop.example"])),
        "{failures:?}"
    );
    let letters = story.letters();
    let words = "dead.shop.example is left out of the certificate";
    assert!(letters.iter().any(|letter| letter.body.contains(words)), "{}", told(&letters));
}
