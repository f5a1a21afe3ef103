//! The data directory and its lock.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use notafter_inventory::words::one_line;

use crate::StoreError;

const LOCK: &str = "lock";
/// A command line is shown to tell one command from another.
const LONGEST_COMMAND: usize = 200;
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
                let mut written = String::new();
                file.read_to_string(&mut written).map_err(failed())?;
                return Err(StoreError::InUse { path: path.to_owned(), holder: Holder::read(&written) });
            }
            Err(TryLockError::Error(error)) => return Err(failed()(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed())?;
        file.write_all(Holder::this().as_bytes()).map_err(failed())?;
        Ok(Self { path: path.to_owned(), _lock: file })
    }

    /// Whether an installation with SQLite was begun in this directory; nothing is made or locked.
    ///
    /// # Errors
    /// The directory may not be looked into: then nobody knows.
    pub fn is_begun(path: &Path) -> io::Result<bool> {
        Self::database_in(path).try_exists()
    }

    /// The database's file in this directory, which nobody has to hold.
    #[must_use]
    pub fn database_in(path: &Path) -> PathBuf {
        path.join(DATABASE)
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database's file in it.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        Self::database_in(&self.path)
    }
}

/// The process that holds a data directory, as it wrote itself down: its number and its command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number; nothing in the instant between taking the lock and writing itself down.
    pub pid: Option<String>,
    /// Its command line, where that is known.
    pub command: Option<String>,
}

impl Holder {
    /// What this process writes down.
    fn this() -> String {
        let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        // The program's path says nothing about what it does.
        let words: Vec<String> = ["notafter".to_owned()].into_iter().chain(words.skip(1)).collect();
        format!("{}\n{}\n", std::process::id(), words.join(" ").replace('\n', " "))
    }

    fn read(written: &str) -> Self {
        let lines = written.lines().map(|line| one_line(line, LONGEST_COMMAND));
        let mut lines = lines.map(|line| Some(line).filter(|line| !line.is_empty()));
        Self { pid: lines.next().flatten(), command: lines.next().flatten() }
    }

    /// Whether it is a command, which ends by itself; a server does not.
    #[must_use]
    pub fn is_a_command(&self) -> bool {
        self.command.as_ref().is_some_and(|command| !command.split(' ').any(|word| word == "serve"))
    }

    /// Whether it has not written itself down yet: nobody can say what it is.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.pid.is_none()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.pid, &self.command) {
            (Some(pid), Some(command)) => write!(f, "process {pid} ({command})"),
            (Some(pid), None) => write!(f, "process {pid}"),
            (None, _) => f.write_str("a process that has just begun"),
        }
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
    let mode = found.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let others_write = mode & 0o022 != 0;
    // One that is meant for everybody is sticky.
    if others_write && mode & 0o1000 == 0 && is_file_of(&path.join(DATABASE), me) {
        return Err(StoreError::OpenDirectory { path: path.to_owned(), mode });
    }
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
