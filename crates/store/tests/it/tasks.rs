//! Leases: one worker at a time, fenced; nothing that was asked for is forgotten.

use notafter_cert::{Fingerprint, Span, Trouble};
use notafter_inventory::model::EndpointId;
use notafter_store::{Change, Lease, Location, Scope, Store, TaskSubject};
use sqlx::Connection;

use crate::postgres::Server;
use crate::sample::{self, ENGINE};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;
const MINUTE: Span = Span::minutes(1);

fn subject(number: u8) -> TaskSubject {
    TaskSubject::of(EndpointId::new(NOW, sample::random(number)))
}

fn schedule(number: u8, at: Span) -> Change {
    Change::Schedule { task: "scan", subject: subject(number), due_at: NOW + at }
}

async fn apply(
    store: &Store,
    lease: Option<&Lease>,
    changes: &[Change],
) -> Result<(), notafter_store::StoreError> {
    store.apply(&ALL, lease, NOW, &ENGINE, changes).await
}

async fn claim(store: &Store, at: Span, limit: u32) -> Vec<Lease> {
    store.claim("scan", NOW + at, limit, "worker", MINUTE).await.unwrap()
}

#[test]
fn the_longest_due_come_first_and_once() {
    on_both("the_longest_due_come_first_and_once", |store| async move {
        let changes: Vec<_> =
            (1..=5).map(|number| schedule(number, Span::seconds(-i64::from(number)))).collect();
        apply(&store, None, &changes).await.unwrap();
        apply(&store, None, &[schedule(6, Span::hours(1))]).await.unwrap();
        let mut first: Vec<_> =
            claim(&store, Span::ZERO, 3).await.into_iter().map(|lease| lease.subject).collect();
        first.sort();
        assert_eq!(first, [subject(3), subject(4), subject(5)]);
        assert_eq!(claim(&store, Span::ZERO, 9).await.len(), 2);
        assert_eq!(claim(&store, Span::ZERO, 9).await, []);
        assert_eq!(store.next_due("scan").await.unwrap(), Some(NOW + MINUTE), "the end of the leases");
        assert_eq!(store.next_due("renew").await.unwrap(), None);
        let third: EndpointId = subject(3).id().unwrap();
        assert_eq!(third, EndpointId::new(NOW, [3; 10]));
    });
}

/// Looks that were planned while the clock was 400 days ahead were due 400 days later, and nothing said so.
#[test]
fn what_was_planned_while_the_clock_was_ahead_waits_from_now_on() {
    on_both("what_was_planned_while_the_clock_was_ahead_waits_from_now_on", |store| async move {
        let ahead = Span::days(400);
        store.note_clock(&ALL, NOW + ahead).await.unwrap();
        store.note_clock(&ALL, NOW).await.unwrap();
        assert_eq!(store.clock(&ALL).await.unwrap().unwrap().seen_at, NOW + ahead, "the latest");
        let waits = [
            (1, ahead + Span::hours(6), Span::hours(6)),
            (2, Span::hours(6), Span::ZERO),
            (3, -MINUTE, -MINUTE),
        ];
        apply(&store, None, &waits.map(|(number, at, _)| schedule(number, at))).await.unwrap();
        let before = store.verify_chain(&ALL).await.unwrap().last;
        apply(&store, None, &[Change::SetBackClock(ahead)]).await.unwrap();
        for (number, _, at) in waits {
            assert_eq!(store.due("scan", &subject(number)).await.unwrap(), Some(NOW + at), "{number}");
        }
        let known = store.clock(&ALL).await.unwrap().unwrap();
        assert_eq!((known.seen_at, known.set_back), (NOW, Some((NOW, ahead))));
        assert_eq!(store.verify_chain(&ALL).await.unwrap().last, before + 1, "the log says so");
    });
}

/// Other anchors are in force: nobody waits for the looks that were planned, also where one is under way by the old ones.
#[test]
fn what_is_brought_forward_is_due_now_and_what_is_claimed_again_after_it() {
    on_both("what_is_brought_forward_is_due_now_and_what_is_claimed_again_after_it", |store| async move {
        apply(&store, None, &[schedule(1, Span::ZERO), schedule(2, Span::hours(6)), schedule(3, -MINUTE)])
            .await
            .unwrap();
        let lease = store.claim_one("scan", &subject(1), NOW, "worker", MINUTE).await.unwrap().unwrap();
        let other = Change::Schedule { task: "renew", subject: subject(2), due_at: NOW + Span::hours(6) };
        apply(&store, None, &[other, Change::BringForward { task: "scan" }]).await.unwrap();
        assert_eq!(store.due("scan", &subject(2)).await.unwrap(), Some(NOW));
        assert_eq!(store.due("scan", &subject(3)).await.unwrap(), Some(NOW - MINUTE), "it was due before");
        assert_eq!(
            store.due("renew", &subject(2)).await.unwrap(),
            Some(NOW + Span::hours(6)),
            "another kind"
        );
        assert_eq!(store.due("scan", &subject(1)).await.unwrap(), Some(NOW + MINUTE), "its lease holds");
        apply(&store, Some(&lease), &[schedule(1, Span::days(1))]).await.unwrap();
        assert_eq!(store.due("scan", &subject(1)).await.unwrap(), Some(NOW), "and it is looked at again");
    });
}

#[test]
fn the_anchors_that_endpoints_were_judged_by_are_known_and_the_log_tells_when_they_change() {
    on_both(
        "the_anchors_that_endpoints_were_judged_by_are_known_and_the_log_tells_when_they_change",
        |store| async move {
            assert_eq!(store.trust(&ALL).await.unwrap(), None);
            let [first, second] = [[1; 32], [2; 32]].map(Fingerprint::from_bytes);
            let events = async || store.events_after(&ALL, 0, 9).await.unwrap();
            apply(&store, None, &[Change::PutTrust { anchors: first, replaces: None }]).await.unwrap();
            assert_eq!(store.trust(&ALL).await.unwrap(), Some(first));
            assert_eq!(events().await.len(), 0, "the first ones replace none");
            let replaces = Some(("house.pem".to_owned(), 3));
            apply(&store, None, &[Change::PutTrust { anchors: second, replaces }]).await.unwrap();
            assert_eq!(store.trust(&ALL).await.unwrap(), Some(second));
            let [event] = events().await.try_into().unwrap();
            assert_eq!(event.kind, "notafter.trust.changed.v1");
        },
    );
}

#[test]
fn a_worker_that_lost_its_lease_writes_nothing() {
    on_both("a_worker_that_lost_its_lease_writes_nothing", |store| async move {
        apply(&store, None, &[schedule(1, Span::ZERO)]).await.unwrap();
        let [old] = claim(&store, Span::ZERO, 9).await.try_into().unwrap();
        let [new] = claim(&store, MINUTE, 9).await.try_into().unwrap();
        assert_eq!(new.epoch, old.epoch + 1);
        let event = Change::Event {
            kind: "notafter.endpoint.scanned.v1".to_owned(),
            subject: notafter_inventory::model::Subject::Installation,
            data: serde_json::json!({}),
        };
        let error = apply(&store, Some(&old), std::slice::from_ref(&event)).await.unwrap_err();
        assert_eq!(error.code(), "store.lease-lost");
        assert_eq!(store.extend(&old, NOW + Span::hours(1)).await.unwrap_err().code(), "store.lease-lost");
        assert_eq!(store.events_after(&ALL, 0, 9).await.unwrap().len(), 0, "nothing of it");
        apply(&store, Some(&new), &[event, schedule(1, Span::hours(2))]).await.unwrap();
        assert_eq!(store.due("scan", &subject(1)).await.unwrap(), Some(NOW + Span::hours(2)));
        // Released: the lease is over, also for its holder.
        assert_eq!(apply(&store, Some(&new), &[]).await.unwrap_err().code(), "store.lease-lost");
    });
}

#[test]
fn an_expired_lease_holds_until_somebody_else_claims() {
    on_both("an_expired_lease_holds_until_somebody_else_claims", |store| async move {
        apply(&store, None, &[schedule(1, Span::ZERO)]).await.unwrap();
        let [lease] = claim(&store, Span::ZERO, 9).await.try_into().unwrap();
        let holder = || async { store.planned("scan", &subject(1)).await.unwrap().unwrap().holder };
        assert!(holder().await.is_some());
        let longer = store.extend(&lease, NOW + Span::minutes(5)).await.unwrap();
        assert_eq!(claim(&store, Span::minutes(4), 9).await, []);
        apply(&store, Some(&longer), &[schedule(1, Span::hours(1))]).await.unwrap();
        assert_eq!(holder().await, None, "it was put back");
    });
}

#[test]
fn what_is_asked_for_meanwhile_is_not_forgotten() {
    on_both("what_is_asked_for_meanwhile_is_not_forgotten", |store| async move {
        apply(&store, None, &[schedule(1, Span::ZERO)]).await.unwrap();
        let [lease] = claim(&store, Span::ZERO, 9).await.try_into().unwrap();
        // A person asks for it in ten seconds, then again later; the holder plans the next one for tomorrow.
        apply(&store, None, &[schedule(1, Span::seconds(10))]).await.unwrap();
        apply(&store, None, &[schedule(1, Span::seconds(50))]).await.unwrap();
        assert_eq!(claim(&store, Span::seconds(30), 9).await, [], "not while it is claimed");
        apply(&store, Some(&lease), &[schedule(1, Span::days(1))]).await.unwrap();
        assert_eq!(store.due("scan", &subject(1)).await.unwrap(), Some(NOW + Span::seconds(10)));
        // Without a holder, the newest word counts.
        apply(&store, None, &[schedule(1, Span::days(3))]).await.unwrap();
        assert_eq!(store.due("scan", &subject(1)).await.unwrap(), Some(NOW + Span::days(3)));
        assert_eq!(store.overdue("scan", NOW + Span::days(4)).await.unwrap(), 1);
        apply(&store, None, &[Change::Unschedule { task: "scan", subject: subject(1) }]).await.unwrap();
        assert_eq!(store.due("scan", &subject(1)).await.unwrap(), None);
    });
}

async fn claim_all(store: Store) -> Vec<TaskSubject> {
    let mut mine = Vec::new();
    loop {
        let leases = store.claim("scan", NOW, 7, "worker", MINUTE).await.unwrap();
        if leases.is_empty() {
            return mine;
        }
        mine.extend(leases.into_iter().map(|lease| lease.subject));
    }
}

#[test]
fn workers_in_parallel_never_share_a_task() {
    on_both("workers_in_parallel_never_share_a_task", |store| async move {
        let changes: Vec<_> = (0..100).map(|number| schedule(number, Span::ZERO)).collect();
        apply(&store, None, &changes).await.unwrap();
        let workers: Vec<_> = (0..8).map(|_| tokio::spawn(claim_all(store.clone()))).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        all.sort();
        let claimed = all.len();
        all.dedup();
        assert_eq!((claimed, all.len()), (100, 100));
    });
}

/// A worker holds its task and waits for the event log, a person holds the log and waits for the task: one of both was ended,
/// and heard that the database does not answer.
#[test]
fn whoever_is_ended_by_a_deadlock_writes_again() {
    let Some(server) = Server::start("whoever_is_ended_by_a_deadlock_writes_again") else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&Location::Postgres(server.url()), NOW).await.unwrap();
        apply(&store, None, &[schedule(1, Span::ZERO)]).await.unwrap();
        let mut worker = sqlx::PgConnection::connect(&server.url()).await.unwrap();
        // PostgreSQL ends whoever notices the deadlock, and that shall be the other one.
        for sql in
            ["SET deadlock_timeout = '1h'", "BEGIN", "SELECT 1 FROM tasks WHERE kind = 'scan' FOR UPDATE"]
        {
            sqlx::raw_sql(sql).execute(&mut worker).await.unwrap();
        }
        let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap();
        let person = tokio::spawn({
            let (store, changes) = (store.clone(), [Change::PutOwner(owner), schedule(1, Span::hours(1))]);
            async move { apply(&store, None, &changes).await }
        });
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut worker).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("SELECT 1 FROM organisations FOR UPDATE").execute(&mut worker).await.unwrap();
        sqlx::raw_sql("COMMIT").execute(&mut worker).await.unwrap();
        person.await.unwrap().unwrap();
        assert_eq!(store.due("scan", &subject(1)).await.unwrap(), Some(NOW + Span::hours(1)));
        store.close().await;
    });
}
