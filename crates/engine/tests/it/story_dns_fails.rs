//! The name servers fail, and nothing else does: what was known stays known, with its age; nobody calls the service good
//! or broken; whoever answers for it hears after an hour of not knowing, and when names resolve again.

use notafter_cert::{Span, Time};
use notafter_inventory::model::{Finding, Severity};
use notafter_lab::name_server::{Answer, NameServer};
use notafter_net::dns::Resolver;
use notafter_store::EndpointState;
use notafter_tls::ResolveFailure;
use notafter_tls::observation::Outcome;

use crate::story::{Story, told};

const NAME: &str = "shop.example";

/// An endpoint that is well is looked at this often, one of which nothing is known every five minutes.
const BETWEEN_LOOKS: Span = Span::hours(6);
const SOON: Span = Span::minutes(5);

async fn open(story: &Story) -> Vec<Finding> {
    story.context().store.findings_open(&story.context().scope).await.unwrap()
}

async fn state(story: &Story) -> EndpointState {
    let states = story.context().store.endpoint_states_after(&story.context().scope, None, 2).await.unwrap();
    assert_eq!(states.len(), 1);
    states.into_iter().next().unwrap()
}

/// The instant of the last look at the server's certificate, which is all that is known of the endpoint.
fn seen_at(state: &EndpointState) -> Time {
    assert_eq!(state.looks.len(), 1);
    let observation = &state.looks[0].observation;
    assert!(matches!(observation.outcome, Outcome::Served(_)), "{observation:?}");
    observation.at
}

/// The one open finding: that nothing is known.
async fn unknown(story: &Story) -> Finding {
    let open = open(story).await;
    assert_eq!(open.len(), 1, "{open:#?}");
    let finding = open.into_iter().next().unwrap();
    assert_eq!(finding.violation.code, "endpoint.unresolvable");
    assert_eq!(finding.violation.severity, Severity::Unknown);
    finding
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_dns_is_unknown_keeps_what_was_seen_and_is_told_once() {
    let loopback = Answer::Addresses(vec!["127.0.0.1".parse().unwrap()]);
    let names = NameServer::start(loopback.clone()).await.unwrap();
    let resolver = Resolver::from_servers(&[names.address()], Span::seconds(2)).unwrap();
    let story = Story::found_by(resolver, NAME).await;
    story.pass(BETWEEN_LOOKS).await;
    let well = state(&story).await;
    assert_eq!(open(&story).await, []);
    assert_eq!(seen_at(&well), well.looked_at);

    names.answer(Answer::ServerFailure);
    let limit = story.clock.now() + BETWEEN_LOOKS;
    while open(&story).await.is_empty() {
        assert!(story.clock.now() < limit, "nobody looks");
        story.pass(SOON).await;
    }
    let finding = unknown(&story).await;
    let last_seen = seen_at(&state(&story).await);
    assert!(last_seen < finding.opened_at, "what was seen at {last_seen} is as old as that");
    assert!(last_seen >= well.looked_at && last_seen >= finding.opened_at - BETWEEN_LOOKS);
    story.until(finding.opened_at + Span::minutes(55)).await;
    assert_eq!(told(&story.letters()), "", "one failure is the network's habit");
    story.until(finding.opened_at + Span::hours(1) + SOON).await;
    let letters = story.letters();
    assert_eq!(letters.len(), 1, "{}", told(&letters));
    assert!(letters[0].subject.starts_with("UNKNOWN shop.example"), "{}", told(&letters));
    assert!(letters[0].body.contains("/etc/resolv.conf"), "{}", letters[0].body);

    for (answer, kind) in
        [(Answer::Silence, ResolveFailure::Timeout), (Answer::NoSuchName, ResolveFailure::NoSuchName)]
    {
        names.answer(answer);
        story.pass(SOON + SOON).await;
        let now = state(&story).await;
        let failures = now.resolution.as_ref().unwrap_err().failures.clone();
        assert!(failures.iter().all(|failure| failure.kind == kind), "{failures:?}");
        assert!(story.clock.now().since(now.looked_at) <= SOON, "it is looked at");
        assert_eq!(seen_at(&now), last_seen, "what was seen grows older");
        assert_eq!(unknown(&story).await.id, finding.id, "for another reason, it is the same");
    }
    assert_eq!(story.letters().len(), 1, "{}", told(&story.letters()));

    names.answer(loopback);
    story.pass(SOON).await;
    assert_eq!(open(&story).await, []);
    let again = state(&story).await;
    assert_eq!(seen_at(&again), again.looked_at);
    story.pass(Span::hours(1)).await;
    let letters = story.letters();
    assert_eq!(letters.len(), 2, "{}", told(&letters));
    assert!(letters[1].subject.starts_with("RECOVERED"), "{}", told(&letters));
}
