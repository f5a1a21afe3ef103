//! Deployments that are not what they should be, as they are told.

use std::net::SocketAddr;

use notafter_cert::{Fingerprint, Span, Time};
use serde_json::json;

use super::*;
use crate::rule::{DeploymentEvidence, ExpectedServed};

const START: &str = "2026-11-25T19:19:00Z";

fn place(number: u8) -> Subject {
    Subject::Place(PlaceId::from_bytes([number; 16]))
}

/// A stage with places of one lineage.
fn stage(lineage_name: &str, places: &[&str]) -> Stage {
    let mut stage = Stage::at(START);
    let commands = vec![format!("notafter deploy {lineage_name}")];
    let known = Circumstance { name: lineage_name.to_owned(), commands, ..Circumstance::default() };
    stage.background.insert(lineage(1), known);
    for (number, name) in (1..).zip(places) {
        let name = format!("{lineage_name} at {name}");
        let known = Circumstance { name, behind: Some(lineage(1)), ..Circumstance::default() };
        stage.background.insert(place(number), known);
    }
    stage
}

fn start() -> Time {
    START.parse().unwrap()
}

/// An address that serves the certificate from before.
fn stale(node: u8) -> AddressProof {
    let (before, end) = (Fingerprint::from_bytes([0x3f; 32]), start() + Span::days(8));
    let address = SocketAddr::from(([192, 0, 2, node], 443));
    let proof = json!({
        "target": "shop.example:443", "address": address, "before": before, "before_good": true, "now": before,
        "before_not_after": end, "now_serial": "03e9aa", "now_not_after": end, "state": "stale",
        "since": start() - Span::minutes(2), "at": start(),
        "detail": format!("still serves the certificate from before ({})", before.short()),
    });
    serde_json::from_value(proof).unwrap()
}

/// An address that ends every connection.
fn refusing(node: u8) -> AddressProof {
    let (state, detail) = (ProofState::Unreachable, "connection refused".to_owned());
    let (now, now_serial, now_not_after) = (None, None, None);
    AddressProof { state, detail, now, now_serial, now_not_after, refused_rounds: 5, ..stale(node) }
}

fn evidence(place: &str, proofs: Vec<AddressProof>) -> DeploymentEvidence {
    DeploymentEvidence {
        deployment: DeploymentId::from_bytes([9; 16]),
        place: place.to_owned(),
        step: Step::Activated,
        attempts: 7,
        addresses: 4,
        expected: ExpectedServed {
            fingerprint: Fingerprint::from_bytes([0x9c; 32]),
            serial: Some("04a311".to_owned()),
            not_after: start() + Span::days(90),
        },
        proofs,
        unresolved: Vec::new(),
        log: Vec::new(),
    }
}

/// As the rules say it: at length.
fn said(code: &str, number: u8, evidence: &DeploymentEvidence) -> Violation {
    let details: Vec<String> =
        evidence.proofs.iter().map(|proof| format!("{} {}", proof.address, proof.detail)).collect();
    let text = format!("{} addresses (shop.example at web): {}", evidence.proofs.len(), details.join("; "));
    Violation { evidence: json!(evidence), ..violation(code, Severity::Critical, place(number), &text) }
}

fn mail(stage: &Stage) -> String {
    let message = &stage.sent.last().unwrap().message;
    format!("Subject: {}\n\n{}", message.subject, message.body)
}

/// The subject was cut in the middle of the first address, and the evidence was a heap of members.
#[test]
fn the_mail_about_stale_nodes_says_how_many_and_has_a_line_for_each() {
    let mut stage = stage("shop", &["web"]);
    stage.judge(vec![said("deployment.stale", 1, &evidence("web", vec![stale(2), stale(3)]))]);
    insta::assert_snapshot!(mail(&stage));
}

#[test]
fn the_mail_about_addresses_that_refuse_or_cannot_be_judged_keeps_them_apart() {
    let mut stage = stage("shop", &["web"]);
    let silent = AddressProof { refused_rounds: 0, detail: "no answer in 10 s".to_owned(), ..refusing(3) };
    let refused = Violation {
        cause: "refused".to_owned(),
        ..said("deployment.unreachable", 1, &evidence("web", vec![refusing(2)]))
    };
    let unresolved = vec![(stale(1).target, "no such name".to_owned())];
    let doubtful = DeploymentEvidence { unresolved, ..evidence("web", vec![silent]) };
    let doubtful = Violation { severity: Severity::Unknown, ..said("deployment.unreachable", 1, &doubtful) };
    stage.judge(vec![doubtful.clone()]);
    stage.pass(Span::hours(2));
    stage.judge(vec![refused, doubtful]);
    insta::assert_snapshot!(mail(&stage));
}

#[test]
fn the_mail_about_an_undone_installation_says_which_address_it_made_worse() {
    let mut stage = stage("shop", &["web"]);
    let back = AddressProof { made_worse: true, ..stale(2) };
    stage.judge(vec![said("deployment.worse-restored", 1, &evidence("web", vec![back, stale(3)]))]);
    insta::assert_snapshot!(mail(&stage));
}

#[test]
fn the_mail_about_a_failing_installation_says_at_which_place_and_why() {
    let mut stage = stage("shop", &["web"]);
    let what = "nginx refuses its configuration: unknown directive\nnginx: test failed".to_owned();
    let record = StepRecord { at: start(), step: Step::Validated, what, ok: false, act: Act::Other };
    let pending = AddressProof { state: ProofState::Pending, since: None, detail: String::new(), ..stale(2) };
    let failing =
        DeploymentEvidence { step: Step::Validated, log: vec![record], ..evidence("web", vec![pending]) };
    stage.judge(vec![said("deployment.failing", 1, &failing)]);
    insta::assert_snapshot!(mail(&stage));
}

/// "Activating the new files failed 3 times" was said where nothing had been activated.
#[test]
fn the_mail_about_an_installation_that_was_not_begun_says_so_and_why() {
    let mut stage = stage("shop", &["web"]);
    let what = "shop.example:443 would become worse with the new certificate, whose chain leads to no trusted root: nothing was touched";
    let record = StepRecord {
        at: start(),
        step: Step::Validated,
        what: what.to_owned(),
        ok: false,
        act: Act::Refused,
    };
    let pending = AddressProof { state: ProofState::Pending, since: None, detail: String::new(), ..stale(2) };
    let refused =
        DeploymentEvidence { step: Step::Validated, log: vec![record], ..evidence("web", vec![pending]) };
    stage.judge(vec![said("deployment.failing", 1, &refused)]);
    insta::assert_snapshot!(mail(&stage));
}

/// Lineage, place and numbers are what a subject is read for.
#[test]
fn the_subject_of_many_places_and_long_names_keeps_its_numbers() {
    let mut subjects = String::new();
    let long = "customer-portal.eu-west.shop.example";
    for (lineage, places) in [
        ("shop", &["web"][..]),
        ("shop", &["web", "mail"]),
        ("shop", &["web", "mail", "ldap"]),
        (long, &["nginx-in-front-of-everything"]),
    ] {
        let mut stage = stage(lineage, places);
        let stale = |(number, name): (u8, &&str)| {
            said("deployment.stale", number, &evidence(name, (1..=3).map(stale).collect()))
        };
        stage.judge((1..).zip(places).map(stale).collect());
        subjects += &format!("{}\n", stage.sent[0].message.subject);
    }
    assert!(!subjects.contains("..."), "{subjects}");
    insta::assert_snapshot!(subjects);
}

/// Of a large pool some are named, and the others counted.
#[test]
fn a_large_pool_does_not_fill_the_mail() {
    let mut stage = stage("shop", &["web"]);
    let all: Vec<AddressProof> = (1..=40).map(stale).collect();
    stage.judge(vec![said(
        "deployment.stale",
        1,
        &DeploymentEvidence { addresses: 50, ..evidence("web", all) },
    )]);
    let body = &stage.sent[0].message.body;
    assert_eq!(body.matches("stale since").count(), 7, "{body}");
    assert!(body.contains("    and 33 more\n"), "{body}");
}
