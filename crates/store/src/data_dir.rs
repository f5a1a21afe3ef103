//! The data directory and its lock.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::StoreError;

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
    /// When another process holds it, or it cannot be made or written.
    pub fn lock(path: &Path) -> Result<Self, StoreError> {
        let failed = || StoreError::data_dir(path);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed())?;
        let mode = fs::metadata(path).map_err(failed())?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed())?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("lock"))
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

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database's file in it.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("notafter.db")
    }
}
