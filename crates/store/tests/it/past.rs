//! The past of lineages: it is found by its age, and what goes is gone, and nothing else.

use std::collections::BTreeSet;

use notafter_cert::{Fingerprint, Span, Time};
use notafter_inventory::model::{
    Deployment, DeploymentId, EndpointId, KeyId, Lineage, LineageId, Order, OwnerId, Place, Version,
    VersionId,
};
use notafter_store::{Change, Holds, Looked, Scope, Store};
use notafter_tls::Resolution;

use crate::sample::{self, ENGINE, served};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

fn day(day: i64) -> Time {
    NOW + Span::days(day)
}

async fn apply(store: &Store, at: Time, changes: &[Change]) {
    store.apply(&ALL, None, at, &ENGINE, changes).await.unwrap();
}

async fn owner(store: &Store) -> OwnerId {
    store.owner_named(&ALL, "default").await.unwrap().unwrap().id
}

fn version(at: Time, number: u8, lineage: LineageId) -> Version {
    Version { id: VersionId::new(at, sample::random(number)), ..sample::version(number, lineage) }
}

fn order(at: Time, number: u8, lineage: LineageId, closed: bool) -> Order {
    Order { closed_at: closed.then_some(at), ..sample::order(at, number, lineage) }
}

fn deployment(at: Time, number: u8, place: &Place, closed: bool) -> Deployment {
    let id = DeploymentId::new(at, sample::random(number));
    Deployment { id, closed_at: closed.then_some(at), ..sample::deployment(number, place) }
}

/// Ten days of a lineage at one place, something new every day.
async fn ten_days(store: &Store, number: u8) -> (Lineage, Place) {
    let lineage = sample::lineage(number, owner(store).await);
    let place = sample::place(number, &lineage);
    let mut changes = vec![Change::PutLineage(lineage.clone()), Change::PutPlace(place.clone())];
    for one in 0..10 {
        let at = day(i64::from(one));
        let number = 10 * number + one;
        changes.extend([
            Change::PutVersion(version(at, number, lineage.id)),
            Change::PutOrder(order(at, number, lineage.id, one != 1)),
            Change::PutDeployment(deployment(at, number, &place, one != 2)),
        ]);
    }
    apply(store, NOW, &changes).await;
    (lineage, place)
}

#[test]
fn lineages_have_a_past_once_something_of_them_is_old_removed_ones_too() {
    on_both("lineages_have_a_past_once_something_of_them_is_old", |store| async move {
        let (present, _) = ten_days(&store, 1).await;
        let (removed, _) = ten_days(&store, 2).await;
        let open = sample::lineage(3, owner(&store).await);
        let under_way = Change::PutOrder(order(day(0), 99, open.id, false));
        apply(&store, NOW, &[Change::RemoveLineage(removed.id), Change::PutLineage(open), under_way]).await;
        assert_eq!(store.lineages_with_a_past(&ALL, day(0)).await.unwrap(), []);
        let expected = [present.id, removed.id];
        assert_eq!(store.lineages_with_a_past(&ALL, day(1)).await.unwrap(), expected);
    });
}

#[test]
fn a_past_is_what_is_old_or_open_and_the_newest_at_each_place() {
    on_both("a_past_is_what_is_old_or_open_and_the_newest_at_each_place", |store| async move {
        let (lineage, place) = ten_days(&store, 1).await;
        ten_days(&store, 2).await;
        let past = store.past_of(&ALL, lineage.id, day(2)).await.unwrap();
        assert_eq!(past.versions.len(), 10, "each, so that it is known which are the newest");
        let days = |ids: Vec<[u8; 16]>| {
            let day_of = |id: &[u8; 16]| id[6 + 9] % 10;
            let mut days: Vec<u8> = ids.iter().map(day_of).collect();
            days.sort_unstable();
            days
        };
        // Orders 0 and 1 are old, 1 is open as well.
        assert_eq!(days(past.orders.iter().map(|one| *one.id.as_bytes()).collect()), [0, 1]);
        // Deployments 0 and 1 are old, 2 is open, 7 to 9 are the newest.
        let deployments = past.deployments.iter().map(|one| *one.id.as_bytes()).collect();
        assert_eq!(days(deployments), [0, 1, 2, 7, 8, 9]);
        assert_eq!(past.places, BTreeSet::from([place.id]));
        apply(&store, NOW, &[Change::RemovePlace(place.id)]).await;
        assert_eq!(store.past_of(&ALL, lineage.id, day(2)).await.unwrap().places, BTreeSet::new());
    });
}

#[test]
fn what_is_removed_is_gone_and_what_is_open_is_not_removed() {
    on_both("what_is_removed_is_gone_and_what_is_open_is_not_removed", |store| async move {
        let (lineage, _) = ten_days(&store, 1).await;
        let past = store.past_of(&ALL, lineage.id, day(100)).await.unwrap();
        let all: Vec<Change> = past
            .versions
            .iter()
            .map(|one| Change::RemoveVersion(one.id))
            .chain(past.orders.iter().map(|one| Change::RemoveOrder(one.id)))
            .chain(past.deployments.iter().map(|one| Change::RemoveDeployment(one.id)))
            .collect();
        assert_eq!(all.len(), 30);
        for _ in 0..2 {
            apply(&store, day(11), &all).await;
            let left = store.past_of(&ALL, lineage.id, day(100)).await.unwrap();
            assert_eq!(left.versions, []);
            assert_eq!(left.orders.iter().map(|one| one.closed_at).collect::<Vec<_>>(), [None]);
            assert_eq!(left.deployments.iter().map(|one| one.closed_at).collect::<Vec<_>>(), [None]);
        }
    });
}

#[test]
fn a_leaf_is_served_while_an_address_showed_it_last() {
    on_both("a_leaf_is_served_while_an_address_showed_it_last", |store| async move {
        let endpoint = sample::endpoint(1, owner(&store).await);
        let id: EndpointId = endpoint.id;
        apply(&store, NOW, &[Change::PutEndpoint(endpoint)]).await;
        let look = async |at: Time, leaf: u8| {
            let observations = vec![served(at, "192.0.2.1:443", leaf)];
            let resolution = Ok(Resolution::known(vec![observations[0].address]));
            let (lease, next_due, changes) = (None, None, Vec::new());
            let looked = Looked { lease, next_due, endpoint_id: id, at, resolution, observations, changes };
            store.record_looks(&ALL, &[looked]).await.unwrap();
        };
        let leaf = |number: u8| Fingerprint::of(&[number; 40]);
        let among = async || store.served_among(&ALL, [leaf(1), leaf(2), leaf(3)]).await.unwrap();
        assert_eq!(among().await, BTreeSet::new());
        look(day(0), 1).await;
        assert_eq!(among().await, BTreeSet::from([leaf(1)]));
        look(day(1), 2).await;
        assert_eq!(among().await, BTreeSet::from([leaf(2)]), "not what it showed before");
        let intermediate = Fingerprint::of(&[0xca; 60]);
        assert_eq!(store.served_among(&ALL, [intermediate]).await.unwrap(), BTreeSet::new());
        assert_eq!(store.served_among(&ALL, []).await.unwrap(), BTreeSet::new());
    });
}

#[test]
fn what_is_left_of_destroyed_keys_goes_in_its_time_and_no_other_key() {
    on_both("what_is_left_of_destroyed_keys_goes_in_its_time", |store| async move {
        let key = |number: u8| KeyId::new(NOW, sample::random(number));
        let put = |number: u8| Change::PutKey {
            id: key(number),
            holds: Holds::CertificateKey,
            kek_id: "aa".to_owned(),
            sealed: b"sealed".to_vec(),
        };
        apply(&store, NOW, &[put(1), put(2), put(3)]).await;
        apply(&store, day(5), &[Change::DestroyKey(key(1))]).await;
        apply(&store, day(9), &[Change::DestroyKey(key(2))]).await;
        assert_eq!(store.cut_destroyed_keys(&ALL, day(5)).await.unwrap(), 0);
        assert_eq!(store.cut_destroyed_keys(&ALL, day(6)).await.unwrap(), 1);
        assert_eq!(store.cut_destroyed_keys(&ALL, day(6)).await.unwrap(), 0);
        let there = async |number: u8| store.key(&ALL, key(number)).await.unwrap().is_some();
        assert_eq!([there(1).await, there(2).await, there(3).await], [false, true, true]);
        assert_eq!(store.cut_destroyed_keys(&ALL, day(5000)).await.unwrap(), 1);
        assert!(there(3).await);
    });
}
