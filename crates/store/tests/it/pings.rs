//! Pings of other people's jobs.

use notafter_cert::Span;
use notafter_inventory::model::{OwnerId, Ping, Pings, Says};
use notafter_store::{Change, Scope, StoreError};

use crate::sample::{self, ENGINE};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

/// Of two that came at the same moment, the one that is written last must not undo the other.
#[test]
fn pings_are_written_upon_those_that_were_read() {
    on_both("pings_are_written_upon_those_that_were_read", |store| async move {
        let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
        let lineage = sample::lineage(1, owner);
        let put = async |changes: &[Change]| store.apply(&ALL, None, NOW, &ENGINE, changes).await;
        put(&[Change::PutLineage(lineage.clone())]).await.unwrap();
        assert_eq!(store.pings(&ALL, lineage.id).await.unwrap(), None);
        let first = Pings::new(lineage.id, NOW);
        let new = |after: &Pings| Change::PutPings { before: None, after: after.clone() };
        put(&[new(&first)]).await.unwrap();
        assert!(matches!(put(&[new(&first)]).await, Err(StoreError::Overtaken(_))));
        let ping = |minutes| Ping {
            at: NOW + Span::minutes(minutes),
            says: Says::Success,
            run: None,
            from: "192.0.2.1".to_owned(),
            body: "all\u{0} well".to_owned(),
        };
        let (one, other) = (first.with(ping(1)), first.with(ping(2)));
        let upon = |before: &Pings, after: &Pings| Change::PutPings {
            before: Some(before.clone()),
            after: after.clone(),
        };
        put(&[upon(&first, &one)]).await.unwrap();
        assert!(matches!(put(&[upon(&first, &other)]).await, Err(StoreError::Overtaken(_))));
        assert_eq!(store.pings(&ALL, lineage.id).await.unwrap(), Some(one));
        assert_eq!(
            store.pings(&Scope::owner(OwnerId::new(NOW, sample::random(7))), lineage.id).await.unwrap(),
            None
        );
        put(&[Change::RemoveLineage(lineage.id)]).await.unwrap();
        assert_eq!(store.pings(&ALL, lineage.id).await.unwrap(), None);
    });
}
