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
    /// There is no file with the passphrase.
    #[error("there is no passphrase at {0}")]
    NoPassphrase(PathBuf),
    /// A directory, pipe or device where a file is read.
    #[error("{0} is no file")]
    NoFile(PathBuf),
    /// More than is read.
    #[error("{path} holds more than {longest} bytes")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// What it may hold.
        longest: usize,
    },
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
    #[error("a record is sealed with the key-encryption key {wanted}, but that of {source_name} is {found}")]
    OtherKey {
        /// Fingerprint of the key that sealed it.
        wanted: String,
        /// Fingerprint of the key that is here.
        found: String,
        /// Where it comes from.
        source_name: String,
    },
    /// The setting names no source.
    #[error("the key-encryption key's source is none that notafter knows")]
    UnknownSource,
    /// systemd handed nothing over.
    #[error("there is no credential {0:?}: the environment variable CREDENTIALS_DIRECTORY is not set")]
    NoCredentials(String),
    /// The environment variable with the passphrase is missing.
    #[error("the environment variable {0}, which holds the vault's passphrase, is not set")]
    NoVariable(String),
    /// A passphrase that can be guessed.
    #[error("the vault's passphrase is shorter than {shortest} characters")]
    ShortPassphrase {
        /// What it must have.
        shortest: usize,
    },
    /// A passphrase that would have to be cut.
    #[error("the vault's passphrase is longer than {longest} bytes")]
    LongPassphrase {
        /// What it may have.
        longest: usize,
    },
    /// It is not the passphrase that the vault was sealed with.
    #[error("the passphrase from {0} is not the vault's")]
    WrongPassphrase(String),
    /// The vault was sealed with a key of another kind of source.
    #[error("the vault is not sealed with a passphrase, but with the key-encryption key {wanted}")]
    NotByPassphrase {
        /// Fingerprint of the key that sealed it.
        wanted: String,
    },
    /// Only a key in a file is made anew by itself.
    #[error("the key-encryption key comes from {0}: another one must be named")]
    NoNext(String),
    /// The key that is rotated to is the present one.
    #[error("{0} gives the key that the vault is sealed with already")]
    SameKey(String),
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
            Self::NoPassphrase(_) => "vault.no-passphrase",
            Self::NoFile(_) => "vault.no-file",
            Self::TooLong { .. } | Self::LongPassphrase { .. } => "vault.too-long",
            Self::Exists(_) => "vault.key-exists",
            Self::NotAKey(_) => "vault.not-a-key",
            Self::Exposed { .. } => "vault.key-exposed",
            Self::Foreign { .. } => "vault.key-foreign",
            Self::InsideData { .. } => "vault.key-inside-data",
            Self::OtherKey { .. } => "vault.other-key",
            Self::UnknownSource => "vault.unknown-source",
            Self::NoCredentials(_) => "vault.no-credentials",
            Self::NoVariable(_) => "vault.no-variable",
            Self::ShortPassphrase { .. } => "vault.short-passphrase",
            Self::WrongPassphrase(_) => "vault.wrong-passphrase",
            Self::NotByPassphrase { .. } => "vault.not-by-passphrase",
            Self::NoNext(_) => "vault.no-next-key",
            Self::SameKey(_) => "vault.same-key",
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
            Self::NoPassphrase(path) => format!("put the vault's passphrase back to {}", path.display()),
            Self::NoFile(_) => "name a file, not a directory, pipe or device".to_owned(),
            Self::TooLong { .. } | Self::LongPassphrase { .. } => {
                "take a shorter one: none is cut".to_owned()
            }
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
            Self::UnknownSource => {
                "write a path, credential:NAME, passphrase:file:PATH, passphrase:env:NAME or \
                                    passphrase:credential:NAME; never the passphrase itself"
                    .to_owned()
            }
            Self::NoCredentials(name) => {
                format!("run it as a systemd service with LoadCredentialEncrypted={name}:/path")
            }
            Self::NoVariable(name) => format!("set {name} in the service's environment"),
            Self::ShortPassphrase { .. } => {
                "take a longer one: whoever has the database can try passphrases without being seen"
                    .to_owned()
            }
            Self::WrongPassphrase(source) => {
                format!("put the right passphrase back to {source}; without it the sealed keys are lost")
            }
            Self::NotByPassphrase { .. } => {
                "put the setting key_encryption_key back to what it was, then change it \
                                             with: notafter vault rotate --to SOURCE"
                    .to_owned()
            }
            Self::NoNext(_) => {
                "notafter vault rotate --to SOURCE, with the next passphrase, credential or file".to_owned()
            }
            Self::SameKey(_) => "name the source of another key".to_owned(),
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
