//! What was over long ago is forgotten whole: nothing points to what is gone, whenever it is broken off.

use std::collections::BTreeSet;
use std::sync::Arc;

use notafter_cert::{Fingerprint, Span, Time};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open::Installation;
use notafter_engine::tasks::{self, retain};
use notafter_inventory::model::{
    Actor, Automation, Deployment, DeploymentId, Endpoint, EndpointId, KeyId, Labels, Lineage, LineageId,
    Mode, Order, OrderId, Origin, Place, Renewer, Version, VersionId, VersionState,
};
use notafter_net::Clock;
use notafter_store::{Change, Holds, Looked};
use notafter_tls::Resolution;
use notafter_tls::observation::{Observation, Outcome, Possession, Served, Staple};
use serde_json::json;

use crate::postgres::Server;
use crate::stage::Stage;

const KEEP: u32 = 100;
/// Renewals of each lineage, one every ten days, the last one today.
const RENEWALS: u8 = 20;

/// An installation that keeps what is over for [`KEEP`] days, and the first of its lineages.
async fn stage(database: Option<String>) -> (Stage, Installation, Lineage) {
    let clock = Clock::staged("2026-11-25T03:00:00Z".parse().unwrap());
    let mut stage = Stage::at(clock).await;
    stage.settings.database = database;
    stage.settings.keep_renewals_days = KEEP;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    (stage, installation, lineage)
}

fn leaf(lineage: &Lineage, number: u8) -> Vec<u8> {
    format!("{} {number}", lineage.id).into_bytes()
}

/// A lineage at one place, renewed every ten days with certificates of twenty.
async fn renewed(context: &Context, name: &str, like: &Lineage) -> Lineage {
    let mut lineage = Lineage { id: context.new_id(), name: name.to_owned(), ..like.clone() };
    let place = json!({
        "id": notafter_inventory::model::PlaceId::new(context.clock.now(), context.random()),
        "owner_id": lineage.owner_id, "lineage_id": lineage.id, "name": "web", "deployer": "files",
        "settings": {}, "endpoints": ["shop.example:443"],
    });
    let place: Place = serde_json::from_value(place).unwrap();
    let mut changes = vec![Change::PutPlace(place.clone())];
    for number in 0..RENEWALS {
        let at = context.clock.now() - Span::days(10 * i64::from(RENEWALS - 1 - number));
        let (key, order) = (KeyId::new(at, context.random()), OrderId::new(at, context.random()));
        let version = Version {
            id: VersionId::new(at, context.random()),
            lineage_id: lineage.id,
            key_id: Some(key),
            fingerprint: Fingerprint::of(&leaf(&lineage, number)),
            chain_pem: String::new(),
            not_before: at,
            not_after: at + Span::days(20),
            obtained_at: at,
            origin: Origin::Order { order },
            state: VersionState::Superseded,
        };
        lineage.current = Some(version.id);
        changes.push(Change::PutKey {
            id: key,
            holds: Holds::CertificateKey,
            kek_id: context.keyring.read().await.id(),
            sealed: b"sealed".to_vec(),
        });
        changes.push(Change::PutOrder(issued(&version, order, at)));
        changes.push(Change::PutDeployment(installed(&version, &place, at, context)));
        changes.push(Change::PutVersion(version));
    }
    changes.push(Change::PutLineage(lineage.clone()));
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    lineage
}

fn issued(version: &Version, id: OrderId, at: Time) -> Order {
    let json = json!({
        "id": id, "lineage_id": version.lineage_id, "key_id": version.key_id, "identifiers": ["shop.example"],
        "issuer_id": notafter_inventory::model::IssuerId::new(at, [1; 10]), "csr": [], "flow": {},
        "opened_at": at, "closed_at": at, "ended": "issued",
    });
    serde_json::from_value(json).unwrap()
}

fn installed(version: &Version, place: &Place, at: Time, context: &Context) -> Deployment {
    let json = json!({
        "id": DeploymentId::new(at, context.random()), "version_id": version.id, "lineage_id": version.lineage_id,
        "place_id": place.id, "step": "retired", "snapshot": {}, "proofs": [], "log": [], "attempts": 0,
        "next_at": null, "opened_at": at, "proven_at": at, "closed_at": at + Span::days(1),
    });
    serde_json::from_value(json).unwrap()
}

/// The endpoint shows this leaf.
async fn shows(context: &Context, lineage: &Lineage, number: u8) {
    let at = context.clock.now();
    let endpoint = Endpoint {
        id: EndpointId::new(at, context.random()),
        owner_id: lineage.owner_id,
        target: "old.example:443".parse().unwrap(),
        labels: Labels::new(),
        criticality: notafter_inventory::model::Criticality::Normal,
        criticality_by: notafter_inventory::model::CriticalityBy::default(),
        trust: None,
        written_by_admin: true,
    };
    let address = "192.0.2.1:443".parse().unwrap();
    let outcome = Outcome::Served(Served {
        chain: Arc::from(vec![leaf(lineage, number)]),
        version: 0x0304,
        suite: 0x1301,
        group: None,
        possession: Possession::Proven,
        incomplete: None,
        staple: Staple::Unknown,
    });
    let observations =
        vec![Observation { at, vantage: "local".to_owned(), address, outcome, took: Span::millis(3) }];
    let looked = Looked {
        lease: None,
        next_due: None,
        endpoint_id: endpoint.id,
        at,
        resolution: Ok(Resolution::known(vec![address])),
        observations,
        changes: vec![Change::PutEndpoint(endpoint)],
    };
    context.store.record_looks(&context.scope, &[looked]).await.unwrap();
}

/// What there is of a lineage: versions by number of their renewal, orders, deployments. Nothing points to what is gone.
async fn whole(context: &Context, lineage: LineageId) -> (Vec<Fingerprint>, usize, usize) {
    let (store, scope) = (&context.store, &context.scope);
    let versions = store.versions_of(scope, lineage).await.unwrap();
    let orders = store.orders_of(scope, lineage, 1000).await.unwrap();
    let deployments = store.deployments_of(scope, lineage, 1000).await.unwrap();
    for version in &versions {
        let Origin::Order { order } = version.origin else { panic!() };
        assert!(orders.iter().any(|one| one.id == order), "{version:?}");
        let key = store.key(scope, version.key_id.unwrap()).await.unwrap().unwrap();
        assert_eq!(key.destroyed_at, None, "{version:?}");
    }
    for deployment in &deployments {
        assert!(versions.iter().any(|version| version.id == deployment.version_id), "{deployment:?}");
    }
    (versions.iter().map(|version| version.fingerprint).collect(), orders.len(), deployments.len())
}

async fn turn(context: &Arc<Context>) {
    tasks::ensure(context).await.unwrap();
    let driver = Driver::new(Arc::clone(context));
    driver.turn(tasks::find(retain::KIND).unwrap()).await.unwrap();
}

/// `adopt --undo` of it was begun, and did not end.
async fn begins_to_give_back(context: &Context, lineage: &Lineage) {
    let automation = Automation {
        renewer: Renewer::Certbot,
        identifiers: Vec::new(),
        chain_file: "/etc/letsencrypt/live/shop/fullchain.pem".to_owned(),
        key_file: None,
        config_file: None,
        trigger: None,
        habit_permille: None,
        ping: None,
    };
    let watched = Lineage { mode: Mode::WatchOnly(automation), ..lineage.clone() };
    let record = Change::PutSecret {
        name: format!("take-over/{}", lineage.id),
        kek_id: context.keyring.read().await.id(),
        sealed: b"sealed".to_vec(),
    };
    context.apply(None, &Actor::Engine, &[Change::PutLineage(watched), record]).await.unwrap();
}

async fn forgets(database: Option<String>) {
    let (_stage, installation, like) = stage(database).await;
    let context = &installation.context;
    let (store, scope) = (&context.store, &context.scope);
    let usual = renewed(context, "usual", &like).await;
    let old_one_served = renewed(context, "served", &like).await;
    shows(context, &old_one_served, 2).await;
    let removed = renewed(context, "removed", &like).await;
    context.apply(None, &Actor::Engine, &[Change::RemoveLineage(removed.id)]).await.unwrap();
    let given_back = renewed(context, "given back", &like).await;
    begins_to_give_back(context, &given_back).await;
    let keys = store.keys(scope).await.unwrap().len();

    turn(context).await;
    // Those that ended 100 days ago or more: the first eight. A deployment is closed a day after it began: the first nine.
    let eight: BTreeSet<Fingerprint> = (0..8).map(|number| Fingerprint::of(&leaf(&usual, number))).collect();
    let (versions, orders, deployments) = whole(context, usual.id).await;
    assert_eq!((versions.len(), orders, deployments), (12, 12, 11));
    assert!(versions.iter().all(|leaf| !eight.contains(leaf)));
    let (versions, orders, deployments) = whole(context, old_one_served.id).await;
    assert_eq!((versions.len(), orders, deployments), (13, 13, 11));
    assert!(versions.contains(&Fingerprint::of(&leaf(&old_one_served, 2))));
    assert_eq!(whole(context, removed.id).await.0.len(), 12);
    assert_eq!(whole(context, given_back.id).await.0.len(), 20);
    assert_eq!(store.keys(scope).await.unwrap().len(), keys - 8 - 7 - 8);

    let events = store.events_after(scope, 0, 10_000).await.unwrap();
    let of_kind = |kind: &str| events.iter().filter(|event| event.kind == kind).collect::<Vec<_>>();
    assert_eq!(of_kind("notafter.version.forgotten.v1").len(), 8 + 7 + 8);
    assert_eq!(
        of_kind("notafter.version.forgotten.v1")[0].data["why"],
        "it ended at 2026-06-08 03:00 UTC, is served nowhere, and nobody goes back to it"
    );
    let told = &of_kind("notafter.installation.history-cut.v1")[0].data;
    assert_eq!(*told, json!({ "versions": 23, "orders": 23, "deployments": 27, "keys": 23 }));

    // Years later: the present version, those that are kept, and the one that is served.
    context
        .apply(None, &Actor::Engine, &[Change::RemoveSecret(format!("take-over/{}", given_back.id))])
        .await
        .unwrap();
    context.clock.advance_to(context.clock.now() + Span::days(1000));
    for _ in 0..2 {
        turn(context).await;
        context.clock.advance_to(context.clock.now() + Span::days(1));
        assert_eq!(whole(context, usual.id).await, (newest(&usual, 4), 4, 1));
        assert_eq!(whole(context, old_one_served.id).await.0.len(), 5);
        assert_eq!(whole(context, removed.id).await, (Vec::new(), 0, 0));
        assert_eq!(whole(context, given_back.id).await, (newest(&given_back, 2), 2, 1));
    }
    store.verify_chain(scope).await.unwrap();
}

fn newest(lineage: &Lineage, count: u8) -> Vec<Fingerprint> {
    (0..count).map(|back| Fingerprint::of(&leaf(lineage, RENEWALS - 1 - back))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_long_enough_is_forgotten_and_what_is_needed_stays() {
    forgets(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_long_enough_is_forgotten_on_postgresql_too() {
    let Some(server) = Server::start("what_is_over_long_enough_is_forgotten_on_postgresql_too") else {
        return;
    };
    forgets(Some(server.url())).await;
}

/// A process may end at any instruction.
#[tokio::test(flavor = "multi_thread")]
async fn forgetting_that_is_broken_off_anywhere_leaves_every_lineage_whole() {
    let (_stage, installation, like) = stage(None).await;
    let context = &installation.context;
    let mut lineages = Vec::new();
    for number in 0..12 {
        lineages.push(renewed(context, &format!("shop{number}"), &like).await.id);
    }
    tasks::ensure(context).await.unwrap();
    let driver = Driver::new(Arc::clone(context));
    let (mut patience, mut broken_off) = (1, 0);
    loop {
        let ends = async {
            for _ in 0..patience {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            ran = driver.turn(tasks::find(retain::KIND).unwrap()) => {
                assert_eq!(ran.unwrap(), 1);
                break;
            }
            () = ends => broken_off += 1,
        }
        // As the next start does. What was broken off in its commit is there or not when this write has had its turn: read
        // before, a version was now and then still there and its order gone already.
        context.store.release_claims(context.clock.now()).await.unwrap();
        for lineage in &lineages {
            let (versions, orders, deployments) = whole(context, *lineage).await;
            let some = (versions.len(), orders, deployments);
            assert!([(20, 20, 20), (12, 12, 11)].contains(&some), "all or nothing: {some:?}");
        }
        patience += 1 + patience / 4;
    }
    assert!(broken_off > 3);
    for lineage in &lineages {
        assert_eq!(whole(context, *lineage).await.0.len(), 12);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_forgotten_where_history_is_kept_for_ever() {
    let clock = Clock::staged("2026-11-25T03:00:00Z".parse().unwrap());
    let mut stage = Stage::at(clock.clone()).await;
    stage.settings.keep_renewals_days = 0;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let like = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    let lineage = renewed(context, "usual", &like).await;
    clock.advance_to(clock.now() + Span::days(5000));
    turn(context).await;
    assert_eq!(whole(context, lineage.id).await.0.len(), usize::from(RENEWALS));
}
