//! Names and copies beside a destination.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown, symlink};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::WriteError;

/// An operation's id, as part of file names: lower-case letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(String);

impl FromStr for Tag {
    type Err = WriteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
            return Err(WriteError::Tag(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a destination's new content is staged, for configuration tests that look at it before it is live.
#[must_use]
pub fn new_path(path: &Path, tag: &Tag) -> PathBuf {
    named(path, tag, "new")
}

pub(super) fn old_path(path: &Path, tag: &Tag) -> PathBuf {
    named(path, tag, "old")
}

fn named(path: &Path, tag: &Tag, suffix: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".notafter-{tag}.{suffix}"));
    path.with_file_name(name)
}

/// Whether nothing lies there, not even a dangling link.
pub(super) fn absent(path: &Path) -> Result<bool, WriteError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(WriteError::at("look at", path)(error)),
    }
}

/// Gives the file (or the symbolic link itself) a second name; where the file system or `fs.protected_hardlinks` forbids
/// hard links, a copy with the same owner and mode.
pub(super) fn keep(path: &Path, second: &Path) -> Result<(), WriteError> {
    match fs::hard_link(path, second) {
        Err(error) if cannot_link(&error) => {
            copy(path, second).map_err(WriteError::at("keep a copy of", path))
        }
        result => result.map_err(WriteError::at("keep", path)),
    }
}

fn cannot_link(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported | io::ErrorKind::TooManyLinks
    )
}

fn copy(path: &Path, second: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    if meta.is_symlink() {
        return symlink(fs::read_link(path)?, second);
    }
    let mut from = File::open(path)?;
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(second)?;
    fchown(&to, Some(meta.uid()), Some(meta.gid()))?;
    to.set_permissions(meta.permissions())?;
    io::copy(&mut from, &mut to)?;
    to.sync_all()
}

/// Makes the directory entries durable: each directory once.
pub(super) fn sync_parents(paths: &[PathBuf]) -> Result<(), WriteError> {
    let parents: BTreeSet<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
    parents.into_iter().try_for_each(|parent| {
        File::open(parent).and_then(|directory| directory.sync_all()).map_err(WriteError::at("sync", parent))
    })
}
