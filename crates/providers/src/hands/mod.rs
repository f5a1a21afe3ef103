//! The helper that writes keys and reloads products for a process that may not: `notafter hands`.
//!
//! The process that faces the network asks for the steps of a deployer, one question per connection of a UNIX socket,
//! and the helper does them within what an administrator granted: directories, owners, modes, commands. There is no
//! shell, no path and no command that is not in its file of grants, whatever it is asked. Both sides look at who the
//! other one is (`SO_PEERCRED`) before a byte is sent.

mod bounds;
mod client;
mod door;
mod full_disk;
mod grants;
mod way;
mod wire;

use std::io;
use std::path::PathBuf;

use notafter_cert::{Retry, Trouble};
use notafter_inventory::catalogue;
use notafter_inventory::model::PlaceId;
use notafter_keys::parcel::ParcelError;

pub use bounds::{Bounds, Denied};
pub use client::{Deployers, Hands};
pub use door::Door;
pub use grants::{Grants, GrantsError, USUAL};
pub use wire::{Because, Failure, Question};

/// Where the helper listens when nothing else is said.
pub const SOCKET: &str = "/run/notafter/hands.sock";

/// Why the helper did not do a step, or cannot be a helper.
#[derive(Debug, thiserror::Error)]
pub enum HandsError {
    /// Nobody listens.
    #[error("no helper listens at {}", .0.display())]
    Nobody(PathBuf),
    /// The socket cannot be used, or the helper went away in the middle.
    #[error("the connection to the helper at {} failed", .path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody listens who is neither root, nor this process's user, nor the owner of the socket's directory: no key is
    /// handed over.
    #[error("who listens at {} is user {user}, and not trusted with keys", .path.display())]
    Untrusted {
        /// The socket.
        path: PathBuf,
        /// Who listens.
        user: u32,
    },
    /// The helper does not answer.
    #[error("the helper at {} did not answer in time", .0.display())]
    Late(PathBuf),
    /// Enough wait for what is under way at a place.
    #[error("the helper is still busy with an earlier step at {0}")]
    Busy(PlaceId),
    /// The two do not understand one another.
    #[error("the helper and whoever asks it do not understand one another: {0}")]
    Protocol(String),
    /// The key did not come over.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// This user may not ask.
    #[error("user {0} may not ask this helper")]
    Forbidden(u32),
    /// Another helper listens there.
    #[error("another helper listens at {}", .0.display())]
    InUse(PathBuf),
    /// The socket's directory may be written by others.
    #[error("the socket cannot lie at {}: {why}", .path.display())]
    Bendable {
        /// The socket.
        path: PathBuf,
        /// Who could replace it.
        why: String,
    },
    /// The helper tried, and failed.
    #[error("{}", .failure.what)]
    Failed {
        /// Its words.
        failure: Box<Failure>,
        /// Why.
        source: Option<Because>,
    },
}

impl HandsError {
    /// Whether the new pair is the one on disk.
    #[must_use]
    pub fn is_after_swap(&self) -> bool {
        matches!(self, Self::Failed { failure, .. } if failure.after_swap)
    }
}

impl Trouble for HandsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Nobody(_) => "hands.nobody",
            Self::Io { .. } => "hands.io",
            Self::Untrusted { .. } => "hands.untrusted",
            Self::Late(_) => "hands.late",
            Self::Busy(_) => "hands.busy",
            Self::Protocol(_) => "hands.protocol",
            Self::Parcel(error) => error.code(),
            Self::Forbidden(_) => "hands.forbidden",
            Self::InUse(_) => "hands.in-use",
            Self::Bendable { .. } => "hands.socket-directory",
            // One that this version does not know is of a newer helper.
            Self::Failed { failure, .. } => {
                catalogue::find(&failure.code).map_or("hands.failed", |entry| entry.code)
            }
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Nobody(_) => {
                "start it: systemctl start notafter-hands (or, as root, notafter hands); it is tried again by itself"
                    .to_owned()
            }
            Self::Io { .. } | Self::Late(_) | Self::Busy(_) => {
                "look into the helper's log: journalctl -u notafter-hands; it is tried again by itself".to_owned()
            }
            Self::Untrusted { .. } => {
                "find out who that is, and let the setting hands name the socket of root's helper".to_owned()
            }
            Self::Protocol(_) => "let both be of the same version, and start both again".to_owned(),
            Self::Parcel(error) => error.hint(),
            Self::Forbidden(_) => "name the user of notafter serve as user in the helper's grants".to_owned(),
            Self::InUse(_) => "let one run, or name another socket with --socket".to_owned(),
            Self::Bendable { .. } => {
                "let it lie in a directory of root's that nobody else may write, such as /run/notafter".to_owned()
            }
            Self::Failed { failure, .. } => failure.hint.clone(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Forbidden(_) | Self::InUse(_) | Self::Bendable { .. } => Retry::Never,
            Self::Failed { failure, .. } if !failure.retry => Retry::Never,
            Self::Parcel(error) => error.retry(),
            _ => Retry::Later,
        }
    }
}
