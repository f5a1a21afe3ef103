//! What can go wrong between the vault and a product's files.

use std::io;
use std::path::{Path, PathBuf};

use notafter_cert::{ParseError, Retry, Trouble};

use crate::KeyError;
use crate::pkcs12::Pkcs12Error;

/// Key or chain cannot be written out.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The chain is empty.
    #[error("there is no certificate to write")]
    NoCertificate,
    /// The leaf cannot be read.
    #[error("the certificate cannot be read")]
    Certificate(#[source] ParseError),
    /// The key does not match the certificate, or cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// PKCS#12 cannot be made.
    #[error(transparent)]
    Pkcs12(#[from] Pkcs12Error),
    /// A destination that cannot be one.
    #[error("{path} cannot be written: {why}")]
    Unfit {
        /// The destination.
        path: PathBuf,
        /// What is wrong with it.
        why: Misfit,
    },
    /// Something is there, and nobody said that it may go.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// One path is named for two contents.
    #[error("{0} is named twice")]
    Twice(PathBuf),
    /// An operation's id that cannot be part of a file name.
    #[error("{0:?} cannot be the name of an operation")]
    Tag(String),
    /// The disk or the quota is full.
    #[error("no space left to {doing} {path}")]
    NoSpace {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The process may not do it.
    #[error("not permitted to {doing} {path}")]
    Forbidden {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file system refused for another reason.
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

/// Why no file can be at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It depends on the working directory.
    #[error("it is not an absolute path")]
    Relative,
    /// `/`, or `..`.
    #[error("it names no file")]
    NoName,
    /// Nothing is there in which it could be.
    #[error("its directory does not exist")]
    NoFolder,
    /// Files may be in it.
    #[error("it is a directory")]
    Folder,
    /// A device, a pipe or a socket, or a link to one.
    #[error("it is no regular file, and leads to none")]
    Special,
}

impl Misfit {
    const fn hint(self) -> &'static str {
        match self {
            Self::Relative | Self::NoName => "name an absolute path of a file in a directory that exists",
            Self::NoFolder => "make the directory first, or name a file in one that exists",
            Self::Folder => "name a file in it",
            Self::Special => "name a file; `--out -` is standard output",
        }
    }
}

impl WriteError {
    pub(super) fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoSpace { doing, path, source }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Forbidden { doing, path, source }
            }
            _ => Self::Io { doing, path, source },
        }
    }
}

impl Trouble for WriteError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoCertificate => "write.no-certificate",
            Self::Certificate(_) => "write.certificate-unparsable",
            Self::Key(error) => error.code(),
            Self::Pkcs12(error) => error.code(),
            Self::Unfit { .. } => "write.unfit",
            Self::Exists(_) => "write.exists",
            Self::Twice(_) => "write.twice",
            Self::Tag(_) => "write.tag",
            Self::NoSpace { .. } => "write.no-space",
            Self::Forbidden { .. } => "write.forbidden",
            Self::Io { .. } => "write.io",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NoCertificate | Self::Certificate(_) => "issue the certificate anew".to_owned(),
            Self::Key(error) => error.hint(),
            Self::Pkcs12(error) => error.hint(),
            Self::Exists(_) => "name another file, or replace this one with --force".to_owned(),
            Self::Unfit { why, .. } => why.hint().to_owned(),
            Self::Twice(_) => "give each content a path of its own".to_owned(),
            Self::Tag(_) => "this is a fault of notafter: please report it".to_owned(),
            Self::NoSpace { .. } => "free some space; the live files are as they were".to_owned(),
            Self::Forbidden { path, .. } => format!(
                "let the user of notafter write in {}, or run it as a user who may set the owner asked for",
                path.parent().unwrap_or(path).display()
            ),
            Self::Io { .. } => {
                "look at the system's reason above; the live files are as they were".to_owned()
            }
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::NoSpace { .. } | Self::Forbidden { .. } | Self::Io { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }
}
