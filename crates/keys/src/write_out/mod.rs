//! Key and chain on their way to a product's files, without the deployer ever holding them.
//!
//! The steps of one operation, each durable when it returns and harmless to repeat, so that a crash between two of them
//! is resumed by doing the last one again:
//!
//! 1. [`preserve`] keeps what is there now, beside it (a hard link: same bytes, owner and mode).
//! 2. [`stage`] writes the new files beside the live ones, key checked against certificate.
//! 3. [`swap`] renames them over the live ones.
//! 4. [`put_back`] restores what step 1 kept, or [`forget`] removes what is left beside.
//!
//! Everything beside a destination `DIR/NAME` is called `DIR/.NAME.notafter-TAG.new` or `.old`, with the operation's id
//! as tag. A destination that is a symbolic link is replaced itself; what it points to is never written.

mod beside;
mod error;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use notafter_cert::{Certificate, pem};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{PrivateKey, pkcs12};
pub use beside::{Tag, new_path};
use beside::{absent, keep, old_path, sync_parents};
pub use error::WriteError;

/// A file that shall hold key or certificates.
#[derive(Clone, Debug)]
pub struct Destination {
    /// Absolute path.
    pub path: PathBuf,
    /// What it shall hold.
    pub content: Content,
    /// Its permission bits.
    pub mode: u32,
    /// Its user; `None` leaves that of the process.
    pub owner: Option<u32>,
    /// Its group; `None` leaves that of the process.
    pub group: Option<u32>,
}

/// What a file holds.
#[derive(Clone)]
pub enum Content {
    /// The private key, PEM (PKCS#8).
    Key,
    /// The leaf alone, PEM.
    Certificate,
    /// The intermediates alone, PEM.
    Chain,
    /// Leaf and intermediates, PEM.
    FullChain,
    /// Key, leaf and intermediates in one PEM file.
    KeyAndFullChain,
    /// Key and full chain as PKCS#12 under this password.
    Pkcs12(Zeroizing<String>),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key => "Key",
            Self::Certificate => "Certificate",
            Self::Chain => "Chain",
            Self::FullChain => "FullChain",
            Self::KeyAndFullChain => "KeyAndFullChain",
            Self::Pkcs12(_) => "Pkcs12",
        })
    }
}

/// What [`preserve`] found at a destination; part of a deployer's snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preserved {
    /// The destination.
    pub path: PathBuf,
    /// Whether there was a file, which is kept beside it now.
    pub existed: bool,
}

/// Keeps what lies at these paths, for [`put_back`]. Asked again with the same tag, the first answer stands: what is
/// kept is never overwritten by what came later.
///
/// # Errors
/// When a path is unfit, or the file system refuses.
pub fn preserve(tag: &Tag, paths: &[PathBuf]) -> Result<Vec<Preserved>, WriteError> {
    let mut preserved = Vec::with_capacity(paths.len());
    for path in paths {
        fit(path)?;
        let old = old_path(path, tag);
        let kept_before = !absent(&old)?;
        let existed = kept_before || !absent(path)?;
        if existed && !kept_before {
            keep(path, &old)?;
        }
        preserved.push(Preserved { path: path.clone(), existed });
    }
    sync_parents(paths)?;
    Ok(preserved)
}

/// Writes the new files beside their destinations: owner and mode first, then the content, then to the disk. On failure
/// nothing is left beside, and nothing live was touched.
///
/// # Errors
/// When the key does not match the first certificate, a destination is unfit or named twice, or the file system refuses.
pub fn stage(
    tag: &Tag,
    key: &PrivateKey,
    chain: &[Vec<u8>],
    destinations: &[Destination],
) -> Result<(), WriteError> {
    let leaf = chain.first().ok_or(WriteError::NoCertificate)?;
    let leaf = Certificate::parse(leaf).map_err(WriteError::Certificate)?;
    key.matches(&leaf)?;
    for (position, destination) in destinations.iter().enumerate() {
        fit(&destination.path)?;
        if destinations[..position].iter().any(|earlier| earlier.path == destination.path) {
            return Err(WriteError::Twice(destination.path.clone()));
        }
    }
    let paths: Vec<PathBuf> = destinations.iter().map(|destination| destination.path.clone()).collect();
    let written = destinations
        .iter()
        .try_for_each(|destination| {
            let content = render(&destination.content, key, chain, &leaf)?;
            write_beside(&new_path(&destination.path, tag), destination, &content)
        })
        .and_then(|()| sync_parents(&paths));
    if let Err(error) = written {
        for path in &paths {
            // The first error is the one to tell; what cannot be removed now is removed by `forget`.
            drop(fs::remove_file(new_path(path, tag)));
        }
        return Err(error);
    }
    Ok(())
}

/// Renames the staged files over the live ones, in the order given. A path whose staged file is gone was swapped before.
///
/// # Errors
/// When the file system refuses.
pub fn swap(tag: &Tag, paths: &[PathBuf]) -> Result<(), WriteError> {
    for path in paths {
        match fs::rename(new_path(path, tag), path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result.map_err(WriteError::at("replace", path))?,
        }
    }
    sync_parents(paths)
}

/// Restores what was preserved: the same file again, or none where there was none. Harmless to repeat until [`forget`].
///
/// # Errors
/// When the kept file is gone, or the file system refuses.
pub fn put_back(tag: &Tag, preserved: &[Preserved]) -> Result<(), WriteError> {
    for Preserved { path, existed } in preserved {
        if !existed {
            remove(path)?;
            continue;
        }
        let (old, new) = (old_path(path, tag), new_path(path, tag));
        if absent(&old)? {
            return Err(WriteError::NothingKept(path.clone()));
        }
        remove(&new)?;
        keep(&old, &new)?;
        // Renaming one hard link over another of the same file does nothing (POSIX rename): then it is restored already.
        fs::rename(&new, path).map_err(WriteError::at("replace", path))?;
        remove(&new)?;
    }
    sync_parents(&preserved.iter().map(|kept| kept.path.clone()).collect::<Vec<_>>())
}

/// Removes everything that this operation left beside the destinations.
///
/// # Errors
/// When the file system refuses.
pub fn forget(tag: &Tag, paths: &[PathBuf]) -> Result<(), WriteError> {
    for path in paths {
        remove(&new_path(path, tag))?;
        remove(&old_path(path, tag))?;
    }
    sync_parents(paths)
}

/// Absolute, named, in a directory that exists, and not a directory itself.
fn fit(path: &Path) -> Result<(), WriteError> {
    let unfit = |why| Err(WriteError::Unfit { path: path.to_owned(), why });
    if !path.is_absolute() {
        return unfit("it is not an absolute path");
    }
    let (Some(parent), Some(_)) = (path.parent(), path.file_name()) else {
        return unfit("it names no file");
    };
    if !parent.is_dir() {
        return unfit("its directory does not exist");
    }
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir()) {
        return unfit("it is a directory");
    }
    Ok(())
}

fn render(
    content: &Content,
    key: &PrivateKey,
    chain: &[Vec<u8>],
    leaf: &Certificate,
) -> Result<Zeroizing<Vec<u8>>, WriteError> {
    let certificates = |range: &[Vec<u8>]| Zeroizing::new(pem::chain_to(range).into_bytes());
    let key_pem = || Zeroizing::new(key.to_pem().as_bytes().to_vec());
    Ok(match content {
        Content::Key => key_pem(),
        Content::Certificate => certificates(&chain[..1]),
        Content::Chain => certificates(&chain[1..]),
        Content::FullChain => certificates(chain),
        Content::KeyAndFullChain => Zeroizing::new([&key_pem()[..], &certificates(chain)[..]].concat()),
        Content::Pkcs12(password) => pkcs12::write(key, chain, &leaf.shown_name(), password)?,
    })
}

fn write_beside(beside: &Path, destination: &Destination, content: &[u8]) -> Result<(), WriteError> {
    remove(beside)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(beside)
        .map_err(WriteError::at("create", beside))?;
    own(&file, destination).map_err(WriteError::at("set owner and mode of", beside))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(WriteError::at("write", beside))
}

/// The owner first: changing it may clear bits of the mode.
fn own(file: &File, destination: &Destination) -> io::Result<()> {
    if destination.owner.is_some() || destination.group.is_some() {
        fchown(file, destination.owner, destination.group)?;
    }
    file.set_permissions(Permissions::from_mode(destination.mode & 0o777))
}

fn remove(path: &Path) -> Result<(), WriteError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(WriteError::at("remove", path)),
    }
}
