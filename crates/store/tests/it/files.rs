//! The data directory, backups and restore: a database in a file.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use notafter_cert::Trouble;
use notafter_store::{Change, DataDir, Location, Scope, Store, StoreError};

use crate::sample::{self, ENGINE};
use crate::stage::NOW;

const ALL: Scope = Scope::EVERYTHING;

async fn open(data: &DataDir) -> Store {
    Store::open(&Location::File(data.database()), NOW).await.unwrap()
}

async fn put(store: &Store, number: u8) {
    let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
    let change = Change::PutLineage(sample::lineage(number, owner));
    store.apply(&ALL, None, NOW, &ENGINE, &[change]).await.unwrap();
}

fn shown(dir: &Path, error: &StoreError) -> String {
    let source =
        std::error::Error::source(error).map(|source| format!("why: {source}\n")).unwrap_or_default();
    let command = match error {
        StoreError::InUse { holder, .. } => holder.command.clone().unwrap(),
        _ => "-".to_owned(),
    };
    format!("{}: {error}\n{source}hint: {}\n", error.code(), error.hint())
        .replace(&format!("({command})"), "(COMMAND)")
        .replace(dir.to_str().unwrap(), "DIR")
        .replace(&std::process::id().to_string(), "PID")
}

#[test]
fn a_second_server_on_the_same_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let held = DataDir::lock(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
    insta::assert_snapshot!(shown(dir.path(), &DataDir::lock(&path).unwrap_err()));
    drop(held);
    DataDir::lock(&path).unwrap();
}

/// `--data /tmp`, said by root, closed it to everybody where somebody had put a file called `lock` into it.
#[test]
fn a_directory_is_ours_by_a_file_of_ours_where_nobody_else_can_put_one() {
    type Put = fn(&Path, &Path);
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("foreign");
    fs::write(&foreign, "").unwrap();
    let table: [(&str, u32, Put); 6] = [
        ("nothing of ours", 0o755, |_, _| ()),
        ("a directory of that name", 0o755, |path, _| fs::create_dir(path).unwrap()),
        ("a link of that name", 0o755, |path, to| std::os::unix::fs::symlink(to, path).unwrap()),
        ("others may write", 0o777, |path, _| fs::write(path, "").unwrap()),
        ("everybody's", 0o1777, |path, _| fs::write(path, "").unwrap()),
        ("ours", 0o755, |path, _| fs::write(path, "").unwrap()),
    ];
    for (name, mode, put) in table {
        for file in ["lock", "notafter.db"] {
            let path = dir.path().join(format!("{name} {file}"));
            fs::create_dir(&path).unwrap();
            fs::write(path.join("somebody's"), "").unwrap();
            put(&path.join(file), &foreign);
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let outcome = DataDir::lock(&path).map(drop).map_err(|error| error.code());
            let after = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            let wanted = match (name, file) {
                ("ours", _) => (Ok(()), 0o700),
                ("others may write", "notafter.db") => (Err("store.open-directory"), mode),
                _ => (Err("store.shared-directory"), mode),
            };
            assert_eq!((outcome, after), wanted, "{name}: {file}");
        }
    }
}

#[test]
fn a_directory_that_cannot_be_made_says_so() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    insta::assert_snapshot!(shown(dir.path(), &DataDir::lock(&dir.path().join("file/data")).unwrap_err()));
}

#[tokio::test]
async fn a_backup_is_complete_private_and_can_be_restored() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::lock(&dir.path().join("data")).unwrap();
    let backup = dir.path().join("backup.db");
    let store = open(&data).await;
    put(&store, 1).await;
    store.backup(&backup).await.unwrap();
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(store.backup(&backup).await.unwrap_err().code(), "store.backup", "it is not overwritten");
    put(&store, 2).await;
    store.close().await;

    let kept = Store::restore(&backup, &data, NOW).await.unwrap().before.unwrap();
    let store = open(&data).await;
    let names = |lineages: Vec<notafter_inventory::model::Lineage>| {
        lineages.into_iter().map(|lineage| lineage.name).collect::<Vec<_>>()
    };
    assert_eq!(names(store.lineages(&ALL).await.unwrap()), ["shop1"]);
    store.check(&ALL).await.unwrap();
    store.close().await;
    let again = Store::restore(&backup, &data, NOW).await.unwrap().before.unwrap();
    assert_ne!(again, kept, "in the same second, too");
    let old = Store::open(&Location::File(kept), NOW).await.unwrap();
    assert_eq!(names(old.lineages(&ALL).await.unwrap()), ["shop1", "shop2"]);
    old.close().await;
}

/// Only the directory's mode kept others from them.
#[tokio::test]
async fn a_database_and_its_logs_could_be_read_by_others() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::lock(&dir.path().join("data")).unwrap();
    let store = open(&data).await;
    put(&store, 1).await;
    let database = data.database().to_str().unwrap().to_owned();
    for end in ["", "-wal", "-shm"] {
        let mode = fs::metadata(format!("{database}{end}")).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600, "{end}");
    }
    store.close().await;
}

#[tokio::test]
async fn what_is_no_backup_is_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::lock(&dir.path().join("data")).unwrap();
    let backup = dir.path().join("backup.db");
    let store = open(&data).await;
    for number in 0..40 {
        put(&store, number).await;
    }
    store.backup(&backup).await.unwrap();
    store.close().await;
    let good = fs::read(&backup).unwrap();
    let mut flipped = good.clone();
    // A page that holds something: an empty one may say what it likes.
    let content = flipped.windows(4).rposition(|bytes| bytes == b"shop").unwrap();
    let page = content - content % 4096;
    flipped[page..page + 2048].fill(0xa5);
    for (name, bytes) in
        [("torn", &good[..good.len() / 3]), ("junk", &b"not a database"[..]), ("flipped", &flipped)]
    {
        fs::write(&backup, bytes).unwrap();
        let error = Store::restore(&backup, &data, NOW).await.unwrap_err();
        assert!(matches!(error.code(), "store.backup" | "store.chain-broken"), "{name}: {error:?}");
    }
    let missing = Store::restore(&dir.path().join("missing"), &data, NOW).await.unwrap_err();
    insta::assert_snapshot!(shown(dir.path(), &missing));
    let store = open(&data).await;
    assert_eq!(store.lineages(&ALL).await.unwrap().len(), 40);
    store.close().await;
}

/// Two bytes of 500,000 that were others, or a page of zeros, were restored, and the rows in them with it.
#[tokio::test]
async fn a_backup_with_a_changed_byte_was_restored() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::lock(&dir.path().join("data")).unwrap();
    let backup = dir.path().join("backup.db");
    let store = open(&data).await;
    for number in 0..40 {
        put(&store, number).await;
    }
    store.backup(&backup).await.unwrap();
    store.close().await;
    let good = fs::read(&backup).unwrap();
    let last_line = good.len() - good.len() % 4096..good.len();
    for position in (0..good.len()).step_by(619).chain(last_line) {
        let mut flipped = good.clone();
        flipped[position] ^= 0x10;
        fs::write(&backup, &flipped).unwrap();
        let found = Store::check_backup(&backup).await.map_err(|error| error.code());
        assert_eq!(found, Err("store.backup"), "at {position} of {}", good.len());
    }
    for length in [good.len() - 1, good.len() - 60, good.len() - 4096, good.len() + 1] {
        let mut cut = good.clone();
        cut.resize(length, 0);
        fs::write(&backup, &cut).unwrap();
        assert!(Store::check_backup(&backup).await.is_err(), "{length} of {}", good.len());
    }
    fs::write(&backup, [&good[..20_000], &[0xa5; 2], &good[20_002..]].concat()).unwrap();
    let error = Store::restore(&backup, &data, NOW).await.unwrap_err();
    insta::assert_snapshot!(shown(dir.path(), &error));
    fs::write(&backup, &good).unwrap();
    assert!(Store::restore(&backup, &data, NOW).await.unwrap().digest);
    let restored = fs::read(data.database()).unwrap();
    assert_eq!(restored.len() % 4096, 0, "the line stays in the backup");
    // An older notafter wrote none, and nor does who copies a database.
    fs::write(&backup, &restored).unwrap();
    assert!(!Store::restore(&backup, &data, NOW).await.unwrap().digest);
}

/// A check of SQLite's structure alone took a lineage that nobody could read.
#[tokio::test]
async fn a_backup_with_an_unreadable_document_was_restored() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::lock(&dir.path().join("data")).unwrap();
    let store = open(&data).await;
    put(&store, 1).await;
    store.close().await;
    let pool = sqlx::SqlitePool::connect(data.database().to_str().unwrap()).await.unwrap();
    sqlx::query("UPDATE lineages SET document = '{\"name\":'").execute(&pool).await.unwrap();
    pool.close().await;
    let error = Store::check_backup(&data.database()).await.unwrap_err();
    assert_eq!(error.code(), "store.unreadable", "{error}");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::lock(dir.path()).unwrap();
    open(&data).await.close().await;
    let pool = sqlx::SqlitePool::connect(data.database().to_str().unwrap()).await.unwrap();
    sqlx::query("INSERT INTO schema_versions (version, applied_at) VALUES (999, 0)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let error = Store::open(&Location::File(data.database()), NOW).await.unwrap_err();
    insta::assert_snapshot!(shown(dir.path(), &error));
}

#[tokio::test]
async fn a_changed_entry_breaks_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::lock(dir.path()).unwrap();
    let store = open(&data).await;
    for number in 0..3 {
        let change = Change::RemoveSecret(format!("secret {number}"));
        store.apply(&ALL, None, NOW, &ENGINE, &[change]).await.unwrap();
    }
    assert_eq!(store.verify_chain(&ALL).await.unwrap().last, 3);
    let pool = sqlx::SqlitePool::connect(data.database().to_str().unwrap()).await.unwrap();
    for (tamper, position) in [
        ("UPDATE events SET data = '{\"x\":1}' WHERE sequence = 2", 2),
        ("DELETE FROM events WHERE sequence = 2", 2),
        ("DELETE FROM events WHERE sequence >= 2", 2),
        ("UPDATE organisations SET event_sequence = 0, event_hash = ''", 1),
    ] {
        sqlx::query(tamper).execute(&pool).await.unwrap();
        let error = store.verify_chain(&ALL).await.unwrap_err();
        assert!(matches!(error, StoreError::Chain(at) if at == position), "{tamper}: {error}");
        assert_eq!(store.cut_events(&ALL, 1, NOW).await.unwrap_err().code(), "store.chain-broken");
    }
}

#[tokio::test]
async fn a_destroyed_key_leaves_nothing_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::lock(dir.path()).unwrap();
    let store = open(&data).await;
    let id = notafter_inventory::model::KeyId::new(NOW, sample::random(1));
    let sealed = b"the sealed record of a private key, which is to vanish".repeat(4);
    let put = Change::PutKey {
        id,
        holds: notafter_store::Holds::CertificateKey,
        kek_id: "aa".to_owned(),
        sealed: sealed.clone(),
    };
    store.apply(&ALL, None, NOW, &ENGINE, &[put]).await.unwrap();
    store.apply(&ALL, None, NOW, &ENGINE, &[Change::DestroyKey(id)]).await.unwrap();
    store.close().await;
    let file = fs::read(data.database()).unwrap();
    assert!(!file.windows(24).any(|window| window == &sealed[..24]));
    assert!(!dir.path().join("notafter.db-wal").exists(), "folded in when the last connection closes");
}

#[tokio::test]
async fn a_database_that_may_not_be_read_says_so() {
    let dir = tempfile::tempdir().unwrap();
    // Root may read everything: a directory in the database's place is refused to root too.
    fs::create_dir(dir.path().join("notafter.db")).unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
    let error = Store::open(&Location::File(dir.path().join("notafter.db")), NOW).await.unwrap_err();
    insta::assert_snapshot!(shown(dir.path(), &error));
}
