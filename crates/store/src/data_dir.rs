//! The data directory and its lock.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::StoreError;

const LOCK: &str = "lock";
const DATABASE: &str = "notafter.db";

/// A data directory that this process holds alone, until the value is dropped or the process dies.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// The kernel releases the lock with the last descriptor: also after SIGKILL.
    _lock: File,
}

impl DataDir {
    /// Makes the directory where it is missing (mode 0700), and takes its lock.
    ///
    /// # Errors
    /// When another process holds it, it belongs to another user or to something else, or it cannot be made or written.
    pub fn lock(path: &Path) -> Result<Self, StoreError> {
        let failed = || StoreError::data_dir(path);
        make_private(path)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(failed())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(failed())?;
                return Err(StoreError::InUse { path: path.to_owned(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(failed()(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed())?;
        writeln!(file, "{}", std::process::id()).map_err(failed())?;
        Ok(Self { path: path.to_owned(), _lock: file })
    }

    /// Whether an installation with SQLite was begun in this directory; nothing is made or locked.
    ///
    /// # Errors
    /// The directory may not be looked into: then nobody knows.
    pub fn is_begun(path: &Path) -> io::Result<bool> {
        path.join(DATABASE).try_exists()
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database's file in it.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

/// A directory of this user that nobody else can look into. One that others can look into is closed to them only where
/// it is empty or notafter's own, which none is that others may write: `--data /tmp`, said by root, must not lock
/// everybody out of it.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let failed = || StoreError::data_dir(path);
    if fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
        return Err(failed()(io::ErrorKind::NotADirectory.into()));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed())?;
    let found = fs::metadata(path).map_err(failed())?;
    let me = rustix::process::geteuid().as_raw();
    if found.uid() != me {
        return Err(StoreError::ForeignDirectory { path: path.to_owned(), owner: found.uid(), me });
    }
    if found.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    let others_write = found.permissions().mode() & 0o022 != 0;
    let ours = !others_write && [DATABASE, LOCK].iter().any(|name| is_file_of(&path.join(name), me));
    if !ours && fs::read_dir(path).map_err(failed())?.next().is_some() {
        return Err(StoreError::SharedDirectory(path.to_owned()));
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed())
}

/// Not a link: anybody may put one to a file of mine into a directory that they may write.
fn is_file_of(path: &Path, me: u32) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.uid() == me)
}
