//! A disk that is full, and one that fails.
//!
//! SQLite says `SQLITE_FULL` where a write found no space; where a sync or a truncation did, or the file may not grow,
//! it says `SQLITE_IOERR` and keeps the system's reason to itself. Then the disk is asked.

use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// The least that SQLite writes at once.
const PAGE: [u8; 4096] = [0; 4096];

/// The error of a database in this file, by what is wrong with the disk now.
pub(crate) fn cause(error: sqlx::Error, file: &Path) -> StoreError {
    match StoreError::from(error) {
        StoreError::Disk(error) if is_full(file) => StoreError::NoSpace(error),
        error => error,
    }
}

/// Whether a page more than the database has cannot be written beside it.
fn is_full(file: &Path) -> bool {
    let probe = beside(file, "-space");
    let log = beside(file, "-wal");
    let length = [file, &log].map(|path| fs::metadata(path).map_or(0, |found| found.len())).into_iter().max();
    let written =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&probe).and_then(
            |mut file| {
                file.seek(SeekFrom::Start(length.unwrap_or(0)))?;
                file.write_all(&PAGE)?;
                file.sync_all()
            },
        );
    // What cannot be removed is empty or a page, and written over the next time.
    drop(fs::remove_file(&probe));
    written.is_err_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
    })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
