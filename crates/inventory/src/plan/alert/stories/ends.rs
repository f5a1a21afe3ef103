//! Certificates that run out: one alert with what fails behind them, and the end told at its own instant.

use notafter_cert::{Fingerprint, Span, Time};
use serde_json::json;

use super::{Stage, endpoint, lineage, mail, violation};
use crate::model::*;
use crate::plan::alert::Circumstance;

const START: &str = "2026-11-25T03:00:00Z";

fn issuer() -> Subject {
    Subject::Issuer(IssuerId::from_bytes([9; 16]))
}

fn print(byte: u8) -> String {
    Fingerprint::from_bytes([byte; 32]).to_string()
}

/// An endpoint at which a lineage is installed.
fn served(by: u8) -> Subject {
    Subject::Endpoint(EndpointId::from_bytes([by; 16]))
}

/// A stage with an issuer, and with lineages 1 to 4 that are served somewhere each.
fn stage() -> Stage {
    let mut stage = Stage::at(START);
    let named = |name: &str| Circumstance { name: name.to_owned(), ..Circumstance::default() };
    stage.background.insert(issuer(), named("issuer lab"));
    for number in 1..=4 {
        stage.background.insert(lineage(number), named(&format!("shop{number}")));
        let behind = Some(lineage(number));
        let name = format!("shop{number}.example");
        stage.background.insert(served(number), Circumstance { behind, name, ..Circumstance::default() });
    }
    stage
}

/// The renewal of a lineage fails, which holds this certificate.
fn failing(number: u8, cause: &str, held: Option<(u8, Time)>) -> Violation {
    let evidence = json!({
        "since": START,
        "last": { "message": "the CA answers 503" },
        "fingerprint": held.map(|(byte, _)| print(byte)),
        "not_after": held.map(|(_, end)| end),
    });
    let severity = if held.is_some() { Severity::Critical } else { Severity::Warning };
    Violation {
        cause: cause.to_owned(),
        evidence,
        ..violation("renewal.failing", severity, lineage(number), "renewal failing")
    }
}

/// A look saw that this certificate runs out, or ran out.
fn ending(number: u8, byte: u8, end: Time, now: Time) -> Violation {
    let code = if now > end { "certificate.expired" } else { "certificate.expires-soon" };
    Violation {
        cause: print(byte),
        evidence: json!({ "not_after": end, "fingerprint": print(byte) }),
        ..violation(code, Severity::Critical, served(number), "runs out")
    }
}

#[derive(Clone, Copy, Debug)]
enum First {
    Failing,
    Ending,
    Neither,
}

/// That a certificate runs out because its renewal fails is one cause, whoever notices first; another certificate that
/// runs out at the same place is another.
#[test]
fn a_certificate_that_runs_out_joins_the_renewal_that_fails() {
    let (this, another, nothing) = (Some(7), Some(8), None);
    let (ca, domain) = (issuer().to_string(), "domain".to_owned());
    // Who came first, why it fails, what the lineage holds; what the alerts are about.
    let table = [
        (First::Failing, &ca, this, vec![issuer()]),
        (First::Neither, &ca, this, vec![issuer()]),
        // An alert stays what it was when it was told, and this one is the lineage's own.
        (First::Ending, &ca, this, vec![lineage(1)]),
        (First::Failing, &ca, nothing, vec![issuer()]),
        (First::Ending, &ca, nothing, vec![lineage(1)]),
        // Renewed and not served: the CA has no part in it.
        (First::Failing, &ca, another, vec![issuer(), lineage(1)]),
        (First::Neither, &ca, another, vec![issuer(), lineage(1)]),
        (First::Ending, &ca, another, vec![lineage(1), issuer()]),
        (First::Failing, &domain, this, vec![lineage(1)]),
        (First::Ending, &domain, this, vec![lineage(1)]),
        (First::Neither, &domain, this, vec![lineage(1)]),
    ];
    for (first, cause, held, roots) in table {
        let mut stage = stage();
        let end = stage.now + Span::days(1);
        let fails = failing(1, cause, held.map(|byte| (byte, end)));
        let ends = ending(1, 7, end, stage.now);
        match first {
            First::Failing => stage.judge(vec![fails.clone()]),
            First::Ending => stage.judge(vec![ends.clone()]),
            First::Neither => {}
        }
        stage.pass(Span::minutes(5));
        stage.judge(vec![fails, ends]);
        let told: Vec<Subject> = stage.alerts.iter().map(|alert| alert.root.clone()).collect();
        assert_eq!(told, roots, "{first:?} first, {cause}, {held:?}:\n{}", stage.heard);
        let attached: usize = stage.alerts.iter().map(|alert| alert.findings.len()).sum();
        assert_eq!(attached, 2, "each in one alert");
    }
}

/// Others of the same CA found the CA's alert; the lineage that is told of already stays where it is.
#[test]
fn an_outage_of_the_ca_is_one_alert_beside_what_was_told_before() {
    let mut stage = stage();
    let (end, ca) = (stage.now + Span::days(1), issuer().to_string());
    let mut held = vec![ending(1, 1, end, stage.now)];
    stage.judge(held.clone());
    for number in 1..=4 {
        stage.pass(Span::minutes(5));
        held.push(failing(number, &ca, Some((number, end))));
        stage.judge(held.clone());
    }
    held.push(ending(2, 2, end, stage.now));
    stage.judge(held);
    let told: Vec<(Subject, usize)> =
        stage.alerts.iter().map(|alert| (alert.root.clone(), alert.findings.len())).collect();
    assert_eq!(told, [(lineage(1), 2), (issuer(), 4)], "{}", stage.heard);
}

/// The endpoint was known before the lineage: once it is known what is behind it, that is what its alert is about.
#[test]
fn an_alert_is_about_what_is_behind_its_endpoint_once_that_is_known() {
    let mut stage = stage();
    let behind = stage.background.about(&served(1)).cloned().unwrap();
    stage.background.insert(served(1), Circumstance { behind: None, ..behind.clone() });
    let (end, now) = (stage.now + Span::days(1), stage.now);
    stage.judge(vec![ending(1, 7, end, now)]);
    assert_eq!(stage.alerts[0].root, served(1));
    stage.background.insert(served(1), behind);
    stage.judge(vec![ending(1, 7, end, now), failing(1, &issuer().to_string(), None)]);
    assert_eq!(stage.alerts.len(), 1, "{}", stage.heard);
    assert_eq!((&stage.alerts[0].root, stage.alerts[0].findings.len()), (&lineage(1), 2));
}

/// Whoever silences a failing renewal has not silenced the endpoint that it leads to.
#[test]
fn a_silence_over_the_renewal_does_not_hide_the_endpoint() {
    let mut stage = stage();
    let (end, ca) = (stage.now + Span::days(1), issuer().to_string());
    stage.judge(vec![failing(1, &ca, Some((7, end)))]);
    stage.silences.push(Silence {
        id: SilenceId::from_bytes([1; 16]),
        scope: SilenceScope { code: Some("renewal.*".to_owned()), ..SilenceScope::default() },
        from: stage.now,
        until: stage.now + Span::days(9),
        why: "the CA said so".to_owned(),
        by: Actor::Person("ada".to_owned()),
    });
    stage.pass(Span::minutes(1));
    stage.judge(vec![failing(1, &ca, Some((7, end))), ending(1, 7, end, stage.now)]);
    assert_eq!((stage.alerts.len(), stage.sent.len()), (1, 2), "{}", stage.heard);
    assert!(stage.sent[1].message.body.contains("certificate.expires-soon"));
}

/// Day 0 and day -1 of a failing renewal, as the owner hears them: the end is told at its instant, to whoever took it
/// too, and a look a minute later is no second news.
#[test]
fn the_end_is_told_at_its_instant_and_once() {
    let mut stage = stage();
    let (end, ca) = (stage.now + Span::hours(5), issuer().to_string());
    let held = |now| vec![failing(1, &ca, Some((7, end))), ending(1, 7, end, now)];
    stage.judge(held(stage.now));
    stage.pass(Span::minutes(10));
    stage.acknowledge();
    stage.pass(end.since(stage.now) + Span::minutes(1));
    stage.judge(held(stage.now));
    stage.pass(Span::days(2));
    insta::assert_snapshot!(stage.heard);
    insta::assert_snapshot!("the_mail_at_the_end", stage.sent[1].message.body);
    let at: Vec<Time> = stage.sent.iter().map(|sent| sent.created_at).collect();
    assert_eq!(at[1], end + Span::seconds(1));
    assert_eq!(stage.alerts[0].acknowledged, None);
}

/// Where only looks know, the look of that instant has two minutes; one that was answered by silence changes nothing
/// about what was seen before.
#[test]
fn an_end_that_no_look_saw_is_told_two_minutes_later() {
    for (seen_after, told_after) in [(Some(1), 1), (Some(90), 90), (None, 120)] {
        let mut stage = stage();
        let end = stage.now + Span::minutes(20);
        stage.judge(vec![ending(1, 7, end, stage.now)]);
        if let Some(seconds) = seen_after {
            stage.pass(Span::minutes(20) + Span::seconds(seconds));
            stage.judge(vec![ending(1, 7, end, stage.now)]);
        }
        stage.pass(Span::minutes(25) - stage.now.since(START.parse().unwrap()));
        assert_eq!(stage.sent.len(), 2, "{}", stage.heard);
        assert_eq!(stage.sent[1].purpose, Purpose::Expired);
        assert_eq!(stage.sent[1].created_at, end + Span::seconds(told_after), "{seen_after:?}");
    }
}

/// Two hundred lineages behind one CA end one after the other: the first end is told at once, the others each hour.
#[test]
fn ends_that_follow_one_another_are_told_together() {
    let mut stage = stage();
    let ca = issuer().to_string();
    let first = stage.now + Span::minutes(10);
    let held = |now: Time| -> Vec<Violation> {
        let ends = (1..=4).map(|number| first + Span::minutes(10 * (i64::from(number) - 1)));
        let pairs = (1..=4_u8).zip(ends);
        let all = pairs.flat_map(|(number, end)| {
            [failing(number, &ca, Some((number, end))), ending(number, number, end, now)]
        });
        all.collect()
    };
    stage.judge(held(stage.now));
    stage.acknowledge();
    for _ in 0..12 {
        stage.pass(Span::minutes(10));
        stage.judge(held(stage.now));
        stage.acknowledge();
    }
    let told: Vec<Time> = stage
        .sent
        .iter()
        .filter(|sent| sent.purpose == Purpose::Expired)
        .map(|sent| sent.created_at)
        .collect();
    let second = Span::seconds(1);
    assert_eq!(told, [first + second, first + second + Span::hours(1)], "{}", stage.heard);
    assert!(
        stage.heard.contains(
            "shop1.example expired 1 h ago (03:10 UTC) and 3 more, renewal of shop1 and 3 more failing"
        ),
        "{}",
        stage.heard
    );
}

/// Who is no contact any more hears no more of it, and who took the place hears at once.
#[test]
fn contacts_that_change_under_an_open_alert_are_followed() {
    let mut stage = stage();
    let held = || vec![violation("certificate.expired", Severity::Critical, endpoint(), "expired")];
    stage.fallback.contacts.clear();
    stage.judge(held());
    stage.owner.contacts = vec![mail("new@shop.example").into()];
    stage.decide();
    stage.pass(Span::days(2));
    let told: Vec<&str> = stage.sent.iter().filter_map(|sent| sent.to.as_deref()).collect();
    let new = "new@shop.example";
    assert_eq!(told, ["oncall@shop.example", new, new, new], "{}", stage.heard);
    // A channel that is gone is asked for nothing; the plan would have to be made again and again.
    stage.channels.clear();
    stage.decide();
    assert_eq!(stage.next_at, None, "{}", stage.heard);
}

/// Hundreds of renewals fail, each with the certificate that runs out for it, and hundreds of servers serve one
/// certificate: whoever asks every alert for all findings once per finding is not done within minutes.
#[test]
fn a_thousand_findings_find_their_alerts() {
    let (renewals, servers) = (400_u16, 400_u16);
    let end: Time = "2026-12-05T04:31:00Z".parse().unwrap();
    let bytes = |number: u16| {
        let [high, low] = number.to_be_bytes();
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, high, low]
    };
    let at = |number: u16| Subject::Endpoint(EndpointId::from_bytes(bytes(number)));
    let own = |number: u16| Fingerprint::of(&number.to_be_bytes()).to_string();
    let mut stage = Stage::at(START);
    let mut violations = Vec::new();
    for number in 0..renewals {
        let lineage = Subject::Lineage(LineageId::from_bytes(bytes(number)));
        let behind = Circumstance { behind: Some(lineage.clone()), ..Circumstance::default() };
        stage.background.insert(at(number), behind);
        let evidence = json!({ "fingerprint": own(number), "not_after": end });
        let fails = Violation { subject: lineage, evidence: evidence.clone(), ..failing(1, "domain", None) };
        let ends =
            Violation { subject: at(number), cause: own(number), evidence, ..ending(1, 7, end, stage.now) };
        violations.extend([fails, ends]);
    }
    violations.extend(
        (renewals..renewals + servers)
            .map(|number| Violation { subject: at(number), ..ending(1, 7, end, stage.now) }),
    );
    stage.judge(violations.clone());
    stage.judge(violations);
    let sizes = |size: usize| stage.alerts.iter().filter(|alert| alert.findings.len() == size).count();
    assert_eq!(stage.alerts.len(), usize::from(renewals) + 1);
    assert_eq!((sizes(2), sizes(servers.into())), (usize::from(renewals), 1));
}
