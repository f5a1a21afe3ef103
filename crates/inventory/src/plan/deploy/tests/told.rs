//! What people are told of it.

use super::*;

/// It was told without a hint, and later as "activating the new files failed 3 times: mend what the last attempt reports".
#[test]
fn what_was_refused_says_what_to_do_and_that_nothing_was_touched() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    deployment.step = Step::Validated;
    let chain = world.chain();
    let short = Expected { chain: &chain[..1], ..world.expected(&chain) };
    let why = foreseen_worse(&deployment, world.facts(), short, at(5)).unwrap();
    assert_eq!(stuck_hint(&deployment, "shop"), None, "nothing failed");
    for _ in 0..3 {
        refused(&mut deployment, why.clone(), at(5));
    }
    let [found] = judged(&world, &deployment, at(5)).try_into().unwrap();
    let refusal = stuck_hint(&deployment, "shop").unwrap();
    failed(&mut deployment, "no space left on device".to_owned(), at(6));
    let failure = stuck_hint(&deployment, "shop").unwrap();
    insta::assert_snapshot!([found.text, found.hint, refusal, failure].join("\n"));
}

/// It was recognised by how its words began.
#[test]
fn a_failed_reload_is_known_by_what_the_record_is_of() {
    let world = World::new();
    let mut deployment = open(DeploymentId::from_bytes([9; 16]), &world.version, &world.place, at(0));
    activated(&mut deployment, Err("no such unit".to_owned()), at(1));
    assert_eq!(
        failed_reload(&deployment).map(|record| record.what.as_str()),
        Some("swapped the files; no such unit")
    );
    failed(&mut deployment, "swapped the files; but these are others' words".to_owned(), at(2));
    assert_eq!(failed_reload(&deployment).map(|record| record.at), Some(at(1)));
    activated(&mut deployment, Ok(()), at(3));
    assert_eq!(failed_reload(&deployment), None);
    // A record of before is read, and one of a later version.
    let mut stored = serde_json::to_value(&deployment.log[0]).unwrap();
    for act in [None, Some("mended")] {
        match act {
            None => drop(stored.as_object_mut().unwrap().remove("act")),
            Some(act) => stored["act"] = act.into(),
        }
        let record: StepRecord = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(record.act, Act::Other);
    }
}

/// "10.0.0.1:443 still serves ...; 10.0.0.1:443 still serves ...": of which name, nobody could tell.
#[test]
fn two_names_at_one_address_are_told_apart() {
    let mut world = World::new();
    let mut texts = String::new();
    for more in [None, Some("pay.shop.example")] {
        world.place.endpoints.extend(more.map(|name| Target::tls(name.parse().unwrap(), 443)));
        let mut deployment = world.activated(&[(1, Serves::Old)]);
        for round in 0..SETTLING_ROUNDS {
            world.see(&mut deployment, at(round.into()), &[(1, Serves::Old)]);
        }
        texts += &(judged(&world, &deployment, at(9))[0].text.clone() + "\n");
    }
    let old = Fingerprint::of(&world.old).short();
    insta::assert_snapshot!(texts.replace(&old, "OLD"));
}

/// What a mail tells of each address: what it serves, what it should serve, and since when it is like that.
#[test]
fn the_evidence_names_what_is_served_what_is_expected_and_since_when() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old), (2, Serves::Old)]);
    for round in 1..=SETTLING_ROUNDS {
        world.see(&mut deployment, at(round.into()), &[(1, Serves::New), (2, Serves::Old)]);
    }
    let [said] = judged(&world, &deployment, at(9)).try_into().unwrap();
    let evidence: DeploymentEvidence = serde_json::from_value(said.evidence).unwrap();
    let [new, old] = [&world.new, &world.old].map(|der| Certificate::parse(der).unwrap());
    assert_eq!((evidence.place.as_str(), evidence.addresses), ("web", 2));
    assert_eq!(evidence.expected.serial, Some(new.serial_hex()));
    assert_eq!(evidence.expected.not_after, new.not_after());
    let [proof] = evidence.proofs.try_into().unwrap();
    assert_eq!(proof.now_serial, Some(old.serial_hex()));
    assert_eq!(proof.now_not_after, Some(old.not_after()));
    assert_eq!((proof.since, proof.at), (Some(at(1)), Some(at(SETTLING_ROUNDS.into()))));
}

#[test]
fn what_the_installation_made_worse_stays_known_after_it_was_put_back() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old), (2, Serves::Old)]);
    world.see(&mut deployment, at(1), &[(1, Serves::New), (2, Serves::NewAlone)]);
    restoring(&mut deployment, "it became worse", at(2));
    world.see(&mut deployment, at(3), &[(1, Serves::Old), (2, Serves::Old)]);
    let made_worse = |deployment: &Deployment| -> Vec<bool> {
        deployment.proofs.iter().map(|proof| proof.made_worse).collect()
    };
    assert_eq!(made_worse(&deployment), [false, true]);
    begun_again(&mut deployment, at(4));
    activated(&mut deployment, Ok(()), at(5));
    assert_eq!(made_worse(&deployment), [false, false]);
}

/// The reload ended well, and what to look at depends on whether it had any effect.
#[test]
fn a_reload_in_vain_is_told_with_what_to_look_at() {
    let mut world = World::new();
    let place =
        |deployer: &str, settings| Place { deployer: deployer.to_owned(), settings, ..world.place.clone() };
    let reloads = place("files", serde_json::json!({ "reload": { "command": ["true"] } }));
    let (nginx, silent) = (place("nginx", serde_json::json!({})), place("files", serde_json::json!({})));
    let pool = [(1, Serves::New), (2, Serves::Old)];
    let single = [(1, Serves::Old)];
    let mut told = String::new();
    for (what, place, ended, seen) in [
        ("one address of two", &reloads, Ok(()), &pool[..]),
        ("the only address", &reloads, Ok(()), &single[..]),
        ("nginx", &nginx, Ok(()), &single[..]),
        ("all is well", &reloads, Ok(()), &pool[..1]),
        ("nobody is told", &silent, Ok(()), &single[..]),
        ("the reload failed", &reloads, Err("no such unit".to_owned()), &single[..]),
    ] {
        world.place = place.clone();
        let mut deployment = world.activated(&single);
        activated(&mut deployment, ended, at(0));
        world.see(&mut deployment, at(1), seen);
        let hint = told_in_vain(&world.place, &deployment).unwrap_or("-");
        told += &format!("{what}: {hint}\n");
    }
    insta::assert_snapshot!(told);
}

/// `issue` with another reload said "nothing was due", and nothing of the reload.
#[test]
fn settings_that_were_changed_are_told_when_they_are_used() {
    let world = World::new();
    let mut deployment = world.activated(&[(1, Serves::Old)]);
    let mut told = vec![changed_settings_wait(&world.place, None, "shop", at(0))];
    let silent = Place { endpoints: Vec::new(), ..world.place.clone() };
    told.push(changed_settings_wait(&silent, Some(&deployment), "shop", at(0)));
    let mut tell = |deployment: &Deployment| {
        told.push(changed_settings_wait(&world.place, Some(deployment), "shop", at(0)));
    };
    tell(&deployment);
    let mut issued = open(deployment.id, &world.version, &world.place, at(0));
    tell(&issued);
    failed(&mut issued, "no such directory".to_owned(), at(0));
    tell(&issued);
    for step in [Step::Proven, Step::Restored] {
        deployment.step = step;
        tell(&deployment);
    }
    insta::assert_snapshot!(told.join("\n"));
}

/// "UNKNOWN: cannot be judged: connection refused": a refusal is a fact (law 6), a timeout none.
#[test]
fn a_refusal_is_told_as_a_fact_and_a_timeout_as_a_doubt() {
    let world = World::new();
    let silent = [(1, Serves::Nothing(FailureKind::Refused)), (2, Serves::Nothing(FailureKind::Timeout))];
    let mut deployment = world.activated(&silent);
    let mut refusing = Vec::new();
    for round in 0..SETTLING_ROUNDS {
        world.see(&mut deployment, at(round.into()), &silent);
        refusing.push(super::refusing(&deployment).len());
    }
    assert_eq!(refusing, [0, 1, 1, 1, 1], "not by chance");
    let told: Vec<String> = judged(&world, &deployment, at(9))
        .iter()
        .map(|said| format!("{} {}: {}", said.severity, said.code, said.text))
        .collect();
    let critical = "CRITICAL deployment.unreachable: 1 of 2 addresses refused (shop.example at web): 10.0.0.1:443 Refused";
    let unknown = "UNKNOWN deployment.unreachable: 1 of 2 addresses cannot be judged (shop.example at web): 10.0.0.2:443 Timeout";
    assert_eq!(told, [critical, unknown]);
    world.see(&mut deployment, at(10), &[(1, Serves::New), (2, Serves::New)]);
    assert!(super::refusing(&deployment).is_empty());
}

/// A product that is restarted refuses for a moment.
#[test]
fn a_single_refusal_is_not_told_as_a_fact() {
    let world = World::new();
    let [timeout, refused] =
        [FailureKind::Timeout, FailureKind::Refused].map(|kind| [(1, Serves::Nothing(kind))]);
    let mut deployment = world.activated(&timeout);
    for round in 0..SETTLING_ROUNDS {
        world.see(&mut deployment, at(round.into()), &timeout);
    }
    let mut severities = Vec::new();
    for second in [10, 11] {
        world.see(&mut deployment, at(second), &refused);
        severities.extend(judged(&world, &deployment, at(second)).iter().map(|said| said.severity));
    }
    assert_eq!(severities, [Severity::Unknown, Severity::Critical]);
}

/// What the rules say of it.
fn judged(world: &World, deployment: &Deployment, now: Time) -> Vec<Violation> {
    let thresholds = Thresholds::default();
    let World { place, version, .. } = world;
    judge_deployment(&DeploymentFacts { deployment, place, version, thresholds: &thresholds, now })
}

#[test]
fn findings_are_told_in_words_after_the_settling() {
    let mut world = World::new();
    world.place.name = "web".to_owned();
    let mut told = String::new();
    let mut tell = |title: &str, deployment: &Deployment, now: Time| {
        told += &format!("{title}\n");
        for said in judged(&world, deployment, now) {
            told += &format!("  {} {}: {}\n    {}\n", said.severity, said.code, said.text, said.hint);
        }
    };
    let mut failing = open(DeploymentId::from_bytes([9; 16]), &world.version, &world.place, at(0));
    failed(&mut failing, "no space left to write /etc/ssl/key.pem".to_owned(), at(0));
    tell("failed once", &failing, at(0));
    failed(&mut failing, "no space left to write /etc/ssl/key.pem".to_owned(), at(0));
    failed(&mut failing, "no space left to write /etc/ssl/key.pem".to_owned(), at(0));
    tell("failed three times", &failing, at(0));

    let mut stale = world.activated(&[(1, Serves::Old), (2, Serves::Old), (3, Serves::Old)]);
    for round in 0..SETTLING_ROUNDS {
        tell("settling", &stale, at(round.into()));
        let silent = Serves::Nothing(FailureKind::Timeout);
        world.see(&mut stale, at(round.into()), &[(1, Serves::New), (2, Serves::Old), (3, silent)]);
    }
    tell("one stale, one silent", &stale, at(9));
    activated(&mut stale, Err("the reload failed: `systemctl reload nginx` ended with 1".to_owned()), at(10));
    tell("nine days before the old one ends, the reload fails", &stale, at(21 * DAY));

    let mut worse = world.activated(&[(1, Serves::Old)]);
    for round in 0..ROUNDS_TO_RESTORE {
        world.see(&mut worse, at(round.into()), &[(1, Serves::NewAlone)]);
    }
    tell("worse, about to be restored", &worse, at(3));
    let why = next(&worse, world.facts(), at(3)).why;
    restoring(&mut worse, &why, at(3));
    tell("being restored", &worse, at(3));
    restored(&mut worse, Ok(()), at(4));
    world.see(&mut worse, at(4), &[(1, Serves::Old)]);
    tell("restored", &worse, at(5));
    let old = Fingerprint::of(&world.old).short();
    insta::assert_snapshot!(told.replace(&old, "OLD"));
}
