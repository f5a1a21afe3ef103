//! Both databases, for every test: SQLite in a file, and a PostgreSQL server started once per test process.

use notafter_cert::Time;
use notafter_store::{Location, Store};

use crate::postgres::Server;

pub(crate) const NOW: Time = Time::from_unix_seconds(1_795_000_000);

/// Runs a test on SQLite and on PostgreSQL, each with an empty database of its own.
pub(crate) fn on_both<F>(name: &str, test: impl Fn(Store) -> F)
where
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let store = Store::open(&Location::File(dir.path().join("notafter.db")), NOW).await.unwrap();
        test(store.clone()).await;
        store.close().await;
    });
    let Some(server) = Server::start(name) else { return };
    runtime.block_on(async {
        let store = Store::open(&Location::Postgres(server.url()), NOW).await.unwrap();
        test(store.clone()).await;
        store.close().await;
    });
}
