//! Files that a person asked for by name: whole or not at all, and never over something unless told.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf, absolute};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::beside::{new_path, sync_parents};
use super::{Misfit, Tag, WriteError, fit};
use crate::KeyError;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone: it holds a private key.
    Owner,
    /// Whoever the umask lets: it holds nothing that is not public.
    Everybody,
}

/// What a file may take the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// Of nothing: what is there stays.
    Nothing,
    /// Of the file that is there. A symbolic link is replaced itself.
    File,
}

/// Whether [`save`] would write there, as far as that can be told beforehand.
///
/// # Errors
/// When something is there that may not be replaced, or no file can be.
pub fn may_save(path: &Path, replace: Replace) -> Result<PathBuf, WriteError> {
    let path = absolute(path).map_err(WriteError::at("find", path))?;
    fit(&path)?;
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path),
        Err(error) => Err(WriteError::at("look at", &path)(error)),
        Ok(_) if replace == Replace::Nothing => Err(WriteError::Exists(path)),
        // A link that leads nowhere, or to a file, is replaced; `/dev/stdout` is one that leads to no file.
        Ok(_) => match fs::metadata(&path) {
            Ok(about) if !about.is_file() => Err(WriteError::Unfit { path, why: Misfit::Special }),
            _ => Ok(path),
        },
    }
}

/// Writes a file beside its name, to the disk, and renames it into place.
///
/// # Errors
/// As [`may_save`], and when the file system refuses. Nothing is left beside then, and what was there stays.
pub fn save(path: &Path, content: &[u8], readers: Readers, replace: Replace) -> Result<(), WriteError> {
    let path = may_save(path, replace)?;
    let mut name = [0; 8];
    aws_lc_rs::rand::fill(&mut name).map_err(|_| KeyError::Refused("make a name"))?;
    let tag: Tag = notafter_cert::hex(&name).parse()?;
    let beside = new_path(&path, &tag);
    let written = write(&beside, content, readers).and_then(|()| put(&beside, &path, replace));
    if written.is_err() {
        // The first error is the one to tell.
        drop(fs::remove_file(&beside));
    }
    written.and_then(|()| sync_parents(&[path]))
}

fn write(beside: &Path, content: &[u8], readers: Readers) -> Result<(), WriteError> {
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::Everybody => 0o644,
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(beside);
    let mut file = file.map_err(WriteError::at("create", beside))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(WriteError::at("write", beside))
}

/// Another process may have made the file meanwhile: the kernel decides.
fn put(beside: &Path, path: &Path, replace: Replace) -> Result<(), WriteError> {
    let refused = WriteError::at("replace", path);
    if replace == Replace::File {
        return fs::rename(beside, path).map_err(refused);
    }
    match renameat_with(CWD, beside, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(WriteError::Exists(path.to_owned())),
        // File systems that do not know the flag know a second name for a file, which is never taken from another.
        Err(Errno::INVAL | Errno::NOSYS) => match fs::hard_link(beside, path) {
            Ok(()) => fs::remove_file(beside).map_err(WriteError::at("remove", beside)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(WriteError::Exists(path.to_owned()))
            }
            Err(error) => Err(refused(error)),
        },
        Err(error) => Err(refused(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use notafter_cert::Trouble;

    use super::*;

    #[test]
    fn a_file_is_private_or_not_and_nothing_is_replaced_unless_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.key");
        save(&path, b"secret", Readers::Owner, Replace::Nothing).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let refused = save(&path, b"other", Readers::Owner, Replace::Nothing).unwrap_err();
        assert_eq!((refused.code(), fs::read(&path).unwrap().as_slice()), ("write.exists", &b"secret"[..]));
        save(&path, b"other", Readers::Owner, Replace::File).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"other");
        let public = folder.path().join("shop.pem");
        save(&public, b"public", Readers::Everybody, Replace::Nothing).unwrap();
        assert_eq!(fs::metadata(&public).unwrap().mode() & 0o200, 0o200);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside");
    }

    #[test]
    fn links_are_replaced_themselves_and_what_is_no_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "real").unwrap();
        symlink(&real, &link).unwrap();
        assert_eq!(save(&link, b"new", Readers::Owner, Replace::Nothing).unwrap_err().code(), "write.exists");
        save(&link, b"new", Readers::Owner, Replace::File).unwrap();
        assert_eq!((fs::read(&real).unwrap(), fs::read(&link).unwrap()), (b"real".to_vec(), b"new".to_vec()));
        for unfit in
            [folder.path().to_owned(), Path::new("/dev/null").to_owned(), folder.path().join("no/such")]
        {
            let refused = save(&unfit, b"x", Readers::Owner, Replace::File).unwrap_err();
            assert_eq!(refused.code(), "write.unfit", "{unfit:?}");
        }
    }

    /// `--out dn --force` put a file in the place of `dn -> /dev/null`, and of /dev/stdout.
    #[test]
    fn a_link_to_a_device_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("dn");
        symlink("/dev/null", &link).unwrap();
        let refused = save(&link, b"x", Readers::Owner, Replace::File).unwrap_err();
        let shown = format!("{refused}\n hint: {}", refused.hint()).replace(&*link.to_string_lossy(), "DN");
        insta::assert_snapshot!(shown, @"
        DN cannot be written: it is no regular file, and leads to none
         hint: name a file; `--out -` is standard output
        ");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let dangling = folder.path().join("dangling");
        symlink(folder.path().join("nowhere"), &dangling).unwrap();
        save(&dangling, b"x", Readers::Owner, Replace::File).unwrap();
        assert!(fs::symlink_metadata(&dangling).unwrap().is_file());
    }
}
