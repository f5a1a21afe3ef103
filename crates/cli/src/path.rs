//! Paths that somebody else reads.

use std::path::Path;

use crate::failure::Failure;

/// The server does not share this process's directory.
pub(crate) fn absolute(path: &Path) -> Result<String, Failure> {
    let path = std::path::absolute(path).map_err(|error| {
        Failure::usage(format!("{} is no path", path.display()), "write an absolute path").because(error)
    })?;
    path.to_str().map(str::to_owned).ok_or_else(|| Failure::usage("a path is not UTF-8", "rename it"))
}
