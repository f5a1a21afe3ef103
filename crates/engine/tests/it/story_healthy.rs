//! False alarms: an owner whose certificates are all renewed in time hears of none of them.

use notafter_cert::Span;

use crate::story::{Shop, Story, told};

/// Six shards, so that every lifetime of the fleet is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_healthy_endpoints_of_mixed_lifetimes_raise_no_alert_in_ninety_days() {
    let story = Story::of_fleet(1000, 167).await;
    story.pass(Span::days(90)).await;
    assert_eq!(told(&story.letters()), "");
    let context = story.context();
    assert_eq!(context.store.findings_open(&context.scope).await.unwrap(), []);
    let lineup = context.store.endpoints(&context.scope).await.unwrap();
    assert_eq!(lineup.len(), 1000);

    // The silence is not that of a dead alarm.
    story.apply("[[endpoint]]\ntarget = \"127.0.0.1:9\"\n").await;
    story.pass(Span::days(1)).await;
    assert!(told(&story.letters()).contains("127.0.0.1:9"), "{}", told(&story.letters()));
}

#[tokio::test(flavor = "multi_thread")]
async fn lineages_of_every_lifetime_renew_for_ninety_days_without_an_alert() {
    let shop = |names, lifetime| Shop { names, lifetime, shedding: "wait", reloads: true };
    let shops = [
        shop(&["six.example", "www.six.example"], Span::hours(160)),
        shop(&["short.example"], Span::days(47)),
        shop(&["long.example"], Span::days(90)),
    ];
    let story = Story::begin(&shops).await;
    story.pass(Span::days(90)).await;
    assert_eq!(told(&story.letters()), "");
    for (index, shop) in shops.iter().enumerate() {
        let served = story.served(index, shop.names[0]).await;
        let left = served.not_after().since(story.clock.now());
        assert!(left > shop.lifetime.share(1, 4), "{}: {left}", shop.names[0]);
    }
}
