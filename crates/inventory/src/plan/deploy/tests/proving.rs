//! What the wire proves, and what becomes of the case then.

use super::*;

#[test]
fn every_pair_of_before_and_after_has_its_state() {
    use FailureKind::{Alert, NoRoute, Refused, Timeout};
    use ProofState::{Proven, Stale, Unreachable, Worse};
    use Serves::{
        Expired, New, NewAlone, NewUnchecked, NewUnfinished, NewWrongKey, Nothing, Old, OtherGood, OtherName,
    };
    let world = World::new();
    let good = [
        (New, Proven),
        (Old, Stale),
        (OtherGood, Stale),
        (NewAlone, Worse),
        (NewWrongKey, Worse),
        (NewUnchecked, Unreachable),
        (NewUnfinished, Unreachable),
        (Expired, Worse),
        (OtherName, Worse),
        (Nothing(Refused), Worse),
        (Nothing(Alert), Worse),
        (Nothing(Timeout), Unreachable),
        (Nothing(NoRoute), Unreachable),
    ];
    let bad = [
        (New, Proven),
        (NewAlone, Stale),
        (NewWrongKey, Stale),
        (Expired, Stale),
        (Nothing(Refused), Unreachable),
        (Nothing(Timeout), Unreachable),
    ];
    let good = [Old, OtherGood].into_iter().flat_map(|before| good.map(|(now, state)| (before, now, state)));
    let bad = [Expired, Nothing(Refused), Nothing(Timeout), OtherName]
        .into_iter()
        .flat_map(|before| bad.map(|(now, state)| (before, now, state)));
    for (before, now, state) in good.chain(bad) {
        let mut deployment = world.activated(&[(1, before)]);
        world.see(&mut deployment, at(1), &[(1, now)]);
        let proof = &deployment.proofs[0];
        assert_eq!(proof.state, state, "{before:?} then {now:?}: {}", proof.detail);
        assert!(!proof.detail.is_empty());
    }
}

#[test]
fn the_case_is_closed_by_the_wire_alone_and_a_day_later() {
    let world = World::new();
    let mut deployment = open(DeploymentId::from_bytes([9; 16]), &world.version, &world.place, at(0));
    let mut told = String::new();
    let mut tell = |deployment: &Deployment, now: Time| {
        let action = next(deployment, world.facts(), now);
        told +=
            &format!("{:?} -> {:?} at {}: {}\n", deployment.step, action.what, action.not_before, action.why);
    };
    tell(&deployment, at(0));
    let sights = world.sights(at(0), &[(1, Serves::Old), (2, Serves::Old)]);
    staged(&mut deployment, serde_json::json!({}), &sights, &world.anchors, at(0));
    tell(&deployment, at(0));
    validated(&mut deployment, at(1));
    tell(&deployment, at(1));
    activated(&mut deployment, Ok(()), at(2));
    tell(&deployment, at(2));
    world.see(&mut deployment, at(2), &[(1, Serves::New), (2, Serves::Old)]);
    tell(&deployment, at(2));
    world.see(&mut deployment, at(3), &[(1, Serves::New), (2, Serves::New)]);
    tell(&deployment, at(3));
    assert_eq!(deployment.proven_at, Some(at(3)));
    world.see(&mut deployment, at(3 + DAY), &[(1, Serves::New), (2, Serves::New)]);
    tell(&deployment, at(3 + DAY));
    assert_eq!(deployment.closed_at, Some(at(3 + DAY)));
    for entry in &deployment.log {
        told += &format!("log {} {:?} {} {}\n", entry.at, entry.step, entry.ok, entry.what);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn one_bad_look_restores_nothing_and_three_do() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    for round in 1..ROUNDS_TO_RESTORE {
        world.see(&mut deployment, at(round.into()), &[(1, Serves::NewWrongKey)]);
        assert_eq!(next(&deployment, world.facts(), at(9)).what, What::Prove);
    }
    world.see(&mut deployment, at(3), &[(1, Serves::Old)]);
    assert_eq!(deployment.proofs[0].worse_rounds, 0, "a look that finds it well starts the count again");
    for round in 0..ROUNDS_TO_RESTORE {
        world.see(&mut deployment, at(i64::from(round) + 4), &[(1, Serves::NewWrongKey)]);
    }
    let action = next(&deployment, world.facts(), at(8));
    assert_eq!(action.what, What::Restore);
    assert_eq!(action.not_before, at(8), "at once");
    assert_eq!(
        action.why,
        "10.0.0.1:443 became worse: serves the new certificate, but the server's key does not match its certificate"
    );
}

/// A command that waited ended at a look or two that found an address worse, with the worse pair served: nothing goes on
/// without a server.
#[test]
fn what_became_worse_is_waited_for_until_it_was_put_back_and_seen_or_cannot_be() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    world.see(&mut deployment, at(1), &[(1, Serves::Old)]);
    assert!(!is_being_mended(&deployment), "stale is for the retries");
    for round in 1..ROUNDS_TO_RESTORE {
        world.see(&mut deployment, at(1 + i64::from(round)), &[(1, Serves::OtherName)]);
        assert!(is_being_mended(&deployment), "{round}");
    }
    world.see(&mut deployment, at(9), &[(1, Serves::OtherName)]);
    assert!(!is_being_mended(&deployment), "it is decided");
    assert_eq!(not_put_back_because(&deployment, at(31 * DAY)), Some("what was served before has expired"));
    let action = next(&deployment, world.facts(), at(9));
    assert_eq!(action.what, What::Restore);
    restoring(&mut deployment, &action.why, at(9));
    restored(&mut deployment, Ok(()), at(9));
    assert!(is_being_mended(&deployment), "nobody has seen it yet");
    world.see(&mut deployment, at(10), &[(1, Serves::OtherName)]);
    assert!(is_being_mended(&deployment), "the product reloads in its own time");
    world.see(&mut deployment, at(11), &[(1, Serves::Old)]);
    assert!(!is_being_mended(&deployment));
    assert_eq!(put_back_because(&deployment), Some(action.why.as_str()));
}

/// A step that had been put off by a clock that was 400 days ahead waited for that day, and what was resolved then made all
/// other addresses count as long gone.
#[test]
fn what_was_put_off_while_the_clock_was_ahead_is_due() {
    let world = World::new();
    let ahead = 400 * DAY;
    let mut deployment = world.activated(&[(1, Serves::Old), (2, Serves::Old)]);
    failed(&mut deployment, "no disk".to_owned(), at(ahead));
    assert_eq!(next(&deployment, world.facts(), at(9)).not_before, at(9));
    world.see(&mut deployment, at(9), &[(1, Serves::New), (2, Serves::New)]);
    assert_eq!(next(&deployment, world.facts(), at(9)).not_before, at(9 + DAY), "the look a day later");
    deployment.next_at = Some(at(ahead + DAY));
    assert_eq!(next(&deployment, world.facts(), at(9)).not_before, at(9));
    for proof in deployment.proofs.iter_mut().filter(|proof| proof.address == node_address(1)) {
        proof.resolved_at = Some(at(ahead));
    }
    world.see(&mut deployment, at(20), &[(2, Serves::Old)]);
    assert_eq!(awaited(&deployment).count(), 2);
}

#[test]
fn the_old_pair_comes_back_only_while_it_is_worth_having() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    for round in 0..ROUNDS_TO_RESTORE {
        world.see(&mut deployment, at(round.into()), &[(1, Serves::NewAlone)]);
    }
    assert_eq!(next(&deployment, world.facts(), at(5)).what, What::Restore);
    let expired = next(&deployment, world.facts(), at(30 * DAY + 1));
    assert_ne!(expired.what, What::Restore, "the old certificate has expired");
    let key = proof::key_id(&Certificate::parse(&world.old).unwrap());
    let blocked = Circumstances { blocked_keys: &[key], ..world.facts() };
    assert_ne!(next(&deployment, blocked, at(5)).what, What::Restore, "its key is blocked");
    let revoked = Version {
        fingerprint: Fingerprint::of(&world.old),
        state: VersionState::Revoked,
        ..world.version.clone()
    };
    let revoked = Circumstances { versions: &[revoked], ..world.facts() };
    assert_ne!(next(&deployment, revoked, at(5)).what, What::Restore, "it is revoked");
    let proven = Deployment { proven_at: Some(at(1)), ..deployment };
    assert_ne!(next(&proven, world.facts(), at(5)).what, What::Restore, "the deployment did not break it");
}

/// A chain that clients do not trust was served until it was put back.
#[test]
fn what_is_known_to_make_an_address_worse_never_gets_there() {
    let world = World::new();
    let foreseen = |before: Serves, expected: Expected<'_>, now: Time| {
        let deployment = world.activated(&[(1, before)]);
        foreseen_worse(&deployment, world.facts(), expected, now)
    };
    let (chain, alone) = (world.chain(), [world.new.clone()]);
    let good = world.expected(&chain);
    assert_eq!(foreseen(Serves::Old, good, at(5)), None);
    let strangers = Anchors::from_ders("test", [world.old.as_slice()]);
    let untrusted = Expected { anchors: &strangers, ..good };
    let short = Expected { chain: &alone, ..good };
    let other = [leaf(&world.issuer, "other.example", -DAY, 9 * DAY), world.intermediate.clone()];
    let other = Expected { leaf: Fingerprint::of(&other[0]), chain: &other, ..good };
    let told = [short, other].map(|expected| foreseen(Serves::Old, expected, at(5)).unwrap());
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(foreseen(Serves::Old, Expected { insisted: true, ..short }, at(5)), None, "a person insisted");
    for before in [Serves::Expired, Serves::OtherName, Serves::Nothing(FailureKind::Refused)] {
        assert_eq!(foreseen(before, short, at(5)), None, "{before:?} is no better");
    }
    assert_eq!(foreseen(Serves::Old, short, at(29 * DAY)), None, "the old one ends within a day");
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    deployment.proofs[0].before_trusted = false;
    assert_eq!(
        foreseen_worse(&deployment, world.facts(), untrusted, at(5)),
        None,
        "a private CA that this installation never knew"
    );
}

#[test]
fn a_stale_node_keeps_the_new_pair_and_the_case_open() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old), (2, Serves::Old)]);
    let mut now = at(0);
    let mut again = 0;
    for _ in 0..100 {
        world.see(&mut deployment, now, &[(1, Serves::New), (2, Serves::Old)]);
        let action = next(&deployment, world.facts(), now);
        assert!(matches!(action.what, What::Prove | What::ActivateAgain));
        again += usize::from(action.what == What::ActivateAgain);
        let pause = action.not_before.since(now);
        assert!(pause >= Span::seconds(1) && pause <= Span::hours(1));
        now = action.not_before;
    }
    assert!(again > 40, "the product is told again before every second look");
    assert_eq!(deployment.closed_at, None);
    assert!(deployment.log.len() < 10, "the same is not recorded again and again");
    world.see(&mut deployment, now, &[(1, Serves::New), (2, Serves::New)]);
    assert_eq!(deployment.step, Step::Proven);
}

#[test]
fn addresses_found_while_proving_must_be_proven_and_gone_ones_are_let_go_after_a_day() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    world.see(&mut deployment, at(1), &[(1, Serves::New), (2, Serves::Old)]);
    assert_eq!(deployment.step, Step::Activated, "the new address is stale");
    let silent = Serves::Nothing(FailureKind::Timeout);
    let mut gone = world.sights(at(10), &[(1, Serves::New), (2, silent)]).remove(0);
    gone.resolved = Ok(vec![node_address(1)]);
    let chain = world.chain();
    proved(&mut deployment, world.facts(), std::slice::from_ref(&gone), world.expected(&chain), at(10));
    assert_eq!(deployment.step, Step::Activated, "it left DNS, but only just");
    proved(&mut deployment, world.facts(), &[gone], world.expected(&chain), at(2 * DAY));
    assert_eq!(deployment.step, Step::Proven);
}

#[test]
fn a_family_without_a_route_is_not_waited_for_unless_there_is_no_other() {
    let world = World::new();
    let nowhere = Serves::Nothing(FailureKind::NoRoute);
    let mut deployment = world.activated(&[(1, Serves::Old), (2, nowhere)]);
    world.see(&mut deployment, at(1), &[(1, Serves::New), (2, nowhere)]);
    assert_eq!(deployment.step, Step::Proven);
    let mut deployment = world.activated(&[(2, nowhere)]);
    world.see(&mut deployment, at(1), &[(2, nowhere)]);
    assert_eq!(deployment.step, Step::Activated);
}

#[test]
fn a_name_that_does_not_resolve_proves_nothing() {
    let world = World::new();
    let mut deployment = world.activated(&[]);
    let nothing = Sight { target: target(), resolved: Err("does not exist".to_owned()), looks: Vec::new() };
    let chain = world.chain();
    proved(&mut deployment, world.facts(), &[nothing], world.expected(&chain), at(1));
    assert_eq!(deployment.step, Step::Activated);
    assert_eq!(deployment.unresolved.len(), 1);
    let nowhere = Place { endpoints: vec![], ..world.place.clone() };
    let facts = Circumstances { place: &nowhere, ..world.facts() };
    assert_eq!(next(&deployment, facts, at(1)).what, What::Rest);
}

#[test]
fn a_node_that_falls_back_within_the_day_opens_the_proof_again() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    world.see(&mut deployment, at(1), &[(1, Serves::New)]);
    assert_eq!(next(&deployment, world.facts(), at(1)).not_before, at(1 + DAY));
    world.see(&mut deployment, at(1 + DAY), &[(1, Serves::Old)]);
    assert_eq!(deployment.step, Step::Activated);
    assert_eq!(deployment.proven_at, Some(at(1)));
}

#[test]
fn a_restoration_is_proved_and_the_new_pair_tried_again_before_the_old_one_ends() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    for round in 0..ROUNDS_TO_RESTORE {
        world.see(&mut deployment, at(round.into()), &[(1, Serves::NewWrongKey)]);
    }
    restoring(&mut deployment, "it became worse", at(4));
    assert_eq!(next(&deployment, world.facts(), at(4)).what, What::Restore, "a crash in between is resumed");
    restored(&mut deployment, Err("the disk is full".to_owned()), at(4));
    world.see(&mut deployment, at(4), &[(1, Serves::NewWrongKey)]);
    let again = next(&deployment, world.facts(), at(4));
    assert_eq!((again.what, again.not_before), (What::Restore, at(5)));
    restored(&mut deployment, Ok(()), at(5));
    world.see(&mut deployment, at(5), &[(1, Serves::Old)]);
    assert!(is_restored(&deployment));
    let later = next(&deployment, world.facts(), at(6));
    assert_eq!((later.what, later.not_before), (What::BeginAgain, at(30 * DAY - DAY)));
    assert_eq!(deployment.closed_at, None, "the case stays open");
    begun_again(&mut deployment, at(29 * DAY));
    assert_eq!(next(&deployment, world.facts(), at(29 * DAY)).what, What::Snapshot);
}

#[test]
fn a_version_that_is_no_good_is_not_installed_and_a_live_one_is_not_abandoned() {
    let world = World::new();
    let fresh = open(DeploymentId::from_bytes([9; 16]), &world.version, &world.place, at(0));
    let live = world.activated(&[(1, Serves::Old)]);
    let key = key_of(&world.version).unwrap();
    let cases: [(&str, Version, Vec<String>); 4] = [
        ("revoked", Version { state: VersionState::Revoked, ..world.version.clone() }, vec![]),
        ("destroyed", Version { state: VersionState::Retired, ..world.version.clone() }, vec![]),
        ("expired", Version { not_after: at(-1), ..world.version.clone() }, vec![]),
        ("blocked", world.version.clone(), vec![key]),
    ];
    for (word, version, blocked) in &cases {
        let facts = Circumstances { version, blocked_keys: blocked, ..world.facts() };
        let action = next(&fresh, facts, at(0));
        assert_eq!(action.what, What::Rest);
        assert!(action.why.contains(word), "{word}: {}", action.why);
        assert_eq!(next(&live, facts, at(0)).what, What::Prove, "what is served must still be known");
    }
}

#[test]
fn failures_of_a_step_are_retried_with_growing_pauses_for_ever() {
    let world = World::new();
    let mut deployment = open(DeploymentId::from_bytes([9; 16]), &world.version, &world.place, at(0));
    let mut pauses = Vec::new();
    for _ in 0..200 {
        failed(&mut deployment, "no space left".to_owned(), at(0));
        pauses.push(next(&deployment, world.facts(), at(0)).not_before.since(at(0)));
    }
    assert_eq!(pauses[..3], [Span::seconds(10), Span::seconds(20), Span::seconds(40)]);
    assert!(pauses.is_sorted() && pauses[199] == Span::hours(1));
    assert_eq!(deployment.log.len(), 100);
}

fn anything() -> impl Strategy<Value = Serves> {
    prop_oneof![
        4 => Just(Serves::New),
        3 => Just(Serves::Old),
        1 => Just(Serves::NewAlone),
        1 => Just(Serves::NewWrongKey),
        1 => Just(Serves::NewUnchecked),
        1 => Just(Serves::Expired),
        1 => Just(Serves::OtherGood),
        1 => Just(Serves::Nothing(FailureKind::Refused)),
        1 => Just(Serves::Nothing(FailureKind::Timeout)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever two nodes do: the case closes only after two rounds in which both served exactly the new certificate, the
    /// old pair comes back only when it was good and something is worse, and the next look is never more than a day off
    /// while the case is open.
    #[test]
    fn whatever_is_seen_law_four_holds(
        before in [anything(), anything()],
        rounds in proptest::collection::vec([anything(), anything()], 1..24),
    ) {
        let world = World::new();
        let nodes = |seen: [Serves; 2]| [(1, seen[0]), (2, seen[1])];
        let mut deployment = world.activated(&nodes(before));
        let mut now = at(0);
        let mut all_new = 0;
        for round in rounds {
            let action = next(&deployment, world.facts(), now);
            if matches!(action.what, What::Rest | What::BeginAgain) {
                break;
            }
            prop_assert!(action.not_before.since(now) <= Span::hours(24));
            now = now.max(action.not_before);
            match action.what {
                What::Restore => {
                    let worse = deployment.proofs.iter().find(|proof| proof.state == ProofState::Worse);
                    if deployment.step != Step::Restored {
                        prop_assert!(worse.is_some_and(|proof| proof.before_good));
                    }
                    restoring(&mut deployment, &action.why, now);
                    restored(&mut deployment, Ok(()), now);
                }
                What::ActivateAgain => activated(&mut deployment, Ok(()), now),
                What::Prove => {}
                other => prop_assert!(false, "{other:?} after an activation"),
            }
            all_new += usize::from(round == [Serves::New; 2]);
            world.see(&mut deployment, now, &nodes(round));
            prop_assert_eq!(deployment.step == Step::Proven && deployment.next_at.is_none(), false);
        }
        if deployment.closed_at.is_some() {
            prop_assert!(all_new >= 2);
            prop_assert!(deployment.proofs.iter().all(|proof| proof.now == Some(world.version.fingerprint)));
        }
    }
}
