//! Critical alerts on two paths at once.

use super::*;

fn pager() -> Contact {
    Contact { channel: "pager".to_owned(), to: None }
}

/// The owner has two mailboxes behind one mail server; a pager stands behind them.
fn stage() -> Stage {
    let mut stage = Stage::at("2026-11-25T03:00:00Z");
    stage.channels.push(Channel { id: ChannelId::from_bytes([4; 16]), ..channel("pager", "pager") });
    stage.fallback.contacts = vec![pager().into()];
    stage
}

fn expired() -> Violation {
    violation("certificate.expired", Severity::Critical, endpoint(), "expired")
}

/// Who got a message, in the order of the messages.
fn receivers(stage: &Stage) -> Vec<&str> {
    stage.sent.iter().map(|sent| sent.to.as_deref().unwrap_or("pager")).collect()
}

/// One message on one path was all that anybody had of a critical alert for half an hour.
#[test]
fn a_critical_alert_goes_out_on_two_paths_that_share_nothing_and_each_names_the_other() {
    let mut stage = stage();
    stage.judge(vec![expired()]);
    assert_eq!(receivers(&stage), [CALLS[0], "pager"], "{}", stage.heard);
    assert!(stage.sent.iter().all(|sent| sent.purpose == Purpose::Opened));
    let told = |sent: &Delivery| sent.message.body.lines().rev().take(3).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(stage.sent.iter().map(told).collect::<Vec<_>>().join("\n--\n"), @r"
    Next: lead@shop.example (mail) 2026-11-25 03:30 UTC (in 30 min) unless acknowledged
    At the same time on another path: pager
    Told: oncall@shop.example (mail), pager
    --
    Next: lead@shop.example (mail) 2026-11-25 03:30 UTC (in 30 min) unless acknowledged
    At the same time on another path: oncall@shop.example (mail)
    Told: oncall@shop.example (mail), pager
    ");
    assert_eq!(stage.sent[0].message.data["also_told"], json!([pager()]));
    stage.decide();
    assert_eq!(stage.sent.len(), 2, "nobody is told twice: {}", stage.heard);
    stage.pass(Span::minutes(30));
    assert_eq!(receivers(&stage), [CALLS[0], "pager", CALLS[1]], "it climbs as before: {}", stage.heard);
    assert_eq!(stage.sent[2].message.data["also_told"], json!([]));
    stage.judge(vec![]);
    stage.pass(Span::minutes(15));
    assert_eq!(stage.sent.len(), 6, "all three hear that it is over: {}", stage.heard);
}

#[test]
fn a_warning_goes_out_on_one_path_and_on_the_second_once_it_is_critical() {
    let mut stage = stage();
    let end: Time = "2026-12-05T04:31:00Z".parse().unwrap();
    stage.judge(vec![expires(Severity::Warning, end)]);
    assert_eq!(receivers(&stage), [CALLS[0]]);
    stage.pass(Span::minutes(5));
    stage.acknowledge();
    stage.judge(vec![expires(Severity::Critical, end)]);
    assert_eq!(receivers(&stage), [CALLS[0], CALLS[0], "pager"], "{}", stage.heard);
}

#[test]
fn what_somebody_took_is_told_on_no_second_path() {
    let mut stage = stage();
    stage.fallback.contacts.clear();
    stage.judge(vec![expired()]);
    stage.acknowledge();
    stage.fallback.contacts = vec![pager().into()];
    stage.decide();
    assert_eq!(receivers(&stage), [CALLS[0]], "{}", stage.heard);
}

/// A path that is down is no second path, and of a pair with one that is down the next one hears.
#[test]
fn a_path_that_is_down_is_not_counted() {
    let mut stage = stage();
    let mut down = Path::unknown(stage.channels[1].id, None, stage.fallback.id);
    down.failures = Path::DOWN_AFTER;
    down.failing_since = Some(stage.now);
    stage.paths.push(down);
    stage.judge(vec![expired()]);
    assert_eq!(receivers(&stage), [CALLS[0]], "{}", stage.heard);
    stage.paths.clear();
    stage.pass(Span::minutes(1));
    stage.decide();
    assert_eq!(receivers(&stage), [CALLS[0], "pager"], "as soon as it is mended: {}", stage.heard);
}

#[test]
fn a_storm_of_critical_alerts_is_one_message_on_each_of_both_paths() {
    let mut stage = stage();
    let lineages = 0..40;
    stage.judge(lineages.map(|number| Violation { subject: lineage(number), ..expired() }).collect());
    assert_eq!(receivers(&stage), [CALLS[0], "pager"], "{}", stage.heard);
}

/// That nobody answered on a path would have been told on that path alone until the next business day.
#[test]
fn that_a_path_is_silent_is_told_at_once_on_another() {
    let mut stage = stage();
    stage.owner.contacts.truncate(1);
    let mut silent = Path::unknown(stage.channels[0].id, Some(CALLS[0].to_owned()), stage.owner.id);
    silent.asked_at = Some(stage.now - Path::ANSWER_WITHIN);
    stage.paths.push(silent);
    let owner = Subject::Owner(stage.owner.id);
    stage.judge(vec![violation("alert.path-silent", Severity::Warning, owner, "nobody answers")]);
    assert_eq!(receivers(&stage), [CALLS[0], "pager"], "{}", stage.heard);
    assert!(stage.heard.contains("why: nobody answers at the contact before"), "{}", stage.heard);
    // Answered: the next warning waits for its day again.
    stage.paths[0].asked_at = None;
    stage.judge(vec![]);
    stage.pass(Span::minutes(15));
    let before = stage.sent.len();
    stage.judge(vec![expires(Severity::Warning, "2026-12-05T04:31:00Z".parse().unwrap())]);
    assert_eq!(stage.sent.len(), before + 1, "{}", stage.heard);
}

/// A team that is gone does not say so: its contacts were told, day by day, and nobody else for two of them.
#[test]
fn that_nobody_says_that_an_owner_answers_is_told_to_whoever_stands_behind_it_too() {
    let mut stage = stage();
    let owner = Subject::Owner(stage.owner.id);
    let held = || violation("owner.unacknowledged", Severity::Warning, owner.clone(), "nobody says so");
    stage.judge(vec![held()]);
    assert_eq!(receivers(&stage), [CALLS[0], "pager"], "{}", stage.heard);
    assert!(stage.sent.iter().all(|sent| sent.purpose == Purpose::Opened), "{}", stage.heard);
    assert!(stage.heard.contains("whoever stands behind the owner as well"), "{}", stage.heard);
    stage.decide();
    stage.pass(Span::minutes(30));
    assert_eq!(stage.sent.len(), 2, "once: {}", stage.heard);
    // Another warning beside it goes the usual way, and so does it where nobody stands behind.
    let mut last = Stage::at("2026-11-25T03:00:00Z");
    last.fallback.contacts.clear();
    last.judge(vec![held()]);
    assert_eq!(receivers(&last), [CALLS[0]], "{}", last.heard);
}

/// A healthy installation with one mailbox was reminded every day that it has but one.
#[test]
fn advice_is_told_once_and_neither_climbs_nor_reminds() {
    let mut stage = stage();
    let owner = Subject::Owner(stage.owner.id);
    let advice = || violation("alert.one-path", Severity::Warning, owner.clone(), "one path alone");
    stage.judge(vec![advice()]);
    stage.pass(Span::days(30));
    stage.judge(vec![advice()]);
    assert_eq!(receivers(&stage), [CALLS[0]], "{}", stage.heard);
    let body = &stage.sent[0].message.body;
    assert!(body.ends_with("Next: nobody; it is told once, and stays on the pages\n"), "{body}");
    // What is wrong beside it is told as everything that is.
    stage.judge(vec![advice(), violation("owner.unreachable", Severity::Critical, owner.clone(), "down")]);
    stage.pass(Span::days(1));
    assert!(stage.sent.iter().any(|sent| sent.purpose == Purpose::Reminder), "{}", stage.heard);
}
