//! The key-encryption key and its file.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use notafter_cert::{Fingerprint, hex};
use zeroize::Zeroizing;

use super::VaultError;
use super::source::{credential, read_private};

const PREFIX: &str = "notafter-kek-1 ";

/// 256 random bits that wrap every data key. Lies in a file of its own, mode 0600, outside the data directory.
pub struct KeyEncryptionKey {
    bytes: Zeroizing<[u8; 32]>,
    id: [u8; 8],
}

impl KeyEncryptionKey {
    /// Makes a new key and writes it to `path`, which must not exist, with mode 0600; on disk when this returns. The
    /// directory that holds it is made where it is missing, with mode 0700.
    ///
    /// # Errors
    /// When the path lies inside `data`, exists, or cannot be written.
    pub fn create(path: &Path, data: &Path) -> Result<Self, VaultError> {
        outside(path, data)?;
        make_parent(path)?;
        // A link on the way may lead into the data directory, which only shows once the way is there.
        outside(path, data)?;
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(&mut *bytes).map_err(|_| VaultError::Refused("make a key-encryption key"))?;
        let text = Zeroizing::new(format!("{PREFIX}{}\n", *Zeroizing::new(STANDARD.encode(*bytes))));
        write_new(path, text.as_bytes())?;
        Ok(Self::of(bytes))
    }

    /// Reads the key at `path`.
    ///
    /// # Errors
    /// When it is missing, inside `data`, readable by others, of another user, or no key.
    pub fn load(path: &Path, data: &Path) -> Result<Self, VaultError> {
        let text = read_private(path, data, 0o077).map_err(|error| match error {
            VaultError::NoFile(path) | VaultError::TooLong { path, .. } => VaultError::NotAKey(path),
            other => other,
        })?;
        Self::parse(&text).ok_or_else(|| VaultError::NotAKey(path.to_owned()))
    }

    /// Takes the key that systemd hands over under this name.
    ///
    /// # Errors
    /// When there is none, or it is no key.
    pub fn from_credential(name: &str, data: &Path) -> Result<Self, VaultError> {
        let not_a_key = || VaultError::NotAKey(format!("credential:{name}").into());
        let text = credential(name, data).map_err(|error| match error {
            VaultError::NoFile(_) | VaultError::TooLong { .. } => not_a_key(),
            other => other,
        })?;
        Self::parse(&text).ok_or_else(not_a_key)
    }

    /// The key's fingerprint, 16 hexadecimal digits: stored with everything it seals, and safe to show.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&self.id)
    }

    pub(super) const fn id_bytes(&self) -> &[u8; 8] {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..]
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?.strip_prefix(PREFIX)?.strip_suffix('\n')?;
        let decoded = Zeroizing::new(STANDARD.decode(text).ok()?);
        let mut bytes = Zeroizing::new([0; 32]);
        if decoded.len() != bytes.len() {
            return None;
        }
        bytes.copy_from_slice(&decoded);
        Some(Self::of(bytes))
    }

    pub(super) fn of(bytes: Zeroizing<[u8; 32]>) -> Self {
        let preimage = Zeroizing::new([b"notafter key-encryption key: ", &bytes[..]].concat());
        let digest = Fingerprint::of(&preimage);
        let mut id = [0; 8];
        id.copy_from_slice(&digest.as_bytes()[..8]);
        Self { bytes, id }
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyEncryptionKey({})", self.id())
    }
}

/// Refuses a path inside the data directory, after resolving links in both.
pub(super) fn outside(path: &Path, data: &Path) -> Result<(), VaultError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or_else(|| Path::new("."));
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let key =
        fs::canonicalize(path).unwrap_or_else(|_| real(parent).join(path.file_name().unwrap_or_default()));
    if key.starts_with(real(data)) {
        return Err(VaultError::InsideData { path: path.to_owned(), data: data.to_owned() });
    }
    Ok(())
}

/// Makes the directories above `path` that are missing; each is on disk in the one above it when this returns.
fn make_parent(path: &Path) -> Result<(), VaultError> {
    let above = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
    let mut missing: Vec<&Path> = above.take_while(|above| fs::symlink_metadata(above).is_err()).collect();
    missing.reverse();
    for directory in missing {
        let made = DirBuilder::new().mode(0o700).create(directory).and_then(|()| sync_parent(directory));
        made.map_err(|source| VaultError::Io { doing: "create", path: directory.to_owned(), source })?;
    }
    Ok(())
}

/// Writes a file that does not exist yet: complete and on disk, or not there at all.
fn write_new(path: &Path, content: &[u8]) -> Result<(), VaultError> {
    let io = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| VaultError::Io { doing, path, source }
    };
    let beside = beside(path, "new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io("remove", &beside)(error)),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .map_err(io("create", &beside))?;
    let written = file.write_all(content).and_then(|()| file.sync_all()).map_err(io("write", &beside));
    // A hard link fails where the name is taken: it is `O_EXCL` for a file that is complete already.
    let linked = written.and_then(|()| {
        fs::hard_link(&beside, path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => VaultError::Exists(path.to_owned()),
            _ => VaultError::Io { doing: "create", path: path.to_owned(), source },
        })
    });
    let removed = fs::remove_file(&beside).map_err(io("remove", &beside));
    linked.and(removed)?;
    sync_parent(path).map_err(io("write", path))
}

/// `/etc/notafter/kek` with `new` is `/etc/notafter/kek.new`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}
