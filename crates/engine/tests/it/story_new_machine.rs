//! A new machine serves what its installation made until its first certificate arrives: nobody is told of it while it
//! arrives, and everything is told at once when it does not.

use notafter_cert::Span;

use crate::story::{CONTACTS, Shop, Story, told};

const fn shop(names: &'static [&'static str]) -> Shop {
    Shop { names, lifetime: Span::days(47), shedding: "wait", reloads: true }
}

#[tokio::test]
async fn a_placeholder_is_no_alert_while_the_first_certificate_is_issued() {
    let story = Story::of_new_machines(&[shop(&["shop.example"])]).await;
    story.pass(Span::hours(6)).await;
    assert_eq!(story.served(0, "shop.example").await.lifetime(), Span::days(47));
    assert_eq!(told(&story.letters()), "");
}

#[tokio::test]
async fn a_first_certificate_that_cannot_be_had_is_told_once_with_its_placeholder() {
    let story = Story::of_new_machines(&[shop(&["shop.example", "dead.shop.example"])]).await;
    story.pass(Span::hours(2)).await;
    let letters = story.letters();
    let news: Vec<_> = letters.iter().filter(|letter| letter.to == CONTACTS[0]).collect();
    assert_eq!(news.len(), 1, "{}", told(&letters));
    for words in ["renewal failing for", "no certificate yet", "dead.shop.example", "chain.untrusted-root"] {
        assert!(news[0].body.contains(words), "{words}:\n{}", news[0].body);
    }
    let context = story.context();
    assert_eq!(context.store.alerts_open(&context.scope).await.unwrap().len(), 1);
}
