//! A private key in somebody else's file: nothing of it leaves this crate.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use notafter_cert::Certificate;
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::{KeyError, PrivateKey};

/// Larger files hold more than a key and a chain.
const LARGEST: u64 = 1 << 20;

/// Why nobody can tell whose key a file holds.
#[derive(Debug, thiserror::Error)]
pub enum UnknownKey {
    /// The file cannot be read.
    #[error("{0}")]
    Unreadable(#[source] io::Error),
    /// It is a directory, a pipe or a device.
    #[error("it is no regular file")]
    NotAFile,
    /// Over the budget.
    #[error("it is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// There is no key in it that can be read.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Whether the first private key in this PEM file, which is the one that servers take, is the certificate's.
///
/// # Errors
/// Nobody can tell: the file cannot be read, or the key in it is encrypted, broken or of a kind that is not known.
pub fn is_key_of(path: &Path, certificate: &Certificate) -> Result<bool, UnknownKey> {
    Ok(first_key(path)?.is_of(certificate))
}

/// The first private key in a PEM file.
pub(crate) fn first_key(path: &Path) -> Result<PrivateKey, UnknownKey> {
    Ok(PrivateKey::from_pem(&content(path)?)?)
}

/// What a file holds that may hold a key.
pub(crate) fn content(path: &Path) -> Result<Zeroizing<Vec<u8>>, UnknownKey> {
    // The name of a device is enough to set some going when they are opened (`/dev/watchdog`).
    if !fs::metadata(path).map_err(UnknownKey::Unreadable)?.is_file() {
        return Err(UnknownKey::NotAFile);
    }
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    // Nor is a pipe waited for that took the file's place meanwhile.
    let file =
        OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(UnknownKey::Unreadable)?;
    let about = file.metadata().map_err(UnknownKey::Unreadable)?;
    if !about.is_file() {
        return Err(UnknownKey::NotAFile);
    }
    let Some(length) = usize::try_from(about.len()).ok().filter(|_| about.len() <= LARGEST) else {
        return Err(UnknownKey::TooLarge);
    };
    // At once as large as it gets: a vector that grows leaves copies of the key behind.
    let mut pem = Zeroizing::new(Vec::with_capacity(length + 1));
    file.take(about.len()).read_to_end(&mut pem).map_err(UnknownKey::Unreadable)?;
    Ok(pem)
}
