//! What can go wrong with the store.

use std::io;
use std::path::{Path, PathBuf};

use notafter_cert::{Retry, Trouble};
use sqlx::error::ErrorKind;

use crate::data_dir::Holder;

/// The store cannot do what it was asked to; nothing was half done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the data directory.
    #[error("the data directory {path} is in use by {holder}")]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// The process that holds it.
        holder: Holder,
    },
    /// The data directory cannot be made or used.
    #[error("the data directory {path} cannot be used")]
    DataDir {
        /// The data directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The data directory belongs to another user: what this one writes there, that one could not read.
    #[error("the data directory {path} belongs to user {owner}, and this process is user {me}")]
    ForeignDirectory {
        /// The data directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The user of this process.
        me: u32,
    },
    /// The directory is used by others and holds their files.
    #[error("{0} is no data directory of notafter: others can look into it, and it holds other files")]
    SharedDirectory(PathBuf),
    /// The directory holds an installation, and others may write in it.
    #[error("others may write in the data directory {} (mode {mode:04o})", .path.display())]
    OpenDirectory {
        /// The directory.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The database was written by a newer notafter.
    #[error("the database has schema {found}, this notafter knows up to {known}")]
    NewerSchema {
        /// The database's schema.
        found: i64,
        /// The newest this binary knows.
        known: i64,
    },
    /// Somebody has to open it for writing first.
    #[error("the database cannot be read as it stands: {0}")]
    NeedsOpening(String),
    /// The disk or the quota is full.
    #[error("no space left for the database")]
    NoSpace(#[source] sqlx::Error),
    /// The disk or its file system failed in reading or writing.
    #[error("the disk failed under the database")]
    Disk(#[source] sqlx::Error),
    /// The database's files may not be read or written.
    #[error("not permitted to use the database")]
    Forbidden(#[source] sqlx::Error),
    /// The file is not a database, or is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Somebody else wrote for too long, or the database server cannot be reached.
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// Something with this name, target or identity exists already.
    #[error("it exists already: {0}")]
    Duplicate(String),
    /// The task was taken over by somebody else; nothing was written.
    #[error("the lease on task {kind} was lost (epoch {epoch})")]
    LeaseLost {
        /// The task's kind.
        kind: String,
        /// The epoch that is over.
        epoch: i64,
    },
    /// Somebody else changed this, or removed it, since it was read; nothing was written.
    #[error("{0} was changed by somebody else in this very moment")]
    Overtaken(String),
    /// A stored value that cannot be read back.
    #[error("a stored {what} cannot be read")]
    Document {
        /// What it should be.
        what: &'static str,
        /// Why not.
        source: serde_json::Error,
    },
    /// The event log was changed by something else than notafter.
    #[error("the event log does not hold together at entry {0}")]
    Chain(i64),
    /// A backup that cannot be written or used.
    #[error("the backup {path} cannot be {doing}")]
    Backup {
        /// `written` or `read`.
        doing: &'static str,
        /// The backup's file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The setting that names the database is not understood.
    #[error("the address of the database cannot be understood")]
    Url(#[source] sqlx::Error),
    /// Only for a database in a file.
    #[error("{0} is for a database in a file; this one is PostgreSQL")]
    NotAFile(&'static str),
    /// A record was sealed with a key-encryption key that was rotated away before the record was stored.
    #[error("the key-encryption key was rotated while this was being stored")]
    Resealed,
    /// Anything else that the database said.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    pub(crate) fn data_dir(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::DataDir { path, source }
    }

    pub(crate) fn backup(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Backup { doing, path, source }
    }
}

impl StoreError {
    /// PostgreSQL ended the transaction because others waited for it and it for them (`deadlock_detected`,
    /// `serialization_failure`; appendix A of its manual).
    pub(crate) fn is_deadlock(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(inner)) = self else { return false };
        matches!(inner.code().as_deref(), Some("40P01" | "40001"))
    }
}

const SQLITE_IOERR_SHMSIZE: i32 = 10 | (19 << 8);

/// Classified by SQLite's primary result code and PostgreSQL's SQLSTATE.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(inner) = &error else {
            return match error {
                sqlx::Error::Io(ref source) if source.kind() == io::ErrorKind::PermissionDenied => {
                    Self::Forbidden(error)
                }
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
                _ => Self::Database(error),
            };
        };
        if inner.kind() == ErrorKind::UniqueViolation {
            return Self::Duplicate(inner.message().to_owned());
        }
        let message = inner.message().to_owned();
        let code = inner.code().unwrap_or_default().into_owned();
        let number = code.parse::<i32>();
        // The file of shared memory is never synced: it cannot grow where there is no space, and for no other reason.
        if number == Ok(SQLITE_IOERR_SHMSIZE) {
            return Self::NoSpace(error);
        }
        match number.map(|code| code & 0xff) {
            Ok(5 | 6) => Self::Unavailable(error),
            Ok(3 | 8 | 14 | 23) => Self::Forbidden(error),
            Ok(13) => Self::NoSpace(error),
            Ok(10) => Self::Disk(error),
            Ok(11 | 26) => Self::Damaged(message),
            _ if code.starts_with("08") || code.starts_with("57P") || code == "40001" || code == "40P01" => {
                Self::Unavailable(error)
            }
            _ if code == "53100" => Self::NoSpace(error),
            _ if code == "42501" => Self::Forbidden(error),
            _ => Self::Database(error),
        }
    }
}

impl Trouble for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "store.in-use",
            Self::DataDir { .. } => "store.data-directory",
            Self::ForeignDirectory { .. } => "store.foreign-directory",
            Self::SharedDirectory(_) => "store.shared-directory",
            Self::OpenDirectory { .. } => "store.open-directory",
            Self::NewerSchema { .. } => "store.newer-schema",
            Self::NeedsOpening(_) => "store.needs-opening",
            Self::NoSpace(_) => "store.no-space",
            Self::Disk(_) => "store.disk",
            Self::Forbidden(_) => "store.forbidden",
            Self::Damaged(_) => "store.damaged",
            Self::Unavailable(_) => "store.unavailable",
            Self::Duplicate(_) => "store.duplicate",
            Self::LeaseLost { .. } => "store.lease-lost",
            Self::Overtaken(_) => "store.overtaken",
            Self::Document { .. } => "store.unreadable",
            Self::Chain(_) => "store.chain-broken",
            Self::Backup { .. } => "store.backup",
            Self::Url(_) => "store.bad-address",
            Self::NotAFile(_) => "store.not-a-file",
            Self::Resealed => "vault.rotated-meanwhile",
            Self::Database(_) => "store.refused",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::InUse { holder, .. } if holder.is_a_command() || holder.is_unknown() => {
                "a command is at work there: wait until it has ended, and say this again".to_owned()
            }
            Self::InUse { .. } => "stop that process first, or name another directory with --data".to_owned(),
            Self::DataDir { path, source } => data_dir_hint(path, source),
            Self::ForeignDirectory { path, owner, .. } => format!(
                "run the command as that user (setpriv --reuid {owner} --regid {owner} --clear-groups notafter ...), or \
                 chown -R {} to this one; --data names another directory",
                path.display()
            ),
            Self::SharedDirectory(_) => "name a directory of its own with --data".to_owned(),
            Self::OpenDirectory { path, .. } => {
                format!("see that nobody else put anything into it, then: chmod 700 {}", path.display())
            }
            Self::NewerSchema { .. } => "run the newer notafter, or restore the backup it made".to_owned(),
            Self::NeedsOpening(_) => {
                "notafter status brings it up to date, and so does notafter serve".to_owned()
            }
            Self::NoSpace(_) => "free some space; everything acknowledged so far is safe".to_owned(),
            Self::Disk(_) => {
                "look into the kernel's log (dmesg), and at the disk's free space and health; everything \
                acknowledged so far is safe"
                    .to_owned()
            }
            Self::Forbidden(_) => "check owner and mode of the data directory and its files".to_owned(),
            Self::Damaged(_) => "restore the newest backup: notafter restore FILE".to_owned(),
            Self::Unavailable(_) => {
                "check that the database runs and can be reached; it will be tried again".to_owned()
            }
            Self::Duplicate(_) => "choose another name".to_owned(),
            Self::LeaseLost { .. } => "nothing to do: another worker goes on with it".to_owned(),
            Self::Overtaken(_) => "do it again".to_owned(),
            Self::Document { .. } => "run the notafter that wrote it, or restore a backup".to_owned(),
            Self::Chain(_) => "find out who changed the database, and compare with a backup".to_owned(),
            Self::Backup { doing: "read", .. } => {
                "name another backup made by notafter, or copy this one anew from where it is whole"
                    .to_owned()
            }
            Self::Backup { .. } => {
                "name a file that is not there yet, in a directory with enough space".to_owned()
            }
            Self::Url(_) => {
                "write postgres://USER@HOST/NAME in the setting database, or leave it out for SQLite"
                    .to_owned()
            }
            Self::NotAFile(_) => "use pg_dump and pg_restore".to_owned(),
            Self::Resealed => "do it again; nothing was stored".to_owned(),
            Self::Database(_) => "look at the reason above; if it is not clear, please report it".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::NoSpace(_)
            | Self::Disk(_)
            | Self::Unavailable(_)
            | Self::InUse { .. }
            | Self::Backup { .. }
            | Self::Overtaken(_)
            | Self::Resealed => Retry::Later,
            _ => Retry::Never,
        }
    }
}

fn data_dir_hint(path: &Path, source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::NotADirectory => "name a directory with --data".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => {
            "mount its file system for writing, or name another directory with --data".to_owned()
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space".to_owned(),
        _ => format!(
            "let the user of notafter own {} with mode 0700, or name another with --data",
            path.display()
        ),
    }
}
