//! Observations: changes are kept, sameness costs nothing.

use notafter_cert::{Fingerprint, Span, Time};
use notafter_inventory::model::{EndpointId, Subject};
use notafter_store::{Change, Looked, Scope, Store, TaskSubject};
use notafter_tls::observation::{FailureKind, Observation};
use notafter_tls::{Family, FamilyFailure, Resolution, ResolveError, ResolveFailure};

use crate::sample::{self, ENGINE, failed, served};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;
const A: &str = "192.0.2.1:443";
const B: &str = "[2001:db8::1]:443";

fn id() -> EndpointId {
    EndpointId::new(NOW, sample::random(1))
}

fn scan(at: Time, observations: Vec<Observation>) -> Looked {
    let addresses = observations.iter().map(|observation| observation.address).collect();
    Looked {
        lease: None,
        next_due: None,
        endpoint_id: id(),
        at,
        resolution: Ok(Resolution::known(addresses)),
        observations,
        changes: Vec::new(),
    }
}

async fn record(store: &Store, scan: Looked) -> bool {
    store.record_looks(&ALL, &[scan]).await.unwrap()[0]
}

fn no_answer(family: Family) -> FamilyFailure {
    FamilyFailure { family, kind: ResolveFailure::Timeout, detail: "no answer in 5 s".to_owned() }
}

#[test]
fn what_was_seen_comes_back_with_its_chain() {
    on_both("what_was_seen_comes_back_with_its_chain", |store| async move {
        assert_eq!(store.endpoint_state(&ALL, id()).await.unwrap(), None);
        let seen = vec![served(NOW, A, 1), failed(NOW, B, FailureKind::Refused, "connection refused")];
        assert!(record(&store, scan(NOW, seen.clone())).await);
        let state = store.endpoint_state(&ALL, id()).await.unwrap().unwrap();
        assert_eq!((state.looked_at, state.since), (NOW, NOW));
        let observations: Vec<_> = state.looks.into_iter().map(|look| look.observation).collect();
        assert_eq!(observations, seen);
        assert_eq!(store.certificate(&ALL, Fingerprint::of(&[1; 40])).await.unwrap(), Some(vec![1; 40]));
        assert_eq!(store.endpoint_states_after(&ALL, None, 10).await.unwrap().len(), 1);
        assert_eq!(store.endpoint_states_after(&ALL, Some(id()), 10).await.unwrap(), []);
    });
}

#[test]
fn sameness_moves_one_instant_and_adds_nothing() {
    on_both("sameness_moves_one_instant_and_adds_nothing", |store| async move {
        for hour in 0..50 {
            let at = NOW + Span::hours(hour);
            // The words of a failure differ each time; what they say does not.
            let detail = format!("no answer in {hour} ms");
            record(&store, scan(at, vec![served(at, A, 1), failed(at, B, FailureKind::Timeout, &detail)]))
                .await;
        }
        let state = store.endpoint_state(&ALL, id()).await.unwrap().unwrap();
        assert_eq!((state.looked_at, state.since), (NOW + Span::hours(49), NOW));
        assert_eq!(state.looks[0].observation.at, NOW + Span::hours(49));
        assert_eq!(store.look_changes(&ALL, id(), None, 100).await.unwrap().len(), 2);
    });
}

#[test]
fn each_change_of_each_address_is_history() {
    on_both("each_change_of_each_address_is_history", |store| async move {
        let hour = |hour| NOW + Span::hours(hour);
        record(&store, scan(hour(0), vec![served(hour(0), A, 1), served(hour(0), B, 1)])).await;
        record(&store, scan(hour(1), vec![served(hour(1), A, 2), served(hour(1), B, 1)])).await;
        record(&store, scan(hour(2), vec![served(hour(2), A, 2)])).await;
        let state = store.endpoint_state(&ALL, id()).await.unwrap().unwrap();
        assert_eq!((state.looks.len(), state.looks[0].since), (1, hour(1)));
        let history: Vec<_> = store
            .look_changes(&ALL, id(), None, 100)
            .await
            .unwrap()
            .into_iter()
            .map(|change| (change.at, change.address.to_string(), change.observation.is_some()))
            .collect();
        assert_eq!(
            history,
            [
                (hour(2), B.to_owned(), false),
                (hour(1), A.to_owned(), true),
                (hour(0), A.to_owned(), true),
                (hour(0), B.to_owned(), true),
            ]
        );
    });
}

#[test]
fn a_name_server_that_does_not_answer_takes_nothing_away() {
    on_both("a_name_server_that_does_not_answer_takes_nothing_away", |store| async move {
        record(&store, scan(NOW, vec![served(NOW, A, 1), served(NOW, B, 1)])).await;
        let later = NOW + Span::hours(1);
        let mut half = scan(later, vec![served(later, A, 1)]);
        if let Ok(resolution) = &mut half.resolution {
            resolution.failures.push(no_answer(Family::IPv6));
        }
        record(&store, half).await;
        assert_eq!(store.endpoint_state(&ALL, id()).await.unwrap().unwrap().looks.len(), 2);

        let error = ResolveError {
            host: "shop.example".to_owned(),
            failures: vec![no_answer(Family::IPv4), no_answer(Family::IPv6)],
        };
        let mut none = scan(NOW + Span::hours(2), Vec::new());
        none.resolution = Err(error.clone());
        record(&store, none).await;
        let state = store.endpoint_state(&ALL, id()).await.unwrap().unwrap();
        assert_eq!((state.looks.len(), state.resolution), (2, Err(error)));
    });
}

/// What was seen last was told to be as young as the last question to the name servers.
#[test]
fn what_was_seen_grows_older_while_the_name_does_not_resolve() {
    on_both("what_was_seen_grows_older_while_the_name_does_not_resolve", |store| async move {
        let hour = |hour| NOW + Span::hours(hour);
        let seen_at = |state: notafter_store::EndpointState| -> Vec<Time> {
            state.looks.iter().map(|look| look.observation.at).collect()
        };
        let state = async || store.endpoint_state(&ALL, id()).await.unwrap().unwrap();
        record(&store, scan(hour(0), vec![served(hour(0), A, 1), served(hour(0), B, 1)])).await;
        record(&store, scan(hour(1), vec![served(hour(1), A, 1), served(hour(1), B, 1)])).await;
        let half = |at| {
            let mut half = scan(at, vec![served(at, A, 1)]);
            if let Ok(resolution) = &mut half.resolution {
                resolution.failures.push(no_answer(Family::IPv6));
            }
            half
        };
        for at in [hour(2), hour(3)] {
            record(&store, half(at)).await;
            assert_eq!(seen_at(state().await), [at, hour(1)]);
        }
        for (at, families) in [
            (hour(4), &[Family::IPv4, Family::IPv6][..]),
            (hour(5), &[Family::IPv4, Family::IPv6]),
            (hour(6), &[Family::IPv4]),
        ] {
            let failures = families.iter().map(|family| no_answer(*family)).collect();
            let mut none = scan(at, Vec::new());
            none.resolution = Err(ResolveError { host: "shop.example".to_owned(), failures });
            record(&store, none).await;
            assert_eq!(state().await.looked_at, at);
            assert_eq!(seen_at(state().await), [hour(3), hour(1)]);
        }
        record(&store, scan(hour(7), vec![served(hour(7), A, 1), served(hour(7), B, 1)])).await;
        assert_eq!(seen_at(state().await), [hour(7), hour(7)]);
    });
}

fn endpoint_of(lease: &notafter_store::Lease) -> EndpointId {
    lease.subject.id().unwrap()
}

#[test]
fn a_batch_stores_what_is_held_and_skips_what_was_lost() {
    on_both("a_batch_stores_what_is_held_and_skips_what_was_lost", |store| async move {
        let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
        let endpoints: Vec<_> = (1..=3).map(|number| sample::endpoint(number, owner)).collect();
        let schedule: Vec<_> = endpoints
            .iter()
            .map(|endpoint| Change::Schedule {
                task: "scan",
                subject: TaskSubject::of(endpoint.id),
                due_at: NOW,
            })
            .collect();
        store.apply(&ALL, None, NOW, &ENGINE, &schedule).await.unwrap();
        let leases = store.claim("scan", NOW, 10, "slow", Span::minutes(1)).await.unwrap();
        // The first two are taken over by somebody faster; one of them is done, the other under way.
        let late = NOW + Span::minutes(2);
        let taken = store.claim("scan", late, 2, "fast", Span::minutes(1)).await.unwrap();
        let done = Change::Schedule {
            task: "scan",
            subject: taken[0].subject.clone(),
            due_at: late + Span::hours(1),
        };
        store.apply(&ALL, Some(&taken[0]), late, &ENGINE, &[done]).await.unwrap();

        let scans: Vec<Looked> = leases
            .iter()
            .map(|lease| Looked {
                endpoint_id: lease.subject.id().unwrap(),
                lease: Some(lease.clone()),
                next_due: Some(late + Span::hours(6)),
                changes: vec![Change::PutFinding(sample::finding(
                    endpoint_of(lease).as_bytes()[15],
                    owner,
                    Subject::Endpoint(lease.subject.id().unwrap()),
                ))],
                ..scan(late, vec![served(late, A, 1)])
            })
            .collect();
        let stored = store.record_looks(&ALL, &scans).await.unwrap();
        for (lease, stored) in leases.iter().zip(&stored) {
            let lost = taken.iter().any(|other| other.subject == lease.subject);
            assert_eq!(*stored, !lost);
            let state = store.endpoint_state(&ALL, lease.subject.id().unwrap()).await.unwrap();
            assert_eq!(state.is_some(), !lost);
        }
        assert_eq!(store.findings_open(&ALL).await.unwrap().len(), 1);
        let due = store.due(
            "scan",
            &scans[stored.iter().position(|stored| *stored).unwrap()].lease.as_ref().unwrap().subject,
        );
        assert_eq!(due.await.unwrap(), Some(late + Span::hours(6)));
    });
}
