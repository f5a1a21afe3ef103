//! Renewed, installed, and never reloaded: everything says "done" but the wire, and the owner hears what the wire says.

use notafter_cert::{Certificate, Span, pem};

use crate::story::{CONTACTS, Shop, Story, told};

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_without_effect_is_told_until_the_wire_shows_the_new_certificate() {
    let shop = Shop { names: &["shop.example"], lifetime: Span::days(90), shedding: "wait", reloads: false };
    let story = Story::begin(&[shop]).await;
    let old = story.served(0, "shop.example").await;
    story.pass(Span::hours(12)).await;
    let context = story.context();
    let current = story.lineage("shop.example").await.unwrap().current.unwrap();
    let version = context.store.version(&context.scope, current).await.unwrap().unwrap();
    let chain = pem::chain_from(version.chain_pem.as_bytes()).unwrap();
    assert_eq!(
        story.served(0, "shop.example").await.fingerprint(),
        old.fingerprint(),
        "the old pair is served"
    );

    let letters = story.letters();
    let news = letters.first().expect("somebody is told");
    assert_eq!(news.to, CONTACTS[0]);
    for words in ["deployment.stale", "127.0.0.1", "Reload the server"] {
        assert!(news.body.contains(words), "{words}:\n{}", news.body);
    }
    assert!(!letters.iter().any(|letter| letter.subject.starts_with("RECOVERED")), "{}", told(&letters));

    story.reload(0);
    story.pass(Span::days(1)).await;
    let served = story.served(0, "shop.example").await;
    assert_eq!(served.fingerprint(), Certificate::parse(&chain[0]).unwrap().fingerprint());
    assert!(story.letters().last().unwrap().subject.starts_with("RECOVERED"), "{}", told(&story.letters()));
    let open = context.store.findings_open(&context.scope).await.unwrap();
    assert_eq!(open, []);
}
