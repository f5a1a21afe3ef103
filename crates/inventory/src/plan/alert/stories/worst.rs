//! What is said first, and what is left to do.

use super::*;

/// The subject began with what came first in the store, an end in ten days, and was cut within a word; an expired one stood
/// further down.
#[test]
fn a_storm_begins_with_what_is_worst_and_is_cut_between_words() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let now = stage.now;
    let at = |number: u8| Subject::Endpoint(EndpointId::from_bytes([number; 16]));
    let about = |number: u8, found: Violation| Violation { subject: at(number), ..found };
    let mismatch = "not valid for 127.0.0.3, only for pool.example, admin.pool.example, api.pool.example, m.pool.example";
    let ends = |number, days| about(number, expires(Severity::Critical, now + Span::days(days)));
    let expired = Violation { code: "certificate.expired".to_owned(), ..ends(6, -1) };
    let wrong_name =
        |number| violation("certificate.name-mismatch", Severity::Critical, at(number), mismatch);
    let storm = |stage: &mut Stage, found: Vec<Violation>| {
        stage.judge(found);
        let body = &stage.sent[0].message.body;
        body.lines().filter(|line| !line.contains("notafter alert ack")).collect::<Vec<_>>().join("\n")
    };
    for number in 1..=8 {
        let name = format!("127.0.0.{number}:9410");
        stage.background.insert(at(number), Circumstance { name, ..Circumstance::default() });
    }
    let found = vec![
        about(1, expires(Severity::Warning, now + Span::days(1))),
        violation("automation.dead", Severity::Critical, at(2), "the timer is switched off"),
        wrong_name(3),
        ends(4, 9),
        ends(5, 2),
        expired,
    ];
    let first = storm(&mut stage, found);
    let mut stage = Stage { sent: Vec::new(), findings: Vec::new(), alerts: Vec::new(), ..stage };
    let second = storm(&mut stage, (1..=6).map(wrong_name).collect());
    insta::assert_snapshot!(format!("{first}\n\n{second}"));
}

/// "Find out why the renewal did not happen, and renew now", beside a new certificate that one node does not serve.
#[test]
fn whoever_has_a_newer_certificate_is_told_to_get_it_served_and_not_to_renew() {
    let mut stage = Stage::at("2026-11-25T19:19:00Z");
    let ends = |hint: &str| Violation {
        hint: hint.to_owned(),
        ..expires(Severity::Critical, "2026-11-26T04:31:00Z".parse().unwrap())
    };
    let why = "Find out why it was not renewed.";
    let stale = Violation {
        hint: "Reload the server.".to_owned(),
        ..violation("deployment.stale", Severity::Warning, endpoint(), "1 of 2 addresses stale")
    };
    let to_do = |stage: &Stage| {
        let body = stage.sent.last().unwrap().message.body.clone();
        [why, "Reload the server."].map(|hint| body.contains(hint))
    };
    stage.judge(vec![ends(why), stale]);
    assert_eq!(to_do(&stage), [false, true]);
    let mut alone = Stage::at("2026-11-25T19:19:00Z");
    alone.judge(vec![ends(why)]);
    assert_eq!(to_do(&alone), [true, false]);
}

/// "notafter adopt --take-over", below the reason why that cannot be.
#[test]
fn a_take_over_is_a_command_to_type_only_where_the_finding_proposes_it() {
    let command = "notafter adopt --take-over shop.example";
    let typed = |hint: &str| {
        let mut stage = Stage::at("2026-11-25T03:00:00Z");
        let lineage = Subject::Lineage(crate::model::LineageId::from_bytes([7; 16]));
        let commands = vec!["notafter explain shop.example".to_owned(), command.to_owned()];
        let known = Circumstance { name: "shop.example".to_owned(), commands, ..Circumstance::default() };
        stage.background.insert(lineage.clone(), known);
        let dead = violation("automation.dead", Severity::Warning, lineage, "no timer starts it");
        stage.judge(vec![Violation { hint: hint.to_owned(), ..dead }]);
        let body = &stage.sent[0].message.body;
        assert!(body.contains("    notafter explain shop.example"), "{body}");
        body.lines().filter(|line| line.trim() == command).count()
    };
    assert_eq!(typed(&format!("Switch it on again, or let notafter renew: `{command}`.")), 1);
    assert_eq!(typed("Switch it on again. It cannot be taken over: its account was not found."), 0);
}
