//! What goes as a table, and that nothing goes that is needed as a property.

use notafter_cert::KeySpec;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::{
    Deployment, FindingId, FindingState, IssuerId, OwnerId, Severity, StepRecord, Subject, Violation,
};
use crate::plan::renew::stage::{lineage, spec};

const NOW: Time = Time::from_unix_seconds(1_796_000_000);
const KEEP: Span = Span::days(100);

fn ago(days: i64) -> Time {
    NOW - Span::days(days)
}

/// Its certificate lived for six days and ended so many days ago.
fn version(number: u8, ended: i64) -> Version {
    let obtained_at = ago(ended + 6);
    Version {
        id: VersionId::new(obtained_at, [number; 10]),
        lineage_id: lineage(spec()).id,
        key_id: Some(KeyId::new(obtained_at, [number; 10])),
        fingerprint: Fingerprint::of(&[number]),
        chain_pem: String::new(),
        not_before: obtained_at,
        not_after: ago(ended),
        obtained_at,
        origin: Origin::Order { order: OrderId::new(obtained_at, [number; 10]) },
        state: VersionState::Retired,
    }
}

fn order_of(version: &Version) -> Order {
    let Origin::Order { order: id } = version.origin else { panic!("it came from files") };
    Order {
        id,
        lineage_id: version.lineage_id,
        issuer_id: IssuerId::from_bytes([1; 16]),
        key_id: version.key_id.unwrap(),
        identifiers: Vec::new(),
        csr: Vec::new(),
        flow: json!({}),
        opened_at: version.obtained_at,
        closed_at: Some(version.obtained_at),
        ended: Some("issued".to_owned()),
        exemption: Default::default(),
        missed_chain: None,
        http01: None,
        signing: None,
    }
}

fn place(number: u8) -> PlaceId {
    PlaceId::from_bytes([number; 16])
}

/// Proven within a minute, and once more a day later.
fn deployment_of(version: &Version, number: u8) -> Deployment {
    let at = version.obtained_at;
    let swapped = StepRecord {
        at,
        step: Step::Activated,
        what: "swapped the files and told the product".to_owned(),
        ok: true,
        act: Act::Swapped,
    };
    Deployment {
        id: DeploymentId::new(at, [number; 10]),
        version_id: version.id,
        lineage_id: version.lineage_id,
        place_id: place(number),
        step: Step::Retired,
        snapshot: Some(json!({})),
        proofs: Vec::new(),
        log: vec![swapped],
        attempts: 0,
        next_at: None,
        opened_at: at,
        unresolved: Vec::new(),
        proven_at: Some(at),
        closed_at: Some(at + Span::days(1)),
    }
}

fn finding(evidence: serde_json::Value) -> Finding {
    Finding {
        id: FindingId::from_bytes([1; 16]),
        owner_id: OwnerId::from_bytes([1; 16]),
        violation: Violation {
            code: "deployment.stale".to_owned(),
            severity: Severity::Warning,
            subject: Subject::Place(place(1)),
            cause: "stale".to_owned(),
            text: String::new(),
            hint: String::new(),
            evidence,
        },
        state: FindingState::Open,
        opened_at: NOW,
        changed_at: NOW,
        seen_at: NOW,
        closed_at: None,
    }
}

/// A lineage with a past that can be changed.
#[derive(Clone, Debug)]
struct World {
    lineage: Option<Lineage>,
    places: BTreeSet<PlaceId>,
    versions: Vec<Version>,
    orders: Vec<Order>,
    deployments: Vec<Deployment>,
    findings: Vec<Finding>,
    served: BTreeSet<Fingerprint>,
}

impl World {
    /// Renewed every four days at one place for so many times, the last time just now.
    fn of(renewals: u8) -> Self {
        let versions: Vec<Version> =
            (0..renewals).map(|number| version(number, 4 * i64::from(renewals - 1 - number) - 6)).collect();
        let mut lineage = lineage(spec());
        lineage.current = versions.last().map(|version| version.id);
        Self {
            lineage: Some(lineage),
            places: BTreeSet::from([place(1)]),
            orders: versions.iter().map(order_of).collect(),
            deployments: versions.iter().map(|version| deployment_of(version, 1)).collect(),
            versions,
            findings: Vec::new(),
            served: BTreeSet::new(),
        }
    }

    fn past(&self) -> Past<'_> {
        Past {
            lineage: self.lineage.as_ref(),
            places: &self.places,
            versions: &self.versions,
            orders: &self.orders,
            deployments: &self.deployments,
            findings: &self.findings,
            served: &self.served,
            keep: KEEP,
            now: NOW,
        }
    }

    fn forgotten(&self) -> Vec<Forget> {
        forget(&self.past()).into_iter().map(|action| action.what).collect()
    }

    fn without(mut self, gone: &[Forget]) -> Self {
        self.versions.retain(|one| !gone.contains(&Forget::Version(one.id)));
        self.orders.retain(|one| !gone.contains(&Forget::Order(one.id)));
        self.deployments.retain(|one| !gone.contains(&Forget::Deployment(one.id)));
        self
    }
}

#[test]
fn what_was_renewed_for_years_keeps_as_much_as_its_time_says() {
    // Renewed 60 times, 236 days ago the first time: a certificate that was obtained 104 days ago ended 98 days ago.
    let world = World::of(60);
    let gone = world.forgotten();
    let left = world.clone().without(&gone);
    assert_eq!((left.versions.len(), left.orders.len()), (27, 27));
    // A deployment is over before its certificate is.
    assert_eq!(left.deployments.len(), 26);
    let keys = gone.iter().filter(|what| matches!(what, Forget::Key(_))).count();
    assert_eq!(keys, 33);
    assert_eq!(left.forgotten(), [], "all at once");
}

#[test]
fn the_first_two_versions_stay_for_ever_where_no_third_comes() {
    for keep_versions in [0, 1] {
        let mut world = World::of(1);
        let Some(Lineage { mode: Mode::Managed(spec), .. }) = &mut world.lineage else { panic!() };
        spec.keep_versions = keep_versions;
        world.versions.push(version(9, 4000));
        assert_eq!(world.forgotten(), [], "that the present one is not the first must be seen");
        world.versions.push(version(8, 5000));
        assert_eq!(world.forgotten()[0], Forget::Version(world.versions[2].id));
    }
}

/// Changes a world in which the first version would go, so that it does not.
type Change = fn(&mut World);

#[test]
fn what_may_be_come_back_to_stays_however_old() {
    let changes: [(&str, Change); 11] = [
        ("the present one", |world| world.lineage.as_mut().unwrap().current = Some(world.versions[0].id)),
        ("kept for rollback", |world| {
            let Mode::Managed(spec) = &mut world.lineage.as_mut().unwrap().mode else { panic!() };
            spec.keep_versions = 59;
        }),
        ("not over", |world| world.versions[0].not_after = NOW + Span::days(1)),
        ("over not long enough", |world| world.versions[0].not_after = ago(99)),
        ("found on a disk after its end", |world| world.versions[0].obtained_at = ago(99)),
        ("served", |world| world.served = BTreeSet::from([world.versions[0].fingerprint])),
        ("told", |world| {
            world.findings.push(finding(json!({ "version": world.versions[0].id })));
        }),
        ("its certificate told", |world| {
            world.findings.push(finding(json!([{ "now": world.versions[0].fingerprint }])));
        }),
        ("deployed again", |world| world.deployments[0].closed_at = None),
        ("installed at another place", |world| {
            world.places.insert(place(2));
            world.deployments[0].place_id = place(2);
        }),
        ("gone back to", |world| {
            let (id, key) = (world.versions[0].id, KeySpec::EcdsaP256);
            let back = crate::model::RollBack { at: NOW, version: id, identifiers: Vec::new(), key };
            world.lineage.as_mut().unwrap().renewal.rolled_back = Some(Box::new(back));
        }),
    ];
    let world = World::of(60);
    let first = &world.versions[0];
    let of_first = [
        Forget::Deployment(world.deployments[0].id),
        Forget::Version(first.id),
        Forget::Order(world.orders[0].id),
        Forget::Key(first.key_id.unwrap()),
    ];
    assert!(of_first.iter().all(|what| world.forgotten().contains(what)));
    for (name, change) in changes {
        let mut world = world.clone();
        change(&mut world);
        let gone = world.forgotten();
        let stay: Vec<&Forget> = of_first[1..].iter().filter(|what| !gone.contains(what)).collect();
        assert_eq!(stay.len(), 3, "{name}: version, order and key");
    }
}

#[test]
fn a_place_keeps_what_lies_there_and_what_is_on_its_way() {
    let mut world = World::of(60);
    // The last that was installed is the third; nothing since came further than its snapshot.
    for deployment in &mut world.deployments[3..] {
        deployment.log.clear();
        (deployment.step, deployment.proven_at) = (Step::Superseded, None);
    }
    let kept = |world: &World| {
        let gone = world.forgotten();
        let kept = |one: &&Deployment| !gone.contains(&Forget::Deployment(one.id));
        world.deployments.iter().filter(kept).map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(kept(&world)[0], world.deployments[2].id);
    assert!(!world.forgotten().contains(&Forget::Version(world.versions[2].id)));
    // Where the old pair was put back, the files of the one before lie there.
    let mut put_back = World::of(60);
    for deployment in &mut put_back.deployments[3..] {
        let restoring = StepRecord { act: Act::Restoring, ..deployment.log[0].clone() };
        deployment.log.push(restoring);
        (deployment.step, deployment.proven_at) = (Step::Superseded, None);
    }
    assert_eq!(kept(&put_back)[0], put_back.deployments[2].id);
    // Nobody needs to know what lay at a place that is gone.
    world.places.clear();
    assert_eq!(kept(&world)[0], world.deployments[34].id);
}

#[test]
fn a_lineage_that_was_removed_is_forgotten_whole_in_its_time() {
    let mut world = World::of(60);
    (world.lineage, world.places) = (None, BTreeSet::new());
    for version in &mut world.versions {
        version.not_after = version.not_after - Span::days(200);
        version.obtained_at = version.obtained_at - Span::days(200);
    }
    world.versions[59].state = VersionState::Current;
    world.deployments.iter_mut().for_each(|one| one.closed_at = one.closed_at.map(|at| at - Span::days(200)));
    world.orders.iter_mut().for_each(|one| one.closed_at = one.closed_at.map(|at| at - Span::days(200)));
    let gone = world.forgotten();
    assert_eq!(gone.len(), 4 * 60);
    assert_eq!(world.without(&gone).versions, []);
}

#[test]
fn orders_that_came_to_nothing_go_with_their_keys_and_open_ones_stay() {
    let mut world = World::of(2);
    let (failed, open) = (order_of(&version(70, 300)), order_of(&version(71, 300)));
    let lately = Order { closed_at: Some(ago(99)), ..order_of(&version(72, 300)) };
    world.orders.extend([failed.clone(), Order { closed_at: None, ..open }, lately]);
    let expected = [Forget::Order(failed.id), Forget::Key(failed.key_id)];
    assert_eq!(world.forgotten(), expected);
    let mut under_way = world.clone();
    under_way.lineage.as_mut().unwrap().renewal.order = Some(failed.id);
    assert_eq!(under_way.forgotten(), []);
    // A key that is used again and again lives on.
    world.versions[1].key_id = Some(failed.key_id);
    assert_eq!(world.forgotten(), expected[..1]);
}

#[test]
fn each_says_why() {
    let world = World::of(60);
    let why: Vec<String> = [0, 35, 68, 101]
        .into_iter()
        .map(|place| {
            let Action { what, why, not_before } = &forget(&world.past())[place];
            assert!(*not_before <= NOW);
            format!("{}: {why}", format!("{what:?}").split('(').next().unwrap())
        })
        .collect();
    insta::assert_snapshot!(why.join("\n"));
}

/// One renewal of a past that is made up: when its certificate ended, and what became of it, drawn from a number.
fn made_up(number: u8, ended: i64, draw: u32) -> (Version, Order, Deployment) {
    let mut version = version(number, ended);
    let pick = |shift: u32, of: u32| (draw >> shift) % of;
    version.state = match pick(0, 4) {
        0 => VersionState::Superseded,
        1 => VersionState::Revoked,
        2 => VersionState::Current,
        _ => VersionState::Retired,
    };
    if pick(2, 4) == 0 {
        version.key_id = Some(KeyId::from_bytes([1; 16]));
    }
    let mut order = order_of(&version);
    order.closed_at = order.closed_at.filter(|_| pick(4, 8) > 0);
    let mut deployment = deployment_of(&version, 1 + pick(7, 3) as u8);
    deployment.id = DeploymentId::new(version.obtained_at, [number; 10]);
    deployment.closed_at = deployment.closed_at.filter(|_| pick(10, 8) > 0);
    if pick(13, 2) == 0 {
        deployment.log[0].act = [Act::Other, Act::Restoring][pick(14, 2) as usize];
        (deployment.step, deployment.proven_at) = (Step::Superseded, None);
    }
    deployment.snapshot = deployment.snapshot.filter(|_| pick(15, 4) > 0);
    if pick(17, 4) == 0 {
        version.origin = Origin::Files { path: "/etc/ssl/site.pem".to_owned(), insisted: false };
    }
    (version, order, deployment)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nothing_that_is_needed_ever_goes(
        renewals in prop::collection::vec((-10..400i64, any::<u32>()), 0..14),
        current in any::<prop::sample::Index>(),
        keep_versions in 0..4u32,
        removed in prop::bool::weighted(0.2),
        served in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        places in prop::collection::btree_set(1..4u8, 0..4),
    ) {
        let mut world = World::of(0);
        for (number, (ended, draw)) in renewals.iter().enumerate() {
            let (version, order, deployment) = made_up(number as u8, *ended, *draw);
            world.versions.push(version);
            world.orders.push(order);
            world.deployments.push(deployment);
        }
        world.places = places.into_iter().map(place).collect();
        if !world.versions.is_empty() {
            let any = |index: &prop::sample::Index| index.get(&world.versions);
            world.served = served.iter().map(|index| any(index).fingerprint).collect();
            let of_lineage = world.lineage.as_mut().unwrap();
            of_lineage.current = Some(any(&current).id);
            let Mode::Managed(spec) = &mut of_lineage.mode else { panic!() };
            spec.keep_versions = keep_versions;
        }
        if removed {
            world.lineage = None;
        }
        let gone = world.forgotten();
        check(&world, &gone, keep_versions)?;
        prop_assert_eq!(world.without(&gone).forgotten(), [], "one step is enough");
    }
}

/// The law, said the other way round than the plan says it.
fn check(world: &World, gone: &[Forget], keep_versions: u32) -> Result<(), TestCaseError> {
    let left = world.clone().without(gone);
    let destroyed: BTreeSet<KeyId> =
        gone.iter().filter_map(|what| if let Forget::Key(key) = what { Some(*key) } else { None }).collect();
    for version in world.versions.iter().filter(|one| gone.contains(&Forget::Version(one.id))) {
        prop_assert!(version.not_after <= NOW - KEEP, "it can be revoked, and counts as ours");
        prop_assert!(!world.served.contains(&version.fingerprint));
        if let Some(lineage) = &world.lineage {
            prop_assert!(lineage.current != Some(version.id));
            let age = |one: &Version| (one.obtained_at, one.id);
            let later = world.versions.iter().filter(|other| age(other) > age(version)).count();
            prop_assert!(later > keep_versions as usize, "rollback");
        }
    }
    for version in &left.versions {
        prop_assert!(version.key_id.is_none_or(|key| !destroyed.contains(&key)));
        if let Origin::Order { order } = version.origin {
            prop_assert!(left.orders.iter().any(|one| one.id == order), "who issued it");
        }
    }
    for order in &world.orders {
        let stays = left.orders.contains(order);
        prop_assert!(stays || order.closed_at.is_some());
        prop_assert!(!(stays && destroyed.contains(&order.key_id)));
    }
    for deployment in &world.deployments {
        let stays = left.deployments.contains(deployment);
        prop_assert!(stays || deployment.closed_at.is_some());
        let version = left.versions.iter().any(|one| one.id == deployment.version_id);
        prop_assert!(!stays || version, "nothing points to what is gone");
    }
    for place in &world.places {
        let at = |deployments: &[Deployment]| {
            let mut at: Vec<Deployment> =
                deployments.iter().filter(|one| one.place_id == *place).cloned().collect();
            at.sort_by_key(|one| std::cmp::Reverse(one.id));
            let newest = at.first().map(|one| one.id);
            let restores = at.iter().find(|one| one.snapshot.is_some()).map(|one| one.id);
            let installed = at
                .iter()
                .find(|one| {
                    one.proven_at.is_some() || one.log.iter().all(|record| record.act == Act::Swapped)
                })
                .map(|one| one.id);
            [newest, restores, installed]
        };
        prop_assert_eq!(at(&world.deployments), at(&left.deployments));
    }
    Ok(())
}
