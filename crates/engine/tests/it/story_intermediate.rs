//! The intermediate expires first: the server's own certificate looks good to the last minute, and the owner knows
//! better from the first look on.

use notafter_cert::Span;
use notafter_lab::authority::{Authority, Validity};

use crate::story::{Story, told};

#[tokio::test(flavor = "multi_thread")]
async fn an_intermediate_that_ends_before_the_certificate_is_told_weeks_ahead_and_until_it_is_replaced() {
    let mut story = Story::begin(&[]).await;
    let now = story.clock.now();
    let long = Validity { from: now - Span::days(30), to: now + Span::days(400) };
    let short = Validity { to: now + Span::days(20), ..long };
    let authority = Authority::with_intermediate("old", long, short).unwrap();
    let names = ["127.0.0.1".parse().unwrap()];
    let year = Validity { to: now + Span::days(368), ..long };
    story.watch(&authority.issue(&names, year).unwrap(), &authority.root_pem()).await;

    story.pass(Span::hours(1)).await;
    let first = story.letters();
    assert!(first[0].subject.starts_with("WARNING"), "{}", told(&first));
    for words in
        ["chain.ca-ends-before-leaf", "chain.ca-expires-soon", "the intermediate", "old intermediate"]
    {
        assert!(first[0].body.contains(words), "{words}:\n{}", first[0].body);
    }
    let severities = |letters: &[crate::story::Letter], from, to, words: &str| {
        letters.iter().any(|one| one.at > from && one.at <= to && one.subject.starts_with(words))
    };
    story.until(short.to - Span::days(13)).await;
    let critical = story.letters();
    assert!(
        severities(&critical, short.to - Span::days(14), story.clock.now(), "CRITICAL"),
        "{}",
        told(&critical)
    );
    story.until(short.to + Span::days(1)).await;
    let dead = story.letters();
    let over = dead.iter().rev().find(|one| one.at > short.to).unwrap();
    assert!(over.body.contains("chain.ca-expired"), "{}\n{}", told(&dead), over.body);

    // The same root has a new intermediate.
    story.replace(&authority.renewed("old", long).unwrap().issue(&names, year).unwrap());
    story.pass(Span::hours(1)).await;
    assert!(story.letters().last().unwrap().subject.starts_with("RECOVERED"), "{}", told(&story.letters()));
}
