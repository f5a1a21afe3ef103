//! Stories in simulated time: what happens to subjects, and who hears what when.

mod begins;
mod critical;
mod deployed;
mod duty;
mod ends;
mod twice;
mod worst;

use notafter_cert::{Span, Time};
use serde_json::json;

use super::{Background, Circumstance, NextTry, State, Tried, What, decide};
use crate::finding::{Judged, all_judged, reconcile};
use crate::model::channel::stage::{WITH_PAGER, channel};
use crate::model::*;

const CALLS: [&str; 3] = ["oncall@shop.example", "lead@shop.example", "root@example"];

/// A store in memory with one owner (two contacts), the default owner behind it (one more), and one mail channel.
struct Stage {
    now: Time,
    counter: u64,
    owner: Owner,
    fallback: Owner,
    channels: Vec<Channel>,
    paths: Vec<Path>,
    alerts: Vec<Alert>,
    findings: Vec<Finding>,
    silences: Vec<Silence>,
    background: Background,
    sent: Vec<Delivery>,
    next_at: Option<Time>,
    heard: String,
}

fn endpoint() -> Subject {
    Subject::Endpoint(EndpointId::from_bytes([1; 16]))
}

fn lineage(number: u8) -> Subject {
    Subject::Lineage(LineageId::from_bytes([number; 16]))
}

fn mail(to: &str) -> Contact {
    Contact { channel: "mail".to_owned(), to: Some(to.to_owned()) }
}

/// Another one each time, however many are asked for: the first 255 are of one byte each.
fn next(counter: &mut u64) -> Random {
    *counter += 1;
    let bytes = counter.wrapping_mul(0x0101_0101_0101_0101).to_be_bytes();
    let mut random = [bytes[7]; 10];
    random[..8].copy_from_slice(&bytes);
    random
}

impl Stage {
    fn at(start: &str) -> Self {
        let owner = |id: u8, name: &str, contacts: &[&str]| Owner {
            id: OwnerId::from_bytes([id; 16]),
            name: name.to_owned(),
            contacts: contacts.iter().map(|to| mail(to).into()).collect(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        };
        let mut background = Background::default();
        background.insert(
            endpoint(),
            Circumstance {
                name: "shop.example".to_owned(),
                commands: vec!["notafter check shop.example".to_owned()],
                ..Circumstance::default()
            },
        );
        Self {
            now: start.parse().unwrap(),
            counter: 0,
            owner: owner(1, "shop", &CALLS[..2]),
            fallback: owner(2, "default", &CALLS[2..]),
            channels: vec![channel("mail", "smtp")],
            paths: Vec::new(),
            alerts: Vec::new(),
            findings: Vec::new(),
            silences: Vec::new(),
            background,
            sent: Vec::new(),
            next_at: None,
            heard: String::new(),
        }
    }

    /// The rules spoke: these violations hold now, no others.
    fn judge(&mut self, violations: Vec<Violation>) {
        let open: Vec<Finding> =
            self.findings.iter().filter(|finding| finding.state == FindingState::Open).cloned().collect();
        let judged = Judged { owner_id: self.owner.id, at: self.now, violations, judged: &all_judged };
        let counter = &mut self.counter;
        let changes = reconcile(&open, judged, &mut || next(counter));
        for change in changes {
            let finding = change.finding().clone();
            self.findings.retain(|known| known.id != finding.id);
            self.findings.push(finding);
        }
        self.decide();
    }

    fn decide(&mut self) {
        let state = State {
            owner: &self.owner,
            fallback: Some(&self.fallback),
            channels: &self.channels,
            kinds: WITH_PAGER,
            paths: &self.paths,
            alerts: &self.alerts,
            findings: &self.findings,
            silences: &self.silences,
            background: &self.background,
        };
        let counter = &mut self.counter;
        let plan = decide(&state, self.now, &mut || next(counter));
        let (mut alerts, mut sent) = (Vec::new(), Vec::new());
        for action in plan.actions {
            match action.what {
                What::Keep(alert) => alerts.push(alert),
                What::Send(delivery) => sent.push((delivery, action.why)),
            }
        }
        for alert in alerts {
            self.alerts.retain(|known| known.id != alert.id);
            self.alerts.push(alert);
        }
        for (delivery, why) in sent {
            let to = delivery.to.as_deref().unwrap_or("-");
            self.heard +=
                &format!("{} {to}: {}\n    why: {why}\n", self.now.for_people(), delivery.message.subject);
            self.sent.push(delivery);
        }
        self.next_at = plan.next_at;
    }

    /// Lets time pass; wakes the plan exactly when it asked to be woken.
    fn pass(&mut self, span: Span) {
        let until = self.now + span;
        while let Some(next) = self.next_at.filter(|next| *next <= until) {
            assert!(next > self.now, "the plan asks to be woken at {next}, and it is {}", self.now);
            self.now = next;
            self.decide();
        }
        self.now = until;
    }

    fn acknowledge(&mut self) {
        for alert in &mut self.alerts {
            alert.acknowledged =
                Some(Acknowledgement { at: self.now, by: Actor::Person("ada".to_owned()), note: None });
        }
        self.decide();
    }
}

fn violation(code: &str, severity: Severity, subject: Subject, text: &str) -> Violation {
    Violation {
        code: code.to_owned(),
        severity,
        subject,
        cause: String::new(),
        text: text.to_owned(),
        hint: String::new(),
        evidence: serde_json::Value::Null,
    }
}

fn expires(severity: Severity, not_after: Time) -> Violation {
    Violation {
        evidence: json!({ "not_after": not_after, "fingerprint": "9f".repeat(32) }),
        hint: "renew it and see that every address serves the new one".to_owned(),
        ..violation("certificate.expires-soon", severity, endpoint(), "expires soon")
    }
}

#[test]
fn not_acknowledged_it_climbs_and_reminds_and_the_recovery_is_told_to_all() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let end: Time = "2026-12-05T04:31:00Z".parse().unwrap();
    stage.judge(vec![expires(Severity::Critical, end)]);
    stage.pass(Span::hours(50));
    stage.judge(vec![]);
    stage.pass(Span::hours(1));
    insta::assert_snapshot!(stage.heard);
}

#[test]
fn a_warning_waits_for_a_business_day_and_rises_when_it_gets_worse() {
    // A Friday afternoon.
    let mut stage = Stage::at("2026-11-20T15:00:00Z");
    let end: Time = "2026-12-05T04:31:00Z".parse().unwrap();
    stage.judge(vec![expires(Severity::Warning, end)]);
    stage.pass(Span::days(4));
    stage.judge(vec![expires(Severity::Critical, end)]);
    stage.pass(Span::minutes(29));
    stage.acknowledge();
    stage.pass(Span::days(3));
    insta::assert_snapshot!(stage.heard);
}

/// Somebody was told while the clock was 400 days ahead: until then there was no reminder and no next contact.
#[test]
fn what_was_told_while_the_clock_was_ahead_climbs_and_reminds_from_now_on() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let (start, end) = (stage.now, "2026-12-05T04:31:00Z".parse().unwrap());
    stage.now = start + Span::days(400);
    let expired = || vec![violation("certificate.expired", Severity::Critical, endpoint(), "expired")];
    stage.judge(expired());
    assert_eq!(stage.sent.len(), 1);
    stage.now = start;
    stage.judge(vec![expires(Severity::Critical, end)]);
    let told = stage.sent.len();
    stage.pass(Span::minutes(31));
    assert!(stage.sent.len() > told, "the next contact: {}", stage.heard);
    stage.pass(Span::days(2));
    assert!(stage.sent.iter().any(|sent| sent.purpose == Purpose::Reminder), "{}", stage.heard);
    assert!(
        stage.findings.iter().all(|finding| finding.opened_at <= stage.now || finding.closed_at.is_some())
    );
}

#[test]
fn numbers_that_move_and_causes_that_flap_are_no_news() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let end: Time = "2026-12-05T04:31:00Z".parse().unwrap();
    stage.judge(vec![expires(Severity::Critical, end)]);
    stage.acknowledge();
    for _ in 0..50 {
        stage.pass(Span::minutes(10));
        stage.judge(vec![]);
        stage.pass(Span::minutes(10));
        stage.judge(vec![expires(Severity::Critical, end)]);
    }
    assert_eq!(stage.sent.len(), 1, "{}", stage.heard);
}

#[test]
fn one_issuer_down_is_one_alert_with_its_lineages() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let issuer = Subject::Issuer(IssuerId::from_bytes([9; 16]));
    stage
        .background
        .insert(issuer.clone(), Circumstance { name: "issuer le".to_owned(), ..Circumstance::default() });
    let failing = |count: u8| -> Vec<Violation> {
        (0..count)
            .map(|number| Violation {
                cause: issuer.to_string(),
                ..violation(
                    "renewal.failing",
                    Severity::Warning,
                    lineage(number),
                    "renewal failed: the CA answers 503",
                )
            })
            .collect()
    };
    stage.judge(failing(1));
    stage.pass(Span::minutes(5));
    stage.judge(failing(200));
    assert_eq!(stage.sent.len(), 1, "told once, by its cause: {}", stage.heard);
    assert_eq!(stage.alerts.len(), 1);
    assert_eq!(stage.alerts[0].findings.len(), 200);
    stage.pass(Span::days(1));
    assert!(stage.heard.contains("and 199 more"), "{}", stage.heard);
}

#[test]
fn a_storm_comes_as_one_message() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let all = (0..40)
        .map(|number| violation("certificate.expired", Severity::Critical, lineage(number), "expired"))
        .collect();
    stage.judge(all);
    assert_eq!((stage.alerts.len(), stage.sent.len()), (40, 1));
    stage.pass(Span::minutes(30));
    assert_eq!(stage.sent.len(), 2, "it climbs as one, too: {}", stage.heard);
}

#[test]
fn silence_holds_until_it_ends_and_hides_nothing_else() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let end: Time = "2026-12-05T04:31:00Z".parse().unwrap();
    stage.silences.push(Silence {
        id: SilenceId::from_bytes([1; 16]),
        scope: SilenceScope { code: Some("certificate.*".to_owned()), ..SilenceScope::default() },
        from: stage.now,
        until: stage.now + Span::hours(2),
        why: "planned exchange".to_owned(),
        by: Actor::Person("ada".to_owned()),
    });
    stage.judge(vec![
        expires(Severity::Critical, end),
        violation("renewal.failing", Severity::Warning, lineage(7), "renewal failed"),
    ]);
    assert_eq!(stage.sent.len(), 1);
    assert!(stage.sent[0].message.subject.starts_with("WARNING"), "{}", stage.heard);
    stage.pass(Span::hours(2));
    assert_eq!(stage.sent.len(), 2);
    assert!(
        stage.sent[1].message.subject.starts_with("CRITICAL shop.example: expires in"),
        "{}",
        stage.heard
    );
}

#[test]
fn the_next_contact_hears_at_once_when_the_way_to_the_first_is_down() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let mut path = Path::unknown(stage.channels[0].id, Some(CALLS[0].to_owned()), stage.owner.id);
    path.failures = Path::DOWN_AFTER;
    path.failing_since = Some(stage.now);
    stage.paths.push(path);
    stage.judge(vec![violation("certificate.expired", Severity::Critical, endpoint(), "expired")]);
    let told: Vec<&str> = stage.sent.iter().filter_map(|delivery| delivery.to.as_deref()).collect();
    assert_eq!(told.iter().filter(|to| CALLS[..2].contains(to)).count(), 2, "{}", stage.heard);
}

#[test]
fn something_of_another_kind_undoes_an_acknowledgement_and_more_of_the_same_does_not() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    stage.background.insert(
        lineage(1),
        Circumstance { behind: Some(endpoint()), name: "shop".to_owned(), ..Circumstance::default() },
    );
    let stale = violation("deployment.stale", Severity::Warning, endpoint(), "1 of 4 addresses stale");
    let more = Violation { cause: "two".to_owned(), ..stale.clone() };
    let other = violation("renewal.failing", Severity::Warning, lineage(1), "renewal failed");
    stage.judge(vec![stale.clone()]);
    stage.pass(Span::minutes(1));
    stage.acknowledge();
    stage.pass(Span::minutes(1));
    stage.judge(vec![stale.clone(), more.clone()]);
    assert_eq!(stage.sent.len(), 1, "{}", stage.heard);
    stage.pass(Span::minutes(1));
    stage.judge(vec![stale, more, other]);
    assert_eq!((stage.alerts.len(), stage.sent.len()), (1, 2), "{}", stage.heard);
    assert_eq!(stage.sent[1].purpose, Purpose::Grown);
    assert_eq!(stage.alerts[0].acknowledged, None);
}

/// An alert that somebody took with `notafter alert ack` went on paging in products that page by themselves.
#[test]
fn that_somebody_took_it_is_told_to_what_would_page_on_and_to_nobody_else() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    stage.channels.push(channel("pager", "pager"));
    let pager = Contact { channel: "pager".to_owned(), to: None };
    stage.owner.contacts = vec![pager.into(), mail(CALLS[0]).into()];
    let end: Time = "2026-12-05T04:31:00Z".parse().unwrap();
    let stale = violation("deployment.stale", Severity::Warning, endpoint(), "1 of 4 addresses stale");
    stage.judge(vec![expires(Severity::Warning, end)]);
    stage.pass(Span::days(2));
    stage.acknowledge();
    stage.decide();
    stage.pass(Span::hours(1));
    // Once more, with another word; then it grows, and climbs anew.
    stage.acknowledge();
    stage.pass(Span::hours(1));
    stage.judge(vec![expires(Severity::Critical, end), stale]);
    stage.pass(Span::minutes(40));
    stage.judge(vec![]);
    stage.pass(Span::hours(1));
    insta::assert_snapshot!(stage.heard);
    let taken: Vec<&Delivery> =
        stage.sent.iter().filter(|sent| sent.purpose == Purpose::Acknowledged).collect();
    assert_eq!(taken.len(), 2);
    insta::assert_snapshot!("taken", taken[0].message.body);
    let worsened = |sent: &Delivery| sent.message.data["worsened"].as_u64();
    assert_eq!((worsened(taken[1]), stage.sent.last().and_then(worsened)), (Some(0), Some(1)));
}

#[test]
fn not_knowing_is_told_after_an_hour_of_it() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let blind = || violation("endpoint.timeout", Severity::Unknown, endpoint(), "no answer within 10 s");
    stage.judge(vec![blind()]);
    stage.pass(Span::minutes(30));
    stage.judge(vec![blind()]);
    assert_eq!(stage.sent.len(), 0, "{}", stage.heard);
    stage.pass(Span::minutes(30));
    stage.judge(vec![blind()]);
    assert_eq!(stage.sent.len(), 1);
}

#[test]
fn a_refused_connection_is_told_at_the_second_look_and_a_restart_is_not() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let refused = || violation("endpoint.refused", Severity::Critical, endpoint(), "connection refused");
    stage.judge(vec![refused()]);
    stage.pass(Span::minutes(1));
    stage.judge(vec![]);
    stage.pass(Span::hours(1));
    stage.judge(vec![refused()]);
    assert_eq!((stage.sent.len(), stage.alerts.len()), (0, 0), "{}", stage.heard);
    stage.pass(Span::minutes(1));
    stage.judge(vec![refused()]);
    assert_eq!(stage.sent.len(), 1);
}

#[test]
fn nobody_to_tell_is_no_alert_until_somebody_is_named() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    let contacts = (std::mem::take(&mut stage.owner.contacts), std::mem::take(&mut stage.fallback.contacts));
    stage.judge(vec![violation("certificate.expired", Severity::Critical, endpoint(), "expired")]);
    assert_eq!((stage.alerts.len(), stage.next_at), (0, None));
    stage.owner.contacts = contacts.0;
    stage.decide();
    assert_eq!((stage.alerts.len(), stage.sent.len()), (1, 1));
}

#[test]
fn renewal_failing_for_weeks_is_heard_on_the_first_day_and_then_climbs() {
    let mut stage = Stage::at("2026-11-02T04:11:00Z");
    let end: Time = "2026-12-01T04:31:00Z".parse().unwrap();
    stage.background.insert(
        endpoint(),
        Circumstance { behind: Some(lineage(1)), name: "shop.example".to_owned(), ..Circumstance::default() },
    );
    for day in 0..30 {
        stage.background.insert(
            lineage(1),
            Circumstance {
                name: "shop".to_owned(),
                behind: None,
                tried: vec![Tried { at: stage.now, what: format!("renewal failed, attempt {}", day + 1) }],
                next_try: Some(NextTry {
                    at: stage.now + Span::hours(12),
                    what: "the renewal is tried again".to_owned(),
                }),
                runway: Some(format!("{} attempts before expiry", 2 * (29 - day))),
                commands: vec!["notafter explain shop".to_owned()],
                ..Circumstance::default()
            },
        );
        let left = end.since(stage.now);
        let mut held = vec![Violation {
            cause: "domain".to_owned(),
            ..violation(
                "renewal.failing",
                if left < Span::days(11) { Severity::Critical } else { Severity::Warning },
                lineage(1),
                &format!("renewal failing for {} d", day + 1),
            )
        }];
        if left.is_negative() {
            held.push(Violation {
                code: "certificate.expired".to_owned(),
                ..expires(Severity::Critical, end)
            });
        } else if left < Span::days(22) {
            held.push(expires(
                if left < Span::days(11) { Severity::Critical } else { Severity::Warning },
                end,
            ));
        }
        stage.judge(held);
        stage.pass(Span::days(1));
    }
    assert_eq!(stage.alerts.len(), 1, "one cause, one alert");
    let firsts: Vec<&str> = stage.heard.lines().filter(|line| !line.starts_with(' ')).take(6).collect();
    insta::assert_snapshot!(firsts.join("\n"));
    let last = stage.sent.last().unwrap();
    insta::assert_snapshot!(last.message.subject);
    assert!(stage.sent.iter().any(|delivery| delivery.message.body.contains("runway: 58 attempts")));
}

#[test]
fn a_quiet_fleet_wakes_nobody_and_asks_for_no_timer() {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    stage.judge(vec![violation("certificate.noted", Severity::Ok, endpoint(), "a note")]);
    assert_eq!((stage.sent.len(), stage.alerts.len(), stage.next_at), (0, 0, None));
}

#[test]
fn the_message_reads_well_at_three_in_the_morning() {
    let mut stage = Stage::at("2026-11-25T19:19:00Z");
    stage.background.insert(
        endpoint(),
        Circumstance {
            name: "shop.example".to_owned(),
            behind: None,
            tried: vec![Tried {
                at: "2026-11-25T19:01:00Z".parse().unwrap(),
                what: "web2: reloaded; 192.0.2.4 still serves 3f2a91c0".to_owned(),
            }],
            next_try: Some(NextTry {
                at: "2026-11-25T20:01:00Z".parse().unwrap(),
                what: "every address of web2 is looked at again".to_owned(),
            }),
            runway: Some("9 attempts before expiry".to_owned()),
            commands: vec!["notafter check shop.example".to_owned(), "notafter deploy shop".to_owned()],
            ..Circumstance::default()
        },
    );
    let stale = Violation {
        evidence: json!({ "stale": ["192.0.2.4"], "der": "A".repeat(2_000), "said": "bad\r\nBcc: x\u{202e}y" }),
        hint: "reload the web server at 192.0.2.4".to_owned(),
        ..violation("endpoint.addresses-disagree", Severity::Warning, endpoint(), "1 of 4 addresses stale")
    };
    stage.judge(vec![expires(Severity::Critical, "2026-11-26T04:31:00Z".parse().unwrap()), stale]);
    let message = stage.sent[0].message.clone();
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", message.subject, message.body));
    stage.pass(Span::minutes(30));
    stage.judge(vec![]);
    stage.pass(Span::minutes(15));
    let message = stage.sent.last().unwrap().message.clone();
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", message.subject, message.body));
}

#[test]
fn day_zero_and_the_day_after_are_said_in_words() {
    let end: Time = "2026-11-25T04:31:00Z".parse().unwrap();
    let say = |at: &str| {
        let mut stage = Stage::at(at);
        stage.judge(vec![expires(Severity::Critical, end)]);
        stage.sent[0].message.subject.clone()
    };
    let said: Vec<String> =
        ["2026-11-24T19:19:00Z", "2026-11-25T04:30:59Z", "2026-11-25T04:31:01Z", "2026-11-26T05:00:00Z"]
            .map(say)
            .to_vec();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_failing_renewal_tells_its_runway_and_its_next_attempt() {
    let mut stage = Stage::at("2026-11-25T19:19:00Z");
    let failing = Violation {
        cause: "domain".to_owned(),
        evidence: json!({
            "attempts": 9,
            "since": "2026-11-22T19:19:00Z",
            "last": { "class": "domain", "message": "port 80 refused", "identifiers": ["www.shop.example"] },
            "next_attempt": "2026-11-25T21:00:00Z",
            "runway": { "attempts": 31, "until": "2026-12-20T00:00:00Z", "assumed": "domain" },
            "not_after": null,
        }),
        ..violation("renewal.failing", Severity::Warning, lineage(1), "renewal failing for 3 d, 9 attempts")
    };
    stage.judge(vec![failing]);
    insta::assert_snapshot!(stage.sent[0].message.body);
}

/// "notafter renew" was proposed where a line of the inventory file was missing.
#[test]
fn what_is_mended_in_the_inventory_file_is_not_answered_with_a_renewal() {
    for (code, helps) in [("place.no-endpoint", false), ("renewal.failing", true)] {
        let mut stage = Stage::at("2026-11-25T19:19:00Z");
        let commands = vec!["notafter explain shop".to_owned(), "notafter renew shop".to_owned()];
        let known = Circumstance { name: "shop".to_owned(), commands, ..Circumstance::default() };
        stage.background.insert(lineage(1), known);
        stage.judge(vec![violation(code, Severity::Warning, lineage(1), "place web names no endpoint")]);
        let body = &stage.sent[0].message.body;
        assert!(body.contains("notafter explain shop"), "{body}");
        assert_eq!(body.contains("notafter renew shop"), helps, "{code}: {body}");
    }
}

/// nginx names the line and the file on lines of their own: in a mail they began at the left margin.
#[test]
fn what_a_program_said_in_lines_stays_below_what_it_is_about() {
    let mut stage = Stage::at("2026-11-25T19:19:00Z");
    let said = "nginx refuses its configuration: `nginx -t` ended with exit status: 1: nginx: [emerg] cannot load \
                certificate \"/etc/shop.pem\"\nnginx: configuration file /etc/nginx/nginx.conf test failed";
    let tried = Tried { at: stage.now, what: format!("web: {said}") };
    let known = Circumstance { name: "shop".to_owned(), tried: vec![tried], ..Circumstance::default() };
    stage.background.insert(lineage(1), known);
    stage.judge(vec![violation("deployment.failing", Severity::Warning, lineage(1), said)]);
    insta::assert_snapshot!(stage.sent[0].message.body);
}

/// Nothing gets out through the one channel that everybody is on: three findings, one cause.
#[test]
fn a_broken_channel_and_those_who_cannot_be_told_because_of_it_are_one_alert() {
    for shared in [true, false] {
        let mut stage = Stage::at("2026-11-25T03:00:00Z");
        let channel = stage.channels[0].id;
        let contacts = if shared { &CALLS[..2] } else { &CALLS[..1] };
        for to in contacts {
            let mut path = Path::unknown(channel, Some((*to).to_owned()), stage.owner.id);
            path.failures = Path::DOWN_AFTER;
            stage.paths.push(path);
        }
        let owner = Subject::Owner(stage.owner.id);
        stage.judge(vec![
            violation("owner.unreachable", Severity::Critical, owner.clone(), "every path fails"),
            violation("alert.no-proved-path", Severity::Warning, owner, "none is proved"),
            violation("notifier.failing", Severity::Critical, Subject::Channel(channel), "mail fails"),
        ]);
        assert_eq!(stage.alerts.len(), if shared { 1 } else { 2 }, "{}", stage.heard);
    }
}
