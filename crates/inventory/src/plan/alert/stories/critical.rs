//! How much a subject matters decides how soon it is told, and how fast it climbs.

use super::*;

/// Endpoint 1 matters so much.
fn mattering(level: Criticality) -> Stage {
    let mut stage = Stage::at("2026-11-20T15:00:00Z"); // Friday
    matters(&mut stage, endpoint(), level);
    stage
}

fn matters(stage: &mut Stage, subject: Subject, level: Criticality) {
    let known =
        Circumstance { name: subject.to_string(), criticality: Some(level), ..Circumstance::default() };
    stage.background.insert(subject, known);
}

fn refused() -> Violation {
    violation("endpoint.refused", Severity::Critical, endpoint(), "connection refused")
}

fn blind() -> Violation {
    violation("endpoint.timeout", Severity::Unknown, endpoint(), "no answer within 10 s")
}

/// Who heard, and how long after the start.
fn heard(stage: &Stage, start: Time) -> Vec<(String, Span)> {
    let mut sent: Vec<_> = stage.sent.iter().collect();
    sent.sort_by_key(|delivery| delivery.created_at);
    sent.iter()
        .map(|delivery| (delivery.to.clone().unwrap_or_default(), delivery.created_at.since(start)))
        .collect()
}

#[test]
fn an_alert_climbs_as_fast_as_what_it_is_about_matters() {
    let weekend = Span::days(3);
    let table = [
        (Criticality::Low, Severity::Critical, weekend),
        (Criticality::Normal, Severity::Critical, Span::minutes(30)),
        (Criticality::High, Severity::Critical, Span::minutes(15)),
        (Criticality::Critical, Severity::Critical, Span::minutes(5)),
        (Criticality::Low, Severity::Warning, weekend),
        (Criticality::Normal, Severity::Warning, weekend),
        (Criticality::High, Severity::Warning, weekend),
        (Criticality::Critical, Severity::Warning, Span::hours(1)),
    ];
    for (level, severity, patience) in table {
        let mut stage = mattering(level);
        let start = stage.now;
        stage.judge(vec![violation("certificate.name-mismatch", severity, endpoint(), "another name")]);
        stage.pass(patience - Span::seconds(1));
        let reminded =
            |stage: &Stage| stage.sent.iter().filter(|sent| sent.purpose == Purpose::Escalated).count();
        assert_eq!(reminded(&stage), 0, "{level} {severity}: {}", stage.heard);
        stage.pass(Span::seconds(1));
        assert_eq!(reminded(&stage), 1, "{level} {severity}: {}", stage.heard);
        assert_eq!(heard(&stage, start)[0], (CALLS[0].to_owned(), Span::ZERO), "{level} {severity}");
    }
}

#[test]
fn an_alert_about_several_subjects_climbs_as_fast_as_the_most_critical_one_that_is_amiss() {
    let mut stage = mattering(Criticality::Low);
    let other = Subject::Endpoint(EndpointId::from_bytes([2; 16]));
    matters(&mut stage, other.clone(), Criticality::Critical);
    let start = stage.now;
    let expired = |subject| Violation {
        cause: "9f".repeat(32),
        ..violation("certificate.expired", Severity::Critical, subject, "expired")
    };
    stage.judge(vec![expired(endpoint()), expired(other)]);
    assert_eq!(stage.alerts.len(), 1, "one certificate, one alert: {}", stage.heard);
    stage.pass(Span::minutes(5));
    let second = (CALLS[1].to_owned(), Span::minutes(5));
    assert_eq!(heard(&stage, start), [(CALLS[0].to_owned(), Span::ZERO), second], "{}", stage.heard);
    // What matters is mended: the rest waits for a working day.
    stage.judge(vec![expired(endpoint())]);
    stage.pass(Span::hours(5));
    assert_eq!(stage.sent.len(), 2, "{}", stage.heard);
}

#[test]
fn what_is_critical_is_told_at_its_second_look_whether_it_is_a_fact_or_not_known() {
    for (violated, level, told) in [
        (refused(), Criticality::Critical, 1),
        (blind(), Criticality::Critical, 1),
        (blind(), Criticality::High, 0),
    ] {
        let mut stage = mattering(level);
        stage.judge(vec![violated.clone()]);
        assert_eq!(stage.sent.len(), 0, "after one look: {}", stage.heard);
        stage.pass(Span::seconds(1));
        stage.judge(vec![violated.clone()]);
        assert_eq!(stage.sent.len(), told, "{level}, {}: {}", violated.code, stage.heard);
    }
    let mut stage = mattering(Criticality::Critical);
    stage.judge(vec![refused()]);
    stage.pass(Span::seconds(1));
    stage.judge(vec![]);
    stage.pass(Span::hours(1));
    assert_eq!(stage.sent.len(), 0, "it was over after a second: {}", stage.heard);
}
