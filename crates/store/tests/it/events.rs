//! The event log: without gaps, chained, cut in segments.

use notafter_cert::{Span, Trouble};
use notafter_inventory::model::{Actor, Subject};
use notafter_store::{Change, Scope, Store};

use crate::sample::{self, ENGINE};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

fn event(number: i64) -> Change {
    Change::Event {
        kind: "notafter.test.happened.v1".to_owned(),
        subject: Subject::Named(format!("thing {}", number % 2)),
        data: serde_json::json!({ "number": number }),
    }
}

async fn append(store: &Store, from: i64, count: i64) {
    for number in from..from + count {
        store.apply(&ALL, None, NOW + Span::seconds(number), &ENGINE, &[event(number)]).await.unwrap();
    }
}

#[test]
fn writers_in_parallel_leave_no_gap() {
    on_both("writers_in_parallel_leave_no_gap", |store| async move {
        let writers: Vec<_> = (0..6)
            .map(|writer| {
                let store = store.clone();
                tokio::spawn(async move { append(&store, writer * 10, 10).await })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let events = store.events_after(&ALL, 0, 1000).await.unwrap();
        let sequence: Vec<i64> = events.iter().map(|event| event.sequence).collect();
        let last = i64::try_from(events.len()).unwrap();
        assert_eq!(sequence, (1..=last).collect::<Vec<_>>());
        let chain = store.verify_chain(&ALL).await.unwrap();
        assert_eq!((chain.cut, chain.last), (0, last));
        assert_eq!(
            store.events_of(&ALL, &Subject::Named("thing 1".to_owned()), 100).await.unwrap().len(),
            30
        );
    });
}

#[test]
fn retention_cuts_segments_and_the_rest_still_hangs_on_them() {
    on_both("retention_cuts_segments_and_the_rest_still_hangs_on_them", |store| async move {
        append(&store, 0, 20).await;
        let last = store.verify_chain(&ALL).await.unwrap().last;
        assert_eq!(store.cut_events(&ALL, 5, NOW).await.unwrap(), 5);
        assert_eq!(store.cut_events(&ALL, 12, NOW).await.unwrap(), 7);
        assert_eq!(store.cut_events(&ALL, 12, NOW).await.unwrap(), 0);
        append(&store, 20, 3).await;
        let chain = store.verify_chain(&ALL).await.unwrap();
        assert_eq!((chain.cut, chain.last), (12, last + 3));
        assert_eq!(
            store.cut_events(&ALL, i64::MAX, NOW).await.unwrap(),
            11 + u64::try_from(last - 20).unwrap()
        );
        append(&store, 30, 1).await;
        assert_eq!(store.verify_chain(&ALL).await.unwrap().last, last + 4);
    });
}

#[test]
fn what_people_do_is_written_down_without_secrets() {
    on_both("what_people_do_is_written_down_without_secrets", |store| async move {
        let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
        let changes = [
            Change::PutLineage(sample::lineage(1, owner)),
            Change::PutSecret { name: "smtp".to_owned(), kek_id: "aa".to_owned(), sealed: b"xyzzy".to_vec() },
            Change::RemoveEndpoint(sample::endpoint(1, owner).id),
        ];
        store.apply(&ALL, None, NOW, &Actor::Person("ada".to_owned()), &changes).await.unwrap();
        store.apply(&ALL, None, NOW, &ENGINE, &changes[..1]).await.unwrap();
        let events = store.events_after(&ALL, 0, 100).await.unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(
            kinds,
            ["notafter.lineage.put.v1", "notafter.secret.sealed.v1", "notafter.endpoint.removed.v1"]
        );
        assert!(events.iter().all(|event| event.actor == Actor::Person("ada".to_owned())));
        assert!(!serde_json::to_string(&events).unwrap().contains("xyzzy"));
        assert_eq!(store.verify_chain(&ALL).await.unwrap().last, 3);
        assert_eq!(store.events_of(&ALL, &Subject::Named("nobody".to_owned()), 1).await.unwrap(), []);
        assert_eq!(notafter_store::StoreError::Chain(3).code(), "store.chain-broken");
    });
}
