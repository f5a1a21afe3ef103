//! A database that is read and left as it is, by SQLite too.
//!
//! In WAL mode SQLite writes even where it only reads: into the index of its log (`-shm`), which all who have the database
//! open share, and which it makes where there is none. Asked for the index with `readonly_shm`, it writes nothing: it
//! reads the index that others keep, or makes one in memory where nobody does. A database without a log is in nobody's
//! hands, and is read as a file that does not change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;

use crate::StoreError;
use crate::single::{Readers, Single};
use crate::sql::Pool;

/// Where SQLite's log and its index lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Log {
    /// There is no log, or nothing in it.
    Absent,
    /// There is one, and its index.
    Indexed,
    /// There is one, and SQLite could read it only after writing an index.
    NotIndexed,
}

/// The database in this file, for reading alone.
pub(crate) async fn sqlite(path: &Path) -> Result<Pool, StoreError> {
    let options = SqliteConnectOptions::new()
        .create_if_missing(false)
        .read_only(true)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(false);
    let options = match log(path) {
        Log::Absent => options.filename(path).immutable(true),
        Log::Indexed => options.filename(address(path)),
        Log::NotIndexed => {
            return Err(StoreError::NeedsOpening("the log beside it has no index".to_owned()));
        }
    };
    let only = Single::new(options);
    drop(only.take().await?);
    Ok(Pool::Sqlite { read: Readers::new([only.clone()]), write: only, asked: Arc::default() })
}

fn log(path: &Path) -> Log {
    let length = fs::metadata(beside(path, "-wal")).map(|found| found.len());
    match (length, beside(path, "-shm").exists()) {
        (Ok(_), true) => Log::Indexed,
        (Ok(1..), false) => Log::NotIndexed,
        // SQLite would make a log where there is only an index.
        (Ok(0), false) | (Err(_), _) => Log::Absent,
    }
}

/// A file name as SQLite takes it with parameters (sqlite.org/uri.html).
fn address(path: &Path) -> String {
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() {
            address.push(char::from(*byte));
        } else {
            address.push_str(&format!("%{byte:02x}"));
        }
    }
    address.push_str("?readonly_shm=1");
    address
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_found_beside_its_database_with_its_index_or_without() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("notafter.db");
        let table = [
            (None, false, Log::Absent),
            (None, true, Log::Absent),
            (Some(""), false, Log::Absent),
            (Some(""), true, Log::Indexed),
            (Some("x"), false, Log::NotIndexed),
            (Some("x"), true, Log::Indexed),
        ];
        for (content, index, expected) in table {
            for suffix in ["-wal", "-shm"] {
                drop(fs::remove_file(beside(&database, suffix)));
            }
            if let Some(content) = content {
                fs::write(beside(&database, "-wal"), content).unwrap();
            }
            if index {
                fs::write(beside(&database, "-shm"), "").unwrap();
            }
            assert_eq!(log(&database), expected, "{content:?} {index}");
        }
    }

    #[test]
    fn no_name_is_taken_for_parameters() {
        assert_eq!(
            address(Path::new("/a b/x?mode=rw#y%.db")),
            "file:%2fa%20b%2fx%3fmode%3drw%23y%25%2edb?readonly_shm=1"
        );
    }
}
