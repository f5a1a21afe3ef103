//! Ways that nobody but the helper's own user and root can bend.
//!
//! A helper that may write everywhere must not be led elsewhere between looking and writing. Where every directory of a
//! path without links belongs to those two and can be written by nobody else, nobody else can rename, link or replace
//! anything on it: what was looked at is what is written.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Why somebody else could bend a way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bendable(pub(super) String);

/// Whether this directory, written without links, and all above it are in safe hands.
pub(super) fn held(directory: &Path) -> Result<(), Bendable> {
    for (distance, ancestor) in directory.ancestors().enumerate() {
        let why = |why: String| Bendable(format!("{} {why}", ancestor.display()));
        let about =
            fs::symlink_metadata(ancestor).map_err(|error| why(format!("cannot be used: {error}")))?;
        if !about.is_dir() {
            return Err(why("is no directory".to_owned()));
        }
        // In a directory such as /tmp (sticky), nobody can rename what belongs to somebody else; but anybody can put
        // something into it.
        let sticky = about.mode() & 0o1000 != 0 && distance > 0;
        owned(&about, sticky).map_err(why)?;
    }
    Ok(())
}

/// Whether this file or directory is in safe hands by itself; `sticky`: whether it may be written by others.
pub(super) fn owned(about: &Metadata, sticky: bool) -> Result<(), String> {
    if !is_trusted(about.uid()) {
        return Err(format!("belongs to user {}", about.uid()));
    }
    // Whatever group it is: where an access control list lets somebody else write, the group's bits are its mask.
    if about.mode() & 0o022 != 0 && !sticky {
        return Err(format!("can be written by others (mode {:04o})", about.mode() & 0o7777));
    }
    Ok(())
}

/// Root, and the user of this process.
pub(super) fn is_trusted(user: u32) -> bool {
    user == 0 || user == rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_directory_that_others_may_write_is_no_safe_way() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        let above = folder.path().join("a");
        for (of, mode, good) in [
            (&inner, 0o755, true),
            (&inner, 0o777, false),
            (&inner, 0o770, false),
            (&inner, 0o775, false),
            (&inner, 0o1777, false),
            (&inner, 0o700, true),
            (&above, 0o777, false),
            (&above, 0o775, false),
            (&above, 0o1777, true),
            (&above, 0o755, true),
        ] {
            set(of, mode);
            assert_eq!(held(&inner).is_ok(), good, "{mode:o} {}", of.display());
        }
        std::os::unix::fs::symlink(&inner, folder.path().join("link")).unwrap();
        assert!(held(&folder.path().join("link")).is_err(), "a link is not followed");
    }
}
