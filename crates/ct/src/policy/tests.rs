#![expect(clippy::disallowed_methods, reason = "the folder of policies is compared with their list")]

use std::collections::BTreeSet;

use notafter_cert::{Span, Time, Validity, base64};

use super::*;
use crate::loglist::{Api, Log, Purpose, State, StateKind};
use crate::{LogId, LogKey, Source};

const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEB/VtcL7BSbGP4QY7UjaaXOd4gQ80R1PxLZtfYifk+ZER+mCVJVVjl66uVWUzu5lMbWMb\
                   1MWKxjkvtd2MyQSKsA==";

fn start() -> Time {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

/// A log `a1` is operator `a`'s first; in upper case it is read as tiles.
fn log(name: &str, kind: StateKind, since: Time) -> Log {
    let mut id = [0; 32];
    id[..name.len()].copy_from_slice(name.as_bytes());
    let is_tiled = name.starts_with(|letter: char| letter.is_uppercase());
    let api = match is_tiled {
        true => Api::Static { submission: String::new(), monitoring: String::new() },
        false => Api::Rfc6962 { url: String::new() },
    };
    Log {
        id: LogId::from_bytes(id),
        name: name.to_owned(),
        operator: name[..1].to_lowercase(),
        previous_operators: Vec::new(),
        key: LogKey::read(&base64::decode(KEY).unwrap()).unwrap(),
        api,
        merge_delay: Span::hours(24),
        state: Some(State { kind, since }),
        interval: None,
        purpose: Purpose::Production,
    }
}

fn usable(name: &str) -> Log {
    log(name, StateKind::Usable, start() - Span::days(300))
}

fn evidence<'a>(lifetime: Span, promises: &[(&'a Log, Source, i64)]) -> Evidence<'a> {
    let promise = |(log, source, day): &(&'a Log, Source, i64)| Promise {
        log,
        source: *source,
        time: start() + Span::days(*day),
    };
    Evidence {
        validity: Validity { not_before: start(), not_after: start() + lifetime },
        at: start() + Span::days(20),
        list: ListAge::Known(Span::days(1)),
        promises: promises.iter().map(promise).collect(),
        presented: promises.len(),
        undetermined: 0,
    }
}

/// What each browser thinks, in the order of the list.
fn verdicts(evidence: &Evidence<'_>) -> [String; 3] {
    std::array::from_fn(|index| ALL[index].judge(evidence).to_string())
}

#[track_caller]
fn think(lifetime: Span, promises: &[(&Log, Source, i64)], expected: [&str; 3]) {
    assert_eq!(verdicts(&evidence(lifetime, promises)), expected);
}

const YES: &str = "complies";
const SHORT: Span = Span::days(90);
const LONG: Span = Span::days(200);
use Source::{Certificate, Ocsp, Tls};

#[test]
fn the_list_has_every_file_of_the_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["mod.rs", "tests.rs", "evidence.rs"].contains(&name.as_str()))
        .collect();
    assert_eq!(files, ALL.iter().map(|policy| format!("{}.rs", policy.id)).collect());
    for policy in ALL {
        assert!(policy.rule.ends_with('.') && policy.source.starts_with("https://"), "{}", policy.name);
    }
}

#[test]
fn two_operators_are_enough_for_a_short_life_and_three_logs_for_a_long_one() {
    let (a1, a2, a3, b1) = (usable("a1"), usable("a2"), usable("a3"), usable("b1"));
    think(SHORT, &[(&a1, Certificate, 0), (&b1, Certificate, 0)], [YES; 3]);
    think(LONG, &[(&a1, Certificate, 0), (&a2, Certificate, 0), (&b1, Certificate, 0)], [YES; 3]);
    let two_of_three = "does not comply: SCTs of distinct logs in the certificate: 2 of 3";
    think(
        LONG,
        &[(&a1, Certificate, 0), (&b1, Certificate, 0)],
        [
            two_of_three,
            "does not comply: SCTs of distinct logs in the certificate, two per operator: 2 of 3",
            two_of_three,
        ],
    );
    let one_operator = "does not comply: operators of their logs, which is a alone: 1 of 2";
    think(
        SHORT,
        &[(&a1, Certificate, 0), (&a2, Certificate, 0)],
        [
            one_operator,
            "does not comply: SCTs of distinct logs in the certificate, one per operator: 1 of 2",
            one_operator,
        ],
    );
    think(
        LONG,
        &[(&a1, Certificate, 0), (&a2, Certificate, 0), (&a3, Certificate, 0)],
        [
            one_operator,
            "does not comply: SCTs of distinct logs in the certificate, two per operator: 2 of 3",
            one_operator,
        ],
    );
}

#[test]
fn a_log_that_promises_twice_counts_once() {
    let a1 = usable("a1");
    let lacks = "does not comply: SCTs of distinct logs in the certificate: 1 of 2";
    think(
        SHORT,
        &[(&a1, Certificate, 0), (&a1, Certificate, 1)],
        [lacks, "does not comply: SCTs of distinct logs in the certificate, one per operator: 1 of 2", lacks],
    );
}

/// Apple counts the last second, and Chrome and Firefox do not.
#[test]
fn at_180_days_to_the_second_browsers_count_differently() {
    let (a1, b1) = (usable("a1"), usable("b1"));
    let both = [(&a1, Certificate, 0), (&b1, Certificate, 0)];
    think(Span::days(180) - Span::seconds(1), &both, [YES; 3]);
    let apple = "does not comply: SCTs of distinct logs in the certificate, two per operator: 2 of 3";
    think(Span::days(180), &both, [YES, apple, YES]);
    let others = "does not comply: SCTs of distinct logs in the certificate: 2 of 3";
    think(Span::days(180) + Span::seconds(1), &both, [others, apple, others]);
}

#[test]
fn a_retired_log_counts_for_what_it_promised_before() {
    let a1 = usable("a1");
    let retired = log("b1", StateKind::Retired, start() + Span::days(10));
    think(SHORT, &[(&a1, Certificate, 0), (&retired, Certificate, 9)], [YES; 3]);
    let lacks = "does not comply: SCTs of distinct logs in the certificate: 1 of 2";
    let apple = "does not comply: SCTs of distinct logs in the certificate, one per operator: 1 of 2";
    think(SHORT, &[(&a1, Certificate, 0), (&retired, Certificate, 10)], [lacks, apple, lacks]);
    let [chrome, ..] = verdicts(&evidence(SHORT, &[(&a1, Certificate, 0), (&retired, Tls, 0)]));
    let over_tls = "SCTs over TLS of logs that are qualified, usable or read-only now: 0 of 2";
    assert_eq!(chrome, format!("{lacks}; {over_tls}"));
    // Its time may be made up where no log that is still relied upon knew the certificate by then.
    think(SHORT, &[(&a1, Certificate, 11), (&retired, Certificate, 0)], [lacks, YES, lacks]);
    // It is retired later than now.
    let later = log("b1", StateKind::Retired, start() + Span::days(30));
    think(SHORT, &[(&a1, Tls, 0), (&later, Tls, 0)], [YES; 3]);
}

#[test]
fn retired_logs_alone_are_not_enough() {
    let kind = StateKind::Retired;
    let (a1, b1) = (log("a1", kind, start() + Span::days(10)), log("b1", kind, start() + Span::days(10)));
    let others = "does not comply: SCTs in the certificate of logs that are qualified, usable or read-only now: 0 of 1";
    let apple = "does not comply: SCTs in the certificate of logs that are approved now: 0 of 1";
    think(SHORT, &[(&a1, Certificate, 0), (&b1, Certificate, 0)], [others, apple, others]);
}

#[test]
fn logs_that_are_pending_rejected_or_for_tests_count_for_nothing() {
    let a1 = usable("a1");
    let mut test = usable("b1");
    test.purpose = Purpose::Test;
    let mut never = usable("b1");
    never.state = None;
    let pending = log("b1", StateKind::Pending, start() - Span::days(1));
    let rejected = log("b1", StateKind::Rejected, start() + Span::days(1));
    for other in [&test, &never, &pending, &rejected] {
        let found = verdicts(&evidence(SHORT, &[(&a1, Certificate, 0), (other, Certificate, 0)]));
        assert!(found.iter().all(|verdict| verdict.contains("1 of 2")), "{found:?}");
    }
    for kind in [StateKind::Qualified, StateKind::ReadOnly] {
        think(SHORT, &[(&a1, Certificate, 0), (&log("b1", kind, start()), Certificate, 0)], [YES; 3]);
    }
}

#[test]
fn apple_alone_wants_a_log_of_rfc_6962() {
    let (a1, b1) = (usable("A1"), usable("B1"));
    let apple = "does not comply: SCTs of a log as RFC 6962 has it: 0 of 1";
    think(SHORT, &[(&a1, Certificate, 0), (&b1, Certificate, 0)], [YES, apple, YES]);
    think(SHORT, &[(&a1, Tls, 0), (&b1, Tls, 0)], [YES, apple, YES]);
}

#[test]
fn what_comes_over_tls_is_enough_and_what_comes_in_ocsp_not_for_chrome() {
    let (a1, a2, b1) = (usable("a1"), usable("a2"), usable("b1"));
    think(LONG, &[(&a1, Tls, 0), (&b1, Tls, 0)], [YES; 3]);
    let [chrome, ..] = verdicts(&evidence(LONG, &[(&a1, Ocsp, 0), (&b1, Ocsp, 0)]));
    assert!(
        chrome.starts_with("does not comply: SCTs of distinct logs in the certificate: 0 of 3"),
        "{chrome}"
    );
    let [_, apple, firefox] = verdicts(&evidence(LONG, &[(&a1, Ocsp, 0), (&b1, Tls, 0)]));
    assert_eq!([apple.as_str(), &firefox], [YES; 2]);
    let one = "does not comply: operators of their logs, which is a alone: 1 of 2";
    think(LONG, &[(&a1, Tls, 0), (&a2, Tls, 0)], [one, YES, one]);
    // Apple takes one from here and one from there.
    let [chrome, apple, _] = verdicts(&evidence(SHORT, &[(&a1, Certificate, 0), (&b1, Tls, 0)]));
    assert_eq!(apple, YES);
    assert_eq!(
        chrome,
        "does not comply: SCTs of distinct logs in the certificate: 1 of 2; SCTs over TLS of logs that are qualified, usable or \
         read-only now: 1 of 2"
    );
}

#[test]
fn a_log_counts_for_who_ran_it_when_it_promised() {
    let (a1, mut b1) = (usable("a1"), usable("b1"));
    b1.previous_operators = vec![("a".to_owned(), start() + Span::days(5))];
    let [chrome, _, firefox] = verdicts(&evidence(SHORT, &[(&a1, Certificate, 4), (&b1, Certificate, 4)]));
    assert_eq!(chrome, "does not comply: operators of their logs, which is a alone: 1 of 2");
    assert_eq!(firefox, YES);
    think(SHORT, &[(&a1, Certificate, 5), (&b1, Certificate, 5)], [YES; 3]);
}

/// Of several, the first in the list was believed to be the earliest.
#[test]
fn who_ran_a_log_is_told_in_whatever_order_the_list_has_them() {
    let mut log = usable("c");
    let (first, second) =
        (("a".to_owned(), start() + Span::days(5)), ("b".to_owned(), start() + Span::days(9)));
    for both in [[first.clone(), second.clone()], [second, first]] {
        log.previous_operators = both.to_vec();
        let at = |days| log.operator_at(start() + Span::days(days)).to_owned();
        assert_eq!([at(4), at(5), at(9)], ["a", "b", "c"]);
    }
}

#[test]
fn from_the_seventieth_day_of_the_list_on_nothing_is_known() {
    let (a1, b1) = (usable("a1"), usable("b1"));
    let mut evidence = evidence(SHORT, &[(&a1, Certificate, 0), (&b1, Certificate, 0)]);
    let day = Span::days(70);
    for (age, known) in [(-Span::days(9), true), (day - Span::seconds(1), true), (day, false)] {
        evidence.list = ListAge::Known(age);
        assert_eq!(verdicts(&evidence)[0] == YES, known, "{age}");
    }
    evidence.list = ListAge::Known(Span::days(71));
    assert_eq!(
        verdicts(&evidence)[0],
        "unknown: the log list is 71 days old, and Chrome enforces nothing by one of 70 days or more"
    );
    evidence.list = ListAge::Undated;
    assert_eq!(verdicts(&evidence)[1], "unknown: the log list does not say of when it is");
    evidence.list = ListAge::NoList;
    assert_eq!(verdicts(&evidence)[2], "unknown: no log list was given");
}

#[test]
fn nothing_is_too_little_by_any_list() {
    let mut evidence = evidence(SHORT, &[]);
    evidence.list = ListAge::NoList;
    let found = verdicts(&evidence);
    assert!(found.iter().all(|verdict| verdict.contains("in the certificate") && verdict.contains("0 of 2")));
}

#[test]
fn what_could_not_be_checked_may_be_what_is_missing() {
    let (a1, b1) = (usable("a1"), usable("b1"));
    let mut one = evidence(SHORT, &[(&a1, Certificate, 0)]);
    (one.presented, one.undetermined) = (2, 1);
    assert!(
        verdicts(&one)[0]
            .starts_with("unknown: 1 of 2 SCTs could not be checked, and without them it lacks: SCTs of")
    );
    let mut two = evidence(SHORT, &[(&a1, Certificate, 0), (&b1, Certificate, 0)]);
    (two.presented, two.undetermined) = (3, 1);
    assert_eq!(verdicts(&two), [YES; 3]);
}

#[test]
fn older_rules_are_not_judged() {
    let (a1, b1) = (usable("a1"), usable("b1"));
    let mut evidence = evidence(SHORT, &[(&a1, Certificate, 0), (&b1, Certificate, 0)]);
    evidence.validity.not_before = "2022-04-14T23:59:59Z".parse().unwrap();
    let old = "unknown: it was issued before 2022-04-15, under rules that are not judged here";
    assert_eq!(verdicts(&evidence)[0], old);
    evidence.validity.not_before = "2021-04-20T23:59:59Z".parse().unwrap();
    assert!(verdicts(&evidence)[1].starts_with("unknown: it was issued before 2021-04-21"));
}
