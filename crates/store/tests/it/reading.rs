//! Reading a database as it stands.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use notafter_cert::Trouble;
use notafter_store::{Change, DataDir, Location, Scope, Store, StoreError};

use crate::postgres::Server;
use crate::sample::{self, ENGINE};
use crate::stage::NOW;

const ALL: Scope = Scope::EVERYTHING;

/// Names, bytes and times of everything in a directory.
fn state(folder: &Path) -> Vec<(String, Vec<u8>, SystemTime)> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let modified = fs::metadata(&path).unwrap().modified().unwrap();
            (path.display().to_string(), fs::read(&path).unwrap(), modified)
        })
        .collect();
    found.sort();
    found
}

/// A database with a lineage in it, still open.
async fn filled(folder: &Path) -> Store {
    let store = Store::open(&Location::File(DataDir::database_in(folder)), NOW).await.unwrap();
    put(&store).await.unwrap();
    store
}

async fn put(store: &Store) -> Result<(), StoreError> {
    let owner = store.owner_named(&ALL, "default").await?.unwrap().id;
    store.apply(&ALL, None, NOW, &ENGINE, &[Change::PutLineage(sample::lineage(1, owner))]).await
}

/// The lineages in it, read; nothing has changed by that.
async fn read(folder: &Path) -> Vec<String> {
    let before = state(folder);
    let store = Store::open_to_read(&Location::File(DataDir::database_in(folder))).await.unwrap();
    let names = store.lineages(&ALL).await.unwrap().into_iter().map(|lineage| lineage.name).collect();
    assert!(put(&store).await.is_err(), "it cannot be written");
    store.close().await;
    assert!(state(folder) == before, "not a byte is another");
    names
}

#[tokio::test]
async fn a_database_is_read_without_a_byte_being_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (live, left) = (folder.path().join("live"), folder.path().join("left?mode=rw"));
    fs::create_dir(&live).unwrap();
    let store = filled(&live).await;
    // What a process leaves that was killed: the log with all of it, and an index that nobody keeps.
    assert!(Command::new("cp").arg("-a").args([&live, &left]).status().unwrap().success());
    assert!(fs::metadata(left.join("notafter.db-wal")).unwrap().len() > 0);
    assert_eq!(read(&left).await, ["shop1"]);
    store.close().await;
    assert!(!live.join("notafter.db-wal").exists(), "the last one has folded it in");
    assert_eq!(read(&live).await, ["shop1"]);
}

#[tokio::test]
async fn what_could_not_be_read_without_writing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(DataDir::database_in(folder.path()));
    let refused = || async {
        let error = Store::open_to_read(&location).await.unwrap_err();
        format!("{}: {error}", error.code())
    };
    fs::write(DataDir::database_in(folder.path()), "").unwrap();
    let empty = refused().await;
    let other = tempfile::tempdir().unwrap();
    let store = filled(other.path()).await;
    for file in ["notafter.db", "notafter.db-wal"] {
        fs::copy(other.path().join(file), folder.path().join(file)).unwrap();
    }
    store.close().await;
    insta::assert_snapshot!(format!("{empty}\n{}", refused().await), @r"
    store.needs-opening: the database cannot be read as it stands: it has schema 0, and this notafter works with 20
    store.needs-opening: the database cannot be read as it stands: the log beside it has no index
    ");
    assert_eq!(state(folder.path()).len(), 2, "nothing was made");
}

#[test]
fn a_postgresql_database_is_read_and_not_written() {
    let Some(server) = Server::start("a_postgresql_database_is_read_and_not_written") else { return };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let location = Location::Postgres(server.url());
        let empty = Store::open_to_read(&location).await.unwrap_err();
        assert_eq!(empty.code(), "store.needs-opening");
        let writing = Store::open(&location, NOW).await.unwrap();
        put(&writing).await.unwrap();
        let reading = Store::open_to_read(&location).await.unwrap();
        assert_eq!(reading.lineages(&ALL).await.unwrap().len(), 1);
        assert!(put(&reading).await.is_err());
        reading.close().await;
        writing.close().await;
    });
}
