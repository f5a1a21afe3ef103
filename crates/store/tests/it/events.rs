//! The event log: without gaps, chained, cut in segments.

use notafter_cert::{Span, Trouble};
use notafter_inventory::log::Chained;
use notafter_inventory::model::{Actor, Subject};
use notafter_store::{Change, Events, Place, Scope, Store};

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
            store.events_of(&ALL, &Subject::Named("thing 1".to_owned()), None, 100).await.unwrap().len(),
            30
        );
    });
}

/// A writer between the walk and the head, or a cut between the last one and the walk, made an intact log a broken one:
/// `retain` and `doctor` run beside both.
#[test]
fn a_log_that_is_written_and_cut_meanwhile_is_intact() {
    on_both("a_log_that_is_written_and_cut_meanwhile_is_intact", |store| async move {
        append(&store, 0, 40).await;
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let store = store.clone();
                tokio::spawn(async move { append(&store, 100 + writer * 100, 60).await })
            })
            .collect();
        let cutter = tokio::spawn({
            let store = store.clone();
            async move {
                for through in 1..=40 {
                    store.cut_events(&ALL, through, NOW).await.unwrap();
                }
            }
        });
        let (mut walks, mut last) = (0, 0);
        while walks < 20
            || !(cutter.is_finished() && writers.iter().all(tokio::task::JoinHandle::is_finished))
        {
            let chain = store.verify_chain(&ALL).await.unwrap();
            assert!(chain.last >= last && chain.cut <= 40, "{chain:?} after {last}");
            (walks, last) = (walks + 1, chain.last);
        }
        cutter.await.unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
        let chain = store.verify_chain(&ALL).await.unwrap();
        assert_eq!((chain.cut, chain.last), (40, 220));
    });
}

/// It took one transaction, for which every writer waited.
#[test]
fn a_long_log_is_cut_in_pieces_that_hang_on_each_other() {
    on_both("a_long_log_is_cut_in_pieces_that_hang_on_each_other", |store| async move {
        let many: Vec<Change> = (0..2500).map(event).collect();
        store.apply(&ALL, None, NOW, &ENGINE, &many).await.unwrap();
        let whole = store.verify_chain(&ALL).await.unwrap();
        assert_eq!(store.cut_events(&ALL, 2300, NOW).await.unwrap(), 2300);
        let left = store.verify_chain(&ALL).await.unwrap();
        assert_eq!((left.cut, left.last, &left.hash), (2300, whole.last, &whole.hash));
        assert_eq!(store.events_after(&ALL, 0, 1).await.unwrap()[0].sequence, 2301);
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
        assert_eq!(store.events_of(&ALL, &Subject::Named("nobody".to_owned()), None, 1).await.unwrap(), []);
        assert_eq!(notafter_store::StoreError::Chain(3).code(), "store.chain-broken");
    });
}

/// A search reads a bounded part of the log, and says from where to go on.
#[test]
fn a_search_goes_on_where_it_ended_and_finds_every_entry_once() {
    on_both("a_search_goes_on_where_it_ended_and_finds_every_entry_once", |store| async move {
        append(&store, 0, 60).await;
        let odd = Events { subject: Some(Subject::Named("thing 1".to_owned())), ..Events::default() };
        // `{"number":7}`
        let word = Events { search: "HAPPENED :7}".to_owned(), ..Events::default() };
        let kind = Events { kind: Some("test.*".to_owned()), ..Events::default() };
        for (wanted, many) in [(odd, 30), (word, 1), (kind, 60)] {
            let (mut up, mut down) = (Vec::new(), Vec::new());
            let mut next = Some(0);
            while let Some(after) = next {
                let found = store.search_events(&ALL, &wanted, Place::After(after), 7).await.unwrap();
                up.extend(found.entries.into_iter().map(|entry| entry.sequence));
                next = found.next;
            }
            let mut next = Some(i64::MAX);
            while let Some(before) = next {
                let found = store.search_events(&ALL, &wanted, Place::Before(Some(before)), 7).await.unwrap();
                down.extend(found.entries.into_iter().map(|entry| entry.sequence));
                next = found.next;
            }
            down.reverse();
            assert_eq!((up.len(), &up), (many, &down), "{wanted:?}");
        }
        let between = Events {
            kind: Some("test.happened".to_owned()),
            from: Some(NOW + Span::seconds(10)),
            until: Some(NOW + Span::seconds(20)),
            ..Events::default()
        };
        let found = store.chained_events(&ALL, &between, Place::Before(None), 100).await.unwrap();
        assert_eq!((found.entries.len(), found.next), (10, None));
        assert!(found.entries.iter().all(Chained::is_intact));
        let by = |actor: &str| Events { actor: Some(actor.to_owned()), ..between.clone() };
        let found = store.search_events(&ALL, &by("notafter"), Place::After(0), 100).await.unwrap();
        assert_eq!(found.entries.len(), 10);
        let found = store.search_events(&ALL, &by("ada"), Place::After(0), 100).await.unwrap();
        assert_eq!(found.entries.len(), 0);
    });
}
