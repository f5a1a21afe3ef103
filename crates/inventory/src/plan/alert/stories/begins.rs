//! The first certificate of a lineage is on its way: what stands in for it is no failure of its own.

use notafter_cert::{Span, Time};
use serde_json::json;

use super::{Stage, endpoint, lineage, violation};
use crate::model::*;
use crate::plan::alert::{Circumstance, First};

/// An endpoint where lineage 1 shall be served, and how far that is.
fn begin() -> Stage {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let named = |name: &str| Circumstance { name: name.to_owned(), ..Circumstance::default() };
    stage.background.insert(issuer(), named("issuer lab"));
    stage.background.insert(lineage(1), named("shop"));
    let behind = Some(lineage(1));
    stage.background.insert(place(), Circumstance { behind, ..named("shop at web") });
    on_its_way(&mut stage, Some(First::OnItsWay));
    stage
}

fn on_its_way(stage: &mut Stage, first: Option<First>) {
    let behind = Some(lineage(1));
    let name = "shop.example".to_owned();
    stage.background.insert(endpoint(), Circumstance { name, behind, first, ..Circumstance::default() });
}

fn issuer() -> Subject {
    Subject::Issuer(IssuerId::from_bytes([9; 16]))
}

fn place() -> Subject {
    Subject::Place(PlaceId::from_bytes([5; 16]))
}

/// What a fresh machine serves.
fn placeholder() -> Violation {
    Violation {
        cause: "7f".repeat(32),
        ..violation("chain.self-signed", Severity::Critical, endpoint(), "self-signed")
    }
}

fn failing(cause: &str, since: Time) -> Violation {
    let last = json!({ "message": "port 80 refused" });
    Violation {
        cause: cause.to_owned(),
        evidence: json!({ "since": since, "last": last, "fingerprint": null, "not_after": null }),
        ..violation("renewal.failing", Severity::Warning, lineage(1), "renewal failing for 1 h")
    }
}

/// A self-signed certificate was alerted while the order that replaces it was under way.
#[test]
fn a_placeholder_is_not_told_while_the_first_certificate_arrives() {
    let mut stage = begin();
    stage.judge(vec![placeholder()]);
    stage.pass(Span::minutes(30));
    // Proven, and not looked at anew yet.
    let proven = First::ServedSince(stage.now);
    on_its_way(&mut stage, Some(proven));
    stage.decide();
    stage.pass(Span::minutes(1));
    stage.judge(vec![]);
    stage.pass(Span::days(1));
    assert_eq!((stage.alerts.len(), stage.heard.as_str()), (0, ""));
}

#[test]
fn what_is_wrong_with_the_first_certificate_itself_is_told_at_once() {
    let mut stage = begin();
    stage.judge(vec![placeholder()]);
    stage.pass(Span::minutes(5));
    let proven = First::ServedSince(stage.now);
    on_its_way(&mut stage, Some(proven));
    stage.pass(Span::minutes(1));
    let incomplete = violation("chain.missing-intermediate", Severity::Critical, endpoint(), "incomplete");
    stage.judge(vec![incomplete]);
    assert_eq!(stage.sent.len(), 1, "{}", stage.heard);
}

#[test]
fn a_first_certificate_that_takes_long_leaves_the_placeholder_to_be_told() {
    let mut stage = begin();
    stage.judge(vec![placeholder()]);
    stage.pass(Span::days(1) + Span::hours(2));
    insta::assert_snapshot!(stage.heard);
}

/// Whoever is behind the failure: the certificate that is served meanwhile is told with it.
#[test]
fn a_placeholder_is_told_with_what_keeps_the_first_certificate_away() {
    let refused =
        violation("deployment.failing", Severity::Warning, place(), "nginx refuses its configuration");
    let begun: Time = "2026-11-25T03:00:00Z".parse().unwrap();
    let ca = issuer().to_string();
    for (cause, root) in
        [(failing(&ca, begun), issuer()), (failing("domain", begun), lineage(1)), (refused, lineage(1))]
    {
        let mut stage = begin();
        stage.judge(vec![placeholder()]);
        stage.pass(Span::hours(1));
        stage.judge(vec![placeholder(), cause.clone()]);
        let roots: Vec<Subject> = stage.alerts.iter().map(|alert| alert.root.clone()).collect();
        assert_eq!((roots, stage.sent.len()), (vec![root], 1), "{}", stage.heard);
        assert_eq!(stage.alerts[0].findings.len(), 2);
        stage.pass(Span::minutes(20));
        assert_eq!(stage.sent.len(), 1, "{}", stage.heard);
        // And one that is seen later joins without a word.
        let mut stage = begin();
        let warned = Violation { severity: Severity::Warning, ..placeholder() };
        stage.judge(vec![cause.clone()]);
        stage.pass(Span::minutes(5));
        stage.judge(vec![cause, warned]);
        assert_eq!((stage.alerts.len(), stage.sent.len()), (1, 1), "{}", stage.heard);
    }
}
