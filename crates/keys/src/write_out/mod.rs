//! Key and chain on their way to a product's files, without the deployer ever holding them.
//!
//! [`stage`] writes the new files beside their destinations, key checked against certificate; [`swap`] renames them into
//! place. Each is durable when it returns and harmless to repeat. Everything beside a destination `DIR/NAME` is called
//! `DIR/.NAME.notafter-TAG.new`, with the operation's id as tag. A destination that is a symbolic link is replaced itself;
//! what it points to is never written. What was there before is kept and restored by the deployers, who need no key for it.

mod beside;
mod by_hand;
mod error;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use notafter_cert::{Certificate, pem};
use zeroize::Zeroizing;

use crate::{PrivateKey, pkcs12};
use beside::sync_parents;
pub use beside::{Tag, new_path};
pub use by_hand::{Readers, Replace, may_save, save};
pub use error::{Misfit, WriteError};

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
            // The first error is the one to tell; what cannot be removed now goes when it is staged again.
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

/// Absolute, named, in a directory that exists, and not a directory itself.
fn fit(path: &Path) -> Result<(), WriteError> {
    let unfit = |why| Err(WriteError::Unfit { path: path.to_owned(), why });
    if !path.is_absolute() {
        return unfit(Misfit::Relative);
    }
    let (Some(parent), Some(_)) = (path.parent(), path.file_name()) else {
        return unfit(Misfit::NoName);
    };
    if !parent.is_dir() {
        return unfit(Misfit::NoFolder);
    }
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir()) {
        return unfit(Misfit::Folder);
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
        Content::Pkcs12(password) => pkcs12::of_pair(key, chain, &leaf.shown_name(), password)?,
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
