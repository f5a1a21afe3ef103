//! Tables over lifetimes, and stories of single renewals.

use notafter_cert::{KeySpec, Span, Time};

use super::stage::{failure, held, lineage, names, spec};
use super::*;
use crate::ledger::{LETS_ENCRYPT, Ledger};
use crate::model::{FailureClass, LineageId, Origin, RollBack, Shedding, Version, VersionState};

const START: Time = Time::from_unix_seconds(1_796_000_000);

/// The lifetimes that the issue names, and certificates of minutes.
const LIFETIMES: [Span; 8] = [
    Span::minutes(10),
    Span::hours(12),
    Span::hours(160),
    Span::days(47),
    Span::days(90),
    Span::days(200),
    Span::days(398),
    Span::days(3650),
];

fn window(held: &Held, start: Time, end: Time) -> AriChoice {
    let answer = Window { start, end, explanation_url: None, retry_after: None };
    draw(&answer, held, None, u64::MAX / 2, held.obtained_at).unwrap()
}

fn ordinary_window(held: &Held) -> AriChoice {
    let ideal = held.not_after - held.lifetime().share(1, 3);
    window(held, ideal - held.lifetime().share(1, 100), ideal + held.lifetime().share(1, 100))
}

fn decide(lineage: &Lineage, held: Option<&Held>, now: Time) -> RenewPlan {
    plan(&State::of(lineage, held, &Ledger::default(), now).unwrap())
}

#[test]
fn without_a_window_the_net_decides_at_every_lifetime() {
    let lineage = lineage(spec());
    for lifetime in LIFETIMES {
        let held = held(START, lifetime);
        let fresh = decide(&lineage, Some(&held), START);
        let left = held.not_after.since(fresh.action.not_before);
        let share = if lifetime < Span::days(10) { lifetime.share(1, 2) } else { lifetime.share(1, 3) };
        assert_eq!(left, share, "{lifetime}");
        assert!(!fresh.is_due(START) && fresh.is_due(fresh.action.not_before), "{lifetime}");
        assert_eq!(fresh.margin, fresh.due_at.since(START), "{lifetime}");
        for (day, why) in [(Span::ZERO, "1/20 of lifetime left"), (Span::days(1), "expired")] {
            let late = decide(&lineage, Some(&held), held.not_after + day);
            assert!(late.is_due(held.not_after + day), "{lifetime}, {day} after the end");
            assert!(late.margin.is_negative() && late.action.why.contains(why), "{}", late.action.why);
        }
    }
}

/// A wake-up in the past would have the CA asked for a window every second.
#[test]
fn what_has_ended_or_is_on_order_asks_for_no_window() {
    let mut lineage = lineage(spec());
    for lifetime in LIFETIMES {
        let held = held(START, lifetime);
        lineage.renewal.failures.clear();
        note_failure(&mut lineage.renewal, failure(held.not_after, FailureClass::Ca));
        for late in [Span::ZERO, Span::minutes(1), Span::days(30)] {
            let now = held.not_after + late;
            let plan = decide(&lineage, Some(&held), now);
            assert_eq!(plan.ask_window_at, None, "{lifetime}");
            assert_eq!(plan.wake_at(true), plan.action.not_before, "{lifetime}");
        }
        let before = held.not_after - Span::seconds(1);
        let ledger = Ledger::default();
        let state = State::of(&lineage, Some(&held), &ledger, before).unwrap();
        assert!(plan(&state).ask_window_at.is_some());
        let identifiers = state.wanted();
        assert_eq!(plan(&state.with_order(OrderId::from_bytes([7; 16]), &identifiers)).ask_window_at, None);
    }
}

#[test]
fn rules_tell_the_most_telling_reason() {
    type Change = fn(&mut Lineage, &mut Held);
    let table: [(&str, bool, Change); 7] = [
        ("the current certificate is revoked", true, |_, held| held.revoked = true),
        ("its key abababababab is blocked", true, |lineage, held| {
            lineage.renewal.blocked_keys = vec![held.key_sha256.to_uppercase()];
        }),
        ("a person asked for it", false, |lineage, _| {
            lineage.renewal.forced_at = Some(START + Span::days(1));
        }),
        ("names are missing in the current certificate: www.shop.example", false, |_, held| {
            held.ordered = names(&["shop.example"]);
        }),
        ("names changed: www.shop.example wanted, old.example not any more", false, |_, held| {
            held.ordered = names(&["shop.example", "old.example"]);
        }),
        ("its key is rsa-2048, ecdsa-p256 is wanted", false, |_, held| held.key = Some(KeySpec::Rsa2048)),
        ("its key is of another kind, ecdsa-p256 is wanted", false, |_, held| held.key = None),
    ];
    for (why, urgent, change) in table {
        let (mut lineage, mut held) = (lineage(spec()), held(START, Span::days(90)));
        change(&mut lineage, &mut held);
        let now = START + Span::days(2);
        let plan = decide(&lineage, Some(&held), now);
        assert_eq!(plan.action.why, why);
        assert!(plan.is_due(now), "{why}");
        assert_eq!(plan.reasons.iter().any(|reason| reason.urgent && reason.at <= now), urgent, "{why}");
    }
    let first = decide(&lineage(spec()), None, START);
    assert_eq!((first.action.why.as_str(), first.is_due(START)), ("notafter holds none yet", true));
}

/// A version that was past its net was renewed at once, and the rollback undone without a word; one that was not was left
/// until the renewal of the newer version woke up, past its end.
#[test]
fn a_rollback_is_kept_until_the_version_is_critical() {
    let mut lineage = lineage(spec());
    for lifetime in LIFETIMES {
        let held = held(START, lifetime);
        let critical = Thresholds::default().leaf(held.lifetime()).critical;
        let latest = (held.not_after - critical).min(Nets::of(held.not_before, held.not_after).emergency.at);
        let last = latest - Span::seconds(1);
        for at in [START, last.min(held.not_after - held.lifetime().share(1, 3)), last] {
            let version = held.version;
            let identifiers = spec().identifiers;
            lineage.renewal.rolled_back =
                Some(Box::new(RollBack { at, version, identifiers, key: spec().key }));
            lineage.renewal.ari = Some(ordinary_window(&held));
            let plan = decide(&lineage, Some(&held), at);
            assert_eq!(plan.due_at, latest, "{lifetime}, rolled back at {at}");
            assert!(plan.action.why.starts_with("rolled back by a person at "), "{}", plan.action.why);
            assert!(decide(&lineage, Some(&held), latest).is_due(latest), "{lifetime}");
        }
        let emergency = Nets::of(held.not_before, held.not_after).emergency.at;
        let kept = |at| kept_until(held.not_before, held.not_after, Thresholds::default(), at);
        assert_eq!(kept(emergency), None, "{lifetime}: what ends at once is not gone back to");
        assert_eq!(kept(emergency - Span::seconds(1)), Some(emergency), "{lifetime}");
    }
}

#[test]
fn what_a_rollback_could_not_know_is_not_held_back() {
    type Change = fn(&mut Lineage, &mut Held);
    let table: [(&str, Change); 7] = [
        ("rolled back by a person", |_, held| held.ordered = names(&["shop.example"])),
        ("rolled back by a person", |_, held| held.key = Some(KeySpec::Rsa2048)),
        ("names are missing", |lineage, _| {
            let identifiers = names(&["shop.example", "www.shop.example", "new.shop.example"]);
            lineage.mode = Mode::Managed(LineageSpec { identifiers, ..spec() });
        }),
        ("the current certificate is revoked", |_, held| held.revoked = true),
        ("its key abababababab is blocked", |lineage, held| {
            lineage.renewal.blocked_keys = vec![held.key_sha256.clone()];
        }),
        ("ARI window in the past", |lineage, held| {
            lineage.renewal.ari = Some(window(held, START, START + Span::hours(1)));
        }),
        ("1/3 of lifetime left", |lineage, _| lineage.renewal.rolled_back = None),
    ];
    let now = START + Span::days(61);
    for (why, change) in table {
        let (mut lineage, mut held) = (lineage(spec()), held(START, Span::days(90)));
        let (version, identifiers) = (held.version, spec().identifiers);
        lineage.renewal.rolled_back =
            Some(Box::new(RollBack { at: now - Span::days(1), version, identifiers, key: spec().key }));
        change(&mut lineage, &mut held);
        let plan = decide(&lineage, Some(&held), now);
        assert!(plan.action.why.starts_with(why), "{why}: {}", plan.action.why);
        assert_eq!(plan.is_due(now), why != "rolled back by a person", "{why}");
    }
}

#[test]
fn a_persons_wish_is_fulfilled_by_a_newer_version() {
    let mut lineage = lineage(spec());
    lineage.renewal.forced_at = Some(START - Span::hours(1));
    let held = held(START, Span::days(90));
    assert!(!decide(&lineage, Some(&held), START).is_due(START));
}

#[test]
fn a_name_that_the_ca_added_by_itself_asks_for_nothing() {
    // `ordered` is compared, not the certificate: there is no field for the certificate's own names to differ in.
    let held = held(START, Span::days(90));
    let mut reordered = spec();
    reordered.identifiers.reverse();
    assert!(!decide(&lineage(reordered), Some(&held), START).is_due(START));
}

#[test]
fn the_drawn_instant_decides_inside_its_window_and_the_net_yields_to_it() {
    let held = held(START, Span::days(90));
    let mut lineage = lineage(spec());
    let answer = Window {
        start: held.not_after - Span::days(31),
        end: held.not_after - Span::days(29),
        explanation_url: None,
        retry_after: None,
    };
    for (random, left) in [(0, Span::days(31)), (u64::MAX / 4 * 3, Span::hours(29 * 24 + 12))] {
        lineage.renewal.ari = draw(&answer, &held, None, random, START);
        let plan = decide(&lineage, Some(&held), START);
        assert_eq!(plan.action.why, "ARI window 2.0 d, drawn");
        let off = held.not_after.since(plan.action.not_before) - left;
        assert!(off.abs() <= Span::seconds(1), "{off}");
    }
}

#[test]
fn a_window_after_the_net_does_not_hold_it_back() {
    let held = held(START, Span::days(90));
    let mut lineage = lineage(spec());
    let end = held.not_after;
    lineage.renewal.ari = Some(window(&held, end - Span::days(2), end - Span::days(1)));
    let plan = decide(&lineage, Some(&held), START);
    assert_eq!(plan.action.not_before, end - Span::days(30));
    assert_eq!(plan.action.why, "1/3 of lifetime left");
}

#[test]
fn a_window_in_the_past_is_an_incident_only_when_the_ca_pulled_it_forward() {
    let held = held(START, Span::days(90));
    let mut lineage = lineage(spec());
    let now = START + Span::days(10);
    lineage.renewal.ari = Some(window(&held, now - Span::hours(1), now - Span::minutes(30)));
    let incident = decide(&lineage, Some(&held), now);
    assert!(incident.is_due(now));
    assert_eq!(incident.action.why, "ARI window in the past: the CA asks for an immediate renewal");
    let choice = ordinary_window(&held);
    let after = choice.end + Span::hours(1);
    lineage.renewal.ari = Some(choice);
    let missed = decide(&lineage, Some(&held), after);
    assert!(missed.is_due(after));
    assert_eq!(missed.action.why, "ARI window 1.8 d, missed");
}

#[test]
fn a_ca_that_always_says_at_once_is_not_asked_in_a_loop() {
    let held = held(START, Span::days(90));
    let mut lineage = lineage(spec());
    lineage.renewal.ari = Some(window(&held, START - Span::minutes(30), START + Span::seconds(1)));
    let plan = decide(&lineage, Some(&held), START + Span::minutes(1));
    assert_eq!(plan.action.not_before, START + Span::hours(6));
}

#[test]
fn a_window_of_another_version_or_from_before_this_one_is_ignored() {
    let held = held(START, Span::days(90));
    let mut lineage = lineage(spec());
    let mut choice = ordinary_window(&held);
    choice.version = VersionId::new(START, [9; 10]);
    lineage.renewal.ari = Some(choice.clone());
    assert_eq!(decide(&lineage, Some(&held), START).action.why, "1/3 of lifetime left");
    let before = AriChoice { version: held.version, start: START - Span::days(2), end: START, ..choice };
    lineage.renewal.ari = Some(before);
    assert_eq!(decide(&lineage, Some(&held), START).action.why, "1/3 of lifetime left");
}

#[test]
fn one_instant_is_drawn_per_window_and_kept_while_it_is_the_same() {
    let held = held(START, Span::days(90));
    let answer = Window {
        start: START + Span::days(59),
        end: START + Span::days(61),
        explanation_url: None,
        retry_after: Some(START + Span::hours(9)),
    };
    let first = draw(&answer, &held, None, 1 << 62, START).unwrap();
    assert!(answer.start <= first.chosen && first.chosen < answer.end);
    assert_eq!(first.ask_again, START + Span::hours(9));
    let again = draw(&answer, &held, Some(&first), 3 << 62, START + Span::days(1)).unwrap();
    assert_eq!(again.chosen, first.chosen);
    let moved = Window { end: answer.end + Span::hours(1), ..answer.clone() };
    assert_ne!(draw(&moved, &held, Some(&first), 3 << 62, START).unwrap().chosen, first.chosen);
    for random in [0, u64::MAX] {
        let chosen = draw(&answer, &held, None, random, START).unwrap().chosen;
        assert!(answer.start <= chosen && chosen < answer.end);
    }
    let empty = Window { end: answer.start, ..answer };
    assert_eq!(draw(&empty, &held, None, 0, START), None);
}

#[test]
fn the_ca_is_asked_again_within_bounds_that_follow_the_lifetime() {
    let at = |lifetime, wanted: Option<Span>| {
        ask_again(lifetime, wanted.map(|span| START + span), START).since(START).to_string()
    };
    let table = [
        (Span::days(90), None, "6 h"),
        (Span::days(90), Some(Span::seconds(5)), "1 h"),
        (Span::days(90), Some(-Span::days(5)), "1 h"),
        (Span::days(90), Some(Span::days(365)), "7 d"),
        (Span::hours(160), Some(Span::days(365)), "1 d 16 h"),
        (Span::hours(160), Some(Span::seconds(5)), "30 min"),
        (Span::hours(12), Some(Span::days(1)), "3 h"),
        (Span::minutes(10), None, "2 min 30 s"),
    ];
    for (lifetime, wanted, answer) in table {
        assert_eq!(at(lifetime, wanted), answer, "{lifetime} {wanted:?}");
    }
}

#[test]
fn an_order_under_way_is_resumed_unless_other_names_are_wanted() {
    let lineage = lineage(spec());
    let order = OrderId::new(START, [3; 10]);
    let ledger = Ledger::default();
    let state = State::of(&lineage, None, &ledger, START).unwrap();
    let (fits, unfit) = (spec().identifiers, names(&["dead.example"]));
    assert_eq!(plan(&state.with_order(order, &fits)).action.what, Renew::Resume { order });
    let Renew::Order { abandon, identifiers, .. } = plan(&state.with_order(order, &unfit)).action.what else {
        panic!("resumed an order for other names");
    };
    assert_eq!((abandon, identifiers), (Some(order), fits));
}

/// A lineage that was told another issuer went on asking the first one for as long as its order was open there.
#[test]
fn an_order_at_another_issuer_than_is_wanted_is_given_up() {
    let lineage = lineage(spec());
    let (order, ledger, identifiers) = (OrderId::new(START, [3; 10]), Ledger::default(), spec().identifiers);
    let state = State::of(&lineage, None, &ledger, START).unwrap().with_order(order, &identifiers);
    let moved = plan(&state.from_issuer(IssuerId::from_bytes([5; 16]), LETS_ENCRYPT));
    assert!(matches!(moved.action.what, Renew::Order { abandon: Some(given_up), .. } if given_up == order));
    assert!(moved.action.why.ends_with("at another issuer than is wanted now"), "{}", moved.action.why);
}

#[test]
fn the_key_is_kept_only_when_it_may_be() {
    let new_key = |change: fn(&mut Lineage, &mut Held)| {
        let mut reuse = spec();
        reuse.reuse_key = true;
        let (mut lineage, mut held) = (lineage(reuse), held(START, Span::days(90)));
        change(&mut lineage, &mut held);
        match decide(&lineage, Some(&held), START).action.what {
            Renew::Order { new_key, .. } => new_key,
            Renew::Resume { .. } => panic!("no order is under way"),
        }
    };
    assert!(!new_key(|_, _| {}));
    assert!(new_key(|lineage, held| lineage.renewal.blocked_keys.push(held.key_sha256.clone())));
    assert!(new_key(|_, held| held.key = Some(KeySpec::Rsa4096)));
    fn roll_back(lineage: &mut Lineage, held: &mut Held) {
        let (version, identifiers) = (held.version, spec().identifiers);
        lineage.renewal.rolled_back =
            Some(Box::new(RollBack { at: START, version, identifiers, key: spec().key }));
    }
    assert!(!new_key(roll_back));
    assert!(new_key(|lineage, held| {
        roll_back(lineage, held);
        held.key = Some(KeySpec::Rsa4096);
    }));
}

#[test]
fn pauses_double_by_class_and_shrink_in_an_emergency() {
    let held = held(START, Span::days(90));
    let wait = |class, count: i64, at: Time| {
        let mut lineage = lineage(spec());
        for index in 0..count {
            note_failure(&mut lineage.renewal, failure(at - Span::minutes(count - 1 - index), class));
        }
        decide(&lineage, Some(&held), at).action.not_before.since(at).to_string()
    };
    let calm = held.not_after - Span::days(20);
    let emergency = held.not_after - Span::days(2);
    let table = [
        (FailureClass::Network, 1, calm, "1 min"),
        (FailureClass::Network, 4, calm, "8 min"),
        (FailureClass::Network, 50, calm, "1 h"),
        (FailureClass::Ca, 3, calm, "20 min"),
        (FailureClass::Domain, 1, calm, "20 min"),
        (FailureClass::Domain, 3, calm, "1 h 20 min"),
        (FailureClass::Domain, 40, calm, "12 h"),
        (FailureClass::Domain, 40, emergency, "30 min"),
        (FailureClass::RateLimit, 1, calm, "1 h"),
        (FailureClass::Ca, 9, emergency, "30 min"),
    ];
    for (class, count, at, pause) in table {
        assert_eq!(wait(class, count, at), pause, "{class:?} {count}");
    }
    // The emergency ends a pause that was chosen before it.
    let before = held.not_after - Span::days(90).share(1, 20) - Span::hours(1);
    assert_eq!(wait(FailureClass::Domain, 40, before), "1 h");
}

#[test]
fn a_failure_of_a_name_that_was_dropped_holds_nothing_back() {
    let mut lineage = lineage(spec());
    let held = held(START, Span::days(90));
    let now = held.not_after - Span::days(10);
    note_failure(&mut lineage.renewal, failure(now, FailureClass::Domain));
    assert!(!decide(&lineage, Some(&held), now).is_due(now));
    let Mode::Managed(spec) = &mut lineage.mode else { unreachable!() };
    spec.identifiers = names(&["shop.example"]);
    assert!(decide(&lineage, Some(&held), now).is_due(now));
}

#[test]
fn a_person_who_asks_after_a_failure_does_not_wait() {
    let mut lineage = lineage(spec());
    let held = held(START, Span::days(90));
    let now = held.not_after - Span::days(10);
    note_failure(&mut lineage.renewal, failure(now, FailureClass::Domain));
    lineage.renewal.forced_at = Some(now + Span::seconds(1));
    let soon = now + Span::seconds(1);
    assert!(decide(&lineage, Some(&held), soon).is_due(soon));
}

#[test]
fn retry_after_is_honoured_until_the_last_call() {
    let held = held(START, Span::days(90));
    let wait = |asked: Span, at: Time| {
        let mut lineage = lineage(spec());
        let mut refused = failure(at, FailureClass::RateLimit);
        refused.retry_after = Some(at + asked);
        note_failure(&mut lineage.renewal, refused);
        decide(&lineage, Some(&held), at).action.not_before.since(at).to_string()
    };
    let calm = held.not_after - Span::days(20);
    assert_eq!(wait(Span::hours(34), calm), "1 d 10 h");
    assert_eq!(wait(Span::days(3650), calm), "7 d");
    let emergency = held.not_after - Span::days(3);
    assert_eq!(wait(Span::days(5), emergency), "1 d 4 h");
    let after_last_call = held.not_after - Span::days(1);
    assert_eq!(wait(Span::days(5), after_last_call), "6 h");
}

#[test]
fn the_last_token_is_kept_for_an_emergency_and_a_window_needs_none() {
    let held = held(START, Span::days(90));
    let mut lineage = lineage(spec());
    let issuer = IssuerId::from_bytes([5; 16]);
    let now = held.not_after - Span::days(30);
    let mut ledger = Ledger::default();
    for _ in 0..4 {
        ledger.issued(issuer, now, &spec().identifiers);
    }
    let decide = |lineage: &Lineage, now| {
        plan(&State::of(lineage, Some(&held), &ledger, now).unwrap().from_issuer(issuer, LETS_ENCRYPT))
    };
    let held_back = decide(&lineage, now);
    assert_eq!(held_back.action.not_before, now + Span::hours(34));
    assert_eq!(held_back.holds.len(), 1);
    lineage.renewal.ari = Some(window(&held, now - Span::hours(1), now + Span::hours(40)));
    let choice = lineage.renewal.ari.clone().unwrap();
    let in_window = decide(&lineage, choice.chosen);
    assert!(in_window.is_due(choice.chosen), "{:?}", in_window.holds);
    lineage.renewal.ari = Some(window(&held, now - Span::days(20), now - Span::days(19)));
    assert!(decide(&lineage, now).is_due(now), "an incident may take the last token");
}

#[test]
fn dead_names_wait_or_get_a_certificate_of_their_own() {
    let dead = names(&["www.shop.example"]);
    assert_eq!(shed(&spec(), &[]), Shed::Whole);
    assert_eq!(shed(&spec(), &names(&["elsewhere.example"])), Shed::Whole);
    assert_eq!(shed(&spec(), &dead), Shed::Wait { failing: dead.clone() });
    let splitting = LineageSpec { shedding: Shedding::Split, ..spec() };
    assert_eq!(shed(&splitting, &dead), Shed::Split { ahead: names(&["shop.example"]), own: dead.clone() });
    let all = spec().identifiers;
    assert_eq!(shed(&splitting, &all), Shed::Wait { failing: all });
    let mut lineage = lineage(splitting);
    lineage.renewal.shed = dead;
    let plan = decide(&lineage, None, START);
    let Renew::Order { identifiers, .. } = plan.action.what else { panic!("no order is under way") };
    assert_eq!(identifiers, names(&["shop.example"]));
}

#[test]
fn a_stored_version_gives_its_facts() {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(["shop.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let mut version = Version {
        id: VersionId::new(START, [1; 10]),
        lineage_id: LineageId::from_bytes([0; 16]),
        key_id: None,
        fingerprint: notafter_cert::Fingerprint::from_bytes([7; 32]),
        chain_pem: certificate.pem(),
        not_before: START,
        not_after: START,
        obtained_at: START,
        origin: Origin::Files { path: "/etc/ssl/shop.pem".to_owned(), insisted: false },
        state: VersionState::Revoked,
    };
    let held = Held::read(&version, None, IssuerId::from_bytes([5; 16])).unwrap();
    assert_eq!(held.ordered, names(&["shop.example"]));
    assert_eq!((held.key, held.revoked, held.ours), (Some(KeySpec::EcdsaP256), true, false));
    assert_eq!(held.key_sha256.len(), 64);
    version.chain_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
    assert!(matches!(Held::read(&version, None, IssuerId::from_bytes([5; 16])), Err(HeldError::Leaf { .. })));
    version.chain_pem.clear();
    assert!(matches!(
        Held::read(&version, None, IssuerId::from_bytes([5; 16])),
        Err(HeldError::Chain { .. })
    ));
}

/// Everything that `explain` can say, in four situations.
#[test]
fn the_decision_in_words() {
    let held = held("2026-09-04T04:11:00Z".parse().unwrap(), Span::days(90));
    let mut lineage = lineage(spec());
    let mut choice = ordinary_window(&held);
    choice.explanation_url = Some("https://ca.example/why".to_owned());
    lineage.renewal.ari = Some(choice);
    let say = |lineage: &Lineage, held: Option<&Held>, ledger: &Ledger, now: Time| {
        let issuer = IssuerId::from_bytes([5; 16]);
        let state = State::of(lineage, held, ledger, now).unwrap().from_issuer(issuer, LETS_ENCRYPT);
        let failed = failed_causes(lineage, &lineage.renewal.failures, 80);
        plan(&state).lines(&lineage.renewal, &failed, now).join("\n")
    };
    let mut ledger = Ledger::default();
    let calm = "2026-10-01T00:00:00Z".parse().unwrap();
    insta::assert_snapshot!("explain_calm", say(&lineage, Some(&held), &ledger, calm));
    insta::assert_snapshot!("explain_first", say(&lineage, None, &ledger, calm));
    let failing = held.not_after - Span::days(9);
    for day in 0..5 {
        let one = failure(failing - Span::hours(13 * (4 - day)), FailureClass::Domain);
        ledger.failed(IssuerId::from_bytes([5; 16]), &one);
        note_failure(&mut lineage.renewal, one);
    }
    lineage.renewal.shed = names(&["dead.shop.example"]);
    insta::assert_snapshot!("explain_failing", say(&lineage, Some(&held), &ledger, failing));
    let expired = held.not_after + Span::hours(5);
    insta::assert_snapshot!("explain_expired", say(&lineage, Some(&held), &ledger, expired));
}

/// A clock that had been 400 days ahead for one failed attempt held every renewal back until then, and what a person wanted
/// with it.
#[test]
fn what_failed_while_the_clock_was_ahead_holds_nothing_back() {
    let mut lineage = lineage(spec());
    let held = held(START, Span::days(90));
    let now = held.not_after - Span::days(29);
    let later = now + Span::days(400);
    let limited = AttemptFailure {
        retry_after: Some(later + Span::days(3)),
        ..failure(later, FailureClass::RateLimit)
    };
    note_failure(&mut lineage.renewal, limited);
    lineage.renewal.not_before = Some(later + Span::days(3));
    let decided = decide(&lineage, Some(&held), now);
    assert!(decided.is_due(now), "{:?}", decided.holds);
    assert_eq!(decided.action.why, "1/3 of lifetime left");
    assert!(decided.runway.is_some_and(|runway| runway.attempts > 50), "{:?}", decided.runway);

    // The next failure is the only one, and is waited out like any other.
    note_failure(&mut lineage.renewal, failure(now, FailureClass::Network));
    assert_eq!(lineage.renewal.failures.len(), 1);
    lineage.renewal.not_before = None;
    let decided = decide(&lineage, Some(&held), now);
    assert!((1..=2).contains(&decided.action.not_before.since(now).as_seconds().div_euclid(60)));
}

#[test]
fn a_wish_acts_whatever_the_clock_said_before() {
    let mut lineage = lineage(spec());
    let mut held = held(START, Span::days(90));
    let now = START + Span::days(10);
    let later = now + Span::days(20);
    held.obtained_at = later;
    note_failure(&mut lineage.renewal, failure(later, FailureClass::Domain));
    for wished in [now, later] {
        lineage.renewal.forced_at = Some(wished);
        let decided = decide(&lineage, Some(&held), now);
        assert!(decided.is_due(now), "{wished}: {:?}", decided.holds);
        assert_eq!(decided.action.why, "a person asked for it");
    }

    // Nobody asked since the failures to come: each has its pause.
    note_failure(&mut lineage.renewal, failure(now, FailureClass::Domain));
    assert!(!decide(&lineage, Some(&held), now).is_due(now));
}

#[test]
fn what_was_put_off_while_the_clock_was_ahead_is_asked_for_now() {
    let mut lineage = lineage(spec());
    let mut held = held(START, Span::days(90));
    let now = START + Span::days(10);
    let later = now + Span::days(40);
    held.obtained_at = later;
    let ask = |lineage: &Lineage| decide(lineage, Some(&held), now).ask_window_at.unwrap();
    assert!(ask(&lineage) <= now, "obtained in the future");
    lineage.renewal.ask_window_at = Some(later);
    assert_eq!(ask(&lineage), now, "after a question that was not answered");
    lineage.renewal.ask_window_at = None;
    lineage.renewal.ari = Some(AriChoice { ask_again: later + Span::days(7), ..ordinary_window(&held) });
    assert_eq!(ask(&lineage), now, "after an answer");
    lineage.renewal.ari = Some(AriChoice { ask_again: now + Span::days(7), ..ordinary_window(&held) });
    assert_eq!(ask(&lineage), now + Span::days(7), "the CA's word is kept");
    let decided = decide(&lineage, Some(&held), now);
    assert_eq!(decided.reasons.iter().filter(|reason| reason.at > held.not_after).count(), 0);
}
