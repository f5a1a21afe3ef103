//! Names beside a destination.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
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
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".notafter-{tag}.new"));
    path.with_file_name(name)
}

/// Makes the directory entries durable: each directory once.
pub(super) fn sync_parents(paths: &[PathBuf]) -> Result<(), WriteError> {
    let parents: BTreeSet<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
    parents.into_iter().try_for_each(|parent| {
        File::open(parent).and_then(|directory| directory.sync_all()).map_err(WriteError::at("sync", parent))
    })
}
