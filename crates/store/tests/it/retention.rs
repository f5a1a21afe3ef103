//! What is kept long enough goes; what is open stays; the log holds together over every cut.

use notafter_cert::{Fingerprint, Span, Time};
use notafter_inventory::model::{
    Actor, Alert, AlertId, ChannelId, Delivery, DeliveryId, EndpointId, Finding, FindingId, FindingState,
    OwnerId, Subject,
};
use notafter_store::{Change, Looked, Scope, Store};
use notafter_tls::Resolution;
use notafter_tls::observation::{FailureKind, Observation};
use serde_json::json;

use crate::sample::{self, ENGINE, served};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

fn day(day: i64) -> Time {
    NOW + Span::days(day)
}

async fn apply(store: &Store, at: Time, changes: &[Change]) {
    store.apply(&ALL, None, at, &ENGINE, changes).await.unwrap();
}

#[test]
fn the_log_is_cut_by_age_and_goes_on_hanging_together() {
    on_both("the_log_is_cut_by_age_and_goes_on_hanging_together", |store| async move {
        for number in 0..10 {
            let kind = "notafter.test.happened.v1".to_owned();
            let event =
                Change::Event { kind, subject: Subject::Installation, data: json!({ "day": number }) };
            store.apply(&ALL, None, day(number), &Actor::Engine, &[event]).await.unwrap();
        }
        let whole = store.verify_chain(&ALL).await.unwrap();
        assert_eq!(store.events_end(&ALL, day(0)).await.unwrap(), whole.last - 10);
        let through = store.events_end(&ALL, day(4)).await.unwrap();
        assert_eq!(through, whole.last - 6);
        assert_eq!(store.cut_events(&ALL, through, day(20)).await.unwrap(), through.cast_unsigned());
        let cut = store.verify_chain(&ALL).await.unwrap();
        assert_eq!((cut.cut, cut.last, &cut.hash), (through, whole.last, &whole.hash));
        assert_eq!(store.cut_events(&ALL, through, day(20)).await.unwrap(), 0);
        let all_old = store.events_end(&ALL, day(100)).await.unwrap();
        assert_eq!(store.cut_events(&ALL, all_old, day(20)).await.unwrap(), 6);
        assert_eq!(store.verify_chain(&ALL).await.unwrap().hash, whole.hash);
    });
}

#[test]
fn what_an_address_showed_goes_when_it_is_over_long_enough_and_what_it_shows_stays() {
    on_both("what_an_address_showed_goes_when_it_is_over_long_enough", |store| async move {
        const A: &str = "192.0.2.1:443";
        const B: &str = "192.0.2.2:443";
        let endpoint = sample::endpoint(1, owner(&store).await);
        let id: EndpointId = endpoint.id;
        apply(&store, NOW, &[Change::PutEndpoint(endpoint)]).await;
        let look = async |at: Time, observations: Vec<Observation>| {
            let addresses = observations.iter().map(|observation| observation.address).collect();
            let resolution = Ok(Resolution::known(addresses));
            let (lease, next_due, changes) = (None, None, Vec::new());
            let looked = Looked { lease, next_due, endpoint_id: id, at, resolution, observations, changes };
            store.record_looks(&ALL, &[looked]).await.unwrap();
        };
        look(day(0), vec![served(day(0), A, 1), served(day(0), B, 7)]).await;
        look(day(10), vec![served(day(10), A, 2), served(day(10), B, 7)]).await;
        look(day(20), vec![served(day(20), B, 7)]).await;
        look(day(30), vec![served(day(30), A, 3), served(day(30), B, 7)]).await;
        // A: 1 from 0 to 10, 2 from 10 to 20, nothing from 20 to 30, 3 now; B: 7 now.
        let kept = async || store.look_changes(&ALL, id, None, 100).await.unwrap().len();
        assert_eq!(kept().await, 5);
        assert_eq!(store.cut_look_changes(&ALL, day(10)).await.unwrap(), 0, "it ended on that day");
        assert_eq!(store.cut_look_changes(&ALL, day(15)).await.unwrap(), 1);
        assert_eq!(store.cut_look_changes(&ALL, day(15)).await.unwrap(), 0);
        assert_eq!(store.cut_look_changes(&ALL, day(500)).await.unwrap(), 2);
        assert_eq!(kept().await, 2, "what is served now, however old");
        let state = store.endpoint_state(&ALL, id).await.unwrap().unwrap();
        assert_eq!(state.looks.len(), 2);
    });
}

async fn owner(store: &Store) -> OwnerId {
    store.owner_named(&ALL, "default").await.unwrap().unwrap().id
}

fn alert(number: u8, owner: OwnerId, findings: &[FindingId], closed_at: Option<Time>) -> Alert {
    let state = if closed_at.is_some() { "closed" } else { "open" };
    let json = json!({
        "id": AlertId::new(NOW, sample::random(number)), "owner_id": owner, "root": Subject::Installation,
        "severity": "warning", "peak": "warning", "findings": findings, "state": state, "opened_at": NOW,
        "quiet_since": null, "closed_at": closed_at, "rung": 0, "told": [], "acknowledged": null,
    });
    serde_json::from_value(json).unwrap()
}

fn delivery(number: u8, owner: OwnerId, alert: Option<&Alert>, state: &str) -> Delivery {
    let json = json!({
        "id": DeliveryId::new(NOW, sample::random(number)), "owner_id": owner,
        "alert_id": alert.map(|alert| alert.id), "channel_id": ChannelId::new(NOW, sample::random(1)), "to": null,
        "purpose": "digest", "message": { "subject": "s", "body": "b", "data": null }, "code": null,
        "state": state, "attempts": [], "next_at": null, "created_at": NOW,
    });
    serde_json::from_value(json).unwrap()
}

#[test]
fn closed_findings_and_messages_go_and_open_ones_stay_however_old() {
    on_both("closed_findings_and_messages_go_and_open_ones_stay_however_old", |store| async move {
        let owner = owner(&store).await;
        let finding = |number: u8, closed: Option<Time>| {
            let state = if closed.is_some() { FindingState::Closed } else { FindingState::Open };
            let subject = Subject::Named(format!("subject {number}"));
            Finding { state, closed_at: closed, ..sample::finding(number, owner, subject) }
        };
        let (open, of_open_alert) = (finding(1, None), finding(2, Some(day(1))));
        let (old, young) = (finding(3, Some(day(1))), finding(4, Some(day(50))));
        let standing = alert(1, owner, &[of_open_alert.id], None);
        let over = alert(2, owner, &[old.id], Some(day(1)));
        let recent = alert(3, owner, &[young.id], Some(day(50)));
        let mut changes: Vec<Change> =
            [&open, &of_open_alert, &old, &young].into_iter().cloned().map(Change::PutFinding).collect();
        changes.extend([&standing, &over, &recent].into_iter().cloned().map(Change::PutAlert));
        let deliveries = [
            delivery(1, owner, Some(&standing), "accepted"),
            delivery(2, owner, Some(&over), "accepted"),
            delivery(3, owner, None, "pending"),
            delivery(4, owner, None, "failed"),
        ];
        changes.extend(deliveries.iter().cloned().map(Change::PutDelivery));
        apply(&store, NOW, &changes).await;

        assert_eq!(store.cut_findings(&ALL, day(40)).await.unwrap(), 1);
        assert_eq!(store.cut_messages(&ALL, day(40)).await.unwrap(), 3, "two messages and one alert");
        for (kept, id) in [(true, open.id), (true, of_open_alert.id), (false, old.id), (true, young.id)] {
            assert_eq!(store.finding(&ALL, id).await.unwrap().is_some(), kept, "{id}");
        }
        for (kept, delivery) in [true, false, true, false].into_iter().zip(&deliveries) {
            assert_eq!(store.delivery(&ALL, delivery.id).await.unwrap().is_some(), kept, "{}", delivery.id);
        }
        for (kept, alert) in [true, false, true].into_iter().zip([&standing, &over, &recent]) {
            assert_eq!(store.alert(&ALL, alert.id).await.unwrap().is_some(), kept, "{}", alert.id);
        }
        assert_eq!(store.cut_findings(&ALL, day(40)).await.unwrap(), 0);
    });
}

/// A certificate stayed for ever once it was seen.
#[test]
fn certificates_go_with_the_last_that_tells_of_them() {
    on_both("certificates_go_with_the_last_that_tells_of_them", |store| async move {
        const A: &str = "192.0.2.1:443";
        let endpoint = sample::endpoint(1, owner(&store).await);
        let id: EndpointId = endpoint.id;
        apply(&store, NOW, &[Change::PutEndpoint(endpoint)]).await;
        let look = async |at: Time, observation: Observation| {
            let resolution = Ok(Resolution::known(vec![observation.address]));
            let observations = vec![observation];
            let (lease, next_due, changes) = (None, None, Vec::new());
            let looked = Looked { lease, next_due, endpoint_id: id, at, resolution, observations, changes };
            store.record_looks(&ALL, &[looked]).await.unwrap();
        };
        for number in 0..4 {
            look(day(10 * i64::from(number)), served(day(10 * i64::from(number)), A, number)).await;
        }
        look(day(40), sample::failed(day(40), A, FailureKind::Refused, "refused")).await;
        let there = async || {
            let mut leaves = Vec::new();
            for number in 0..4 {
                if store.certificate(&ALL, Fingerprint::of(&[number; 40])).await.unwrap().is_some() {
                    leaves.push(number);
                }
            }
            leaves
        };
        let cut = async |before: i64| {
            let rows = store.cut_look_changes(&ALL, day(before)).await.unwrap();
            (rows, store.cut_certificates(&ALL, day(1000)).await.unwrap())
        };
        assert_eq!((cut(5).await, there().await), ((0, 0), vec![0, 1, 2, 3]));
        assert_eq!((cut(25).await, there().await), ((2, 2), vec![2, 3]));
        assert_eq!(store.look_changes(&ALL, id, None, 10).await.unwrap().len(), 3, "each with its chain");
        // The last of them takes the intermediate along.
        assert_eq!((cut(500).await, there().await), ((2, 3), vec![]));
        assert_eq!(store.cut_certificates(&ALL, day(1000)).await.unwrap(), 0);
        look(day(600), served(day(600), A, 1)).await;
        assert_eq!(store.cut_certificates(&ALL, day(601)).await.unwrap(), 0);
        apply(&store, day(602), &[Change::RemoveEndpoint(id)]).await;
        assert_eq!(store.cut_look_changes(&ALL, day(700)).await.unwrap(), 1);
        assert_eq!(store.cut_certificates(&ALL, day(700)).await.unwrap(), 2);
    });
}
