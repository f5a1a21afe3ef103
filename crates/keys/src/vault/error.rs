//! What can go wrong between a secret and its owner.

use std::io;
use std::path::PathBuf;

use notafter_cert::{Retry, Trouble};

/// The key-encryption key or a sealed record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no file with the key-encryption key.
    #[error("there is no key-encryption key at {0}")]
    NoKey(PathBuf),
    /// A file lies where a new key should be written.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// The file is not a key-encryption key.
    #[error("{0} is not a notafter key-encryption key")]
    NotAKey(PathBuf),
    /// Somebody else could read the key.
    #[error("{path} can be read by others (mode {mode:04o})")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key belongs to another user.
    #[error("{path} belongs to user {owner}, neither to this process nor to root")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// The key would be copied, stolen and lost together with what it protects.
    #[error("the key-encryption key {path} lies inside the data directory {data}")]
    InsideData {
        /// The file.
        path: PathBuf,
        /// The data directory.
        data: PathBuf,
    },
    /// The record was sealed with a key that is not here.
    #[error("a record is sealed with the key-encryption key {wanted}, but the one at {path} is {found}")]
    OtherKey {
        /// Fingerprint of the key that sealed it.
        wanted: String,
        /// Fingerprint of the key that is here.
        found: String,
        /// Where it is.
        path: PathBuf,
    },
    /// The record was changed, torn, or moved from another row.
    #[error("the sealed {kind} is damaged or was moved from another row")]
    Damaged {
        /// Kind of the record.
        kind: String,
    },
    /// A rotation is asked to end that never began.
    #[error("no rotation of the key-encryption key is under way")]
    NoRotation,
    /// The cryptographic library refused.
    #[error("the cryptographic library refused to {0}")]
    Refused(&'static str),
    /// The file system refused.
    #[error("cannot {doing} {path}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Trouble for VaultError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoKey(_) => "vault.no-key",
            Self::Exists(_) => "vault.key-exists",
            Self::NotAKey(_) => "vault.not-a-key",
            Self::Exposed { .. } => "vault.key-exposed",
            Self::Foreign { .. } => "vault.key-foreign",
            Self::InsideData { .. } => "vault.key-inside-data",
            Self::OtherKey { .. } => "vault.other-key",
            Self::Damaged { .. } => "vault.damaged",
            Self::NoRotation => "vault.no-rotation",
            Self::Refused(_) => "vault.refused",
            Self::Io { .. } => "vault.io",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NoKey(path) => format!(
                "put the key-encryption key back from its own backup to {}; without it the sealed keys are lost: issue \
                 the certificates anew, with a new key-encryption key and new account keys",
                path.display()
            ),
            Self::Exists(path) => format!("name another file, or use the key in {}", path.display()),
            Self::NotAKey(_) => "name the file that notafter wrote, or restore it from its backup".to_owned(),
            Self::Exposed { path, .. } => {
                format!("chmod 0600 {}, and rotate the key if somebody may have read it", path.display())
            }
            Self::Foreign { path, .. } => {
                format!("chown the file to the user of notafter: {}", path.display())
            }
            Self::InsideData { .. } => {
                "keep it elsewhere, such as /etc/notafter/kek: a backup of the data must not hold its own key"
                    .to_owned()
            }
            Self::OtherKey { wanted, .. } => {
                format!("restore the key-encryption key {wanted} from its backup")
            }
            Self::Damaged { .. } => {
                "restore the database from a backup, or issue the certificate anew".to_owned()
            }
            Self::NoRotation => "begin one first".to_owned(),
            Self::Refused(_) => "this is a fault of the machine or of notafter: please report it".to_owned(),
            Self::Io { path, .. } => {
                format!("check permissions and free space of {}", path.parent().unwrap_or(path).display())
            }
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Io { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }
}
