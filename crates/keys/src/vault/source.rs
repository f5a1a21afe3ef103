//! Where the key-encryption key comes from.

use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::VaultError;
use super::kek::outside;

/// The directory that systemd hands credentials over in (systemd.exec(5), `LoadCredential=`).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// More than any passphrase that a person or a generator makes.
const LONGEST: usize = 1024;
/// Less can be guessed offline by whoever has the database, whatever the derivation costs.
const SHORTEST: usize = 12;

/// Where the key-encryption key comes from; never the key or the passphrase itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The key lies in a file of its own.
    File(PathBuf),
    /// systemd hands the key over.
    Credential(String),
    /// It is derived from a passphrase.
    Passphrase(Place),
}

/// Where a secret of the process is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file, 0600.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// systemd hands it over.
    Credential(String),
}

impl Source {
    /// Reads `/path`, `credential:NAME`, `passphrase:file:/path`, `passphrase:env:NAME` or `passphrase:credential:NAME`.
    ///
    /// # Errors
    /// [`VaultError::UnknownSource`] for `passphrase:` with anything else behind it, a passphrase itself among that: it is
    /// not repeated in the error.
    pub fn parse(text: &Path) -> Result<Self, VaultError> {
        let Some(words) = text.to_str() else { return Ok(Self::File(text.to_owned())) };
        let named = |name: &str| {
            let plain = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
            plain.then(|| name.to_owned()).ok_or(VaultError::UnknownSource)
        };
        if let Some(name) = words.strip_prefix("credential:") {
            return Ok(Self::Credential(named(name)?));
        }
        let Some(place) = words.strip_prefix("passphrase:") else { return Ok(Self::File(text.to_owned())) };
        Ok(Self::Passphrase(match place.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Place::File(PathBuf::from(path)),
            Some(("env", name)) => Place::Variable(named(name)?),
            Some(("credential", name)) => Place::Credential(named(name)?),
            _ => return Err(VaultError::UnknownSource),
        }))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Credential(name) => write!(f, "credential:{name}"),
            Self::Passphrase(Place::File(path)) => write!(f, "passphrase:file:{}", path.display()),
            Self::Passphrase(Place::Variable(name)) => write!(f, "passphrase:env:{name}"),
            Self::Passphrase(Place::Credential(name)) => write!(f, "passphrase:credential:{name}"),
        }
    }
}

impl Place {
    /// Reads `file:/PATH`, `env:NAME` or `credential:NAME`.
    ///
    /// # Errors
    /// [`VaultError::UnknownSource`] for anything else, a secret itself among that: it is not repeated in the error.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        match Source::parse(Path::new(&format!("passphrase:{text}")))? {
            Source::Passphrase(place) => Ok(place),
            Source::File(_) | Source::Credential(_) => Err(VaultError::UnknownSource),
        }
    }

    /// A secret that is somebody else's choice, as it stands there without the line break at its end; nothing where it stands in
    /// a variable that is not set.
    ///
    /// # Errors
    /// There is none, it can be read by others, or is longer than any.
    pub fn secret(&self, data: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let mut secret = match self {
            Self::File(path) => read_private(path, data, 0o077)?,
            Self::Credential(name) => credential(name, data)?,
            Self::Variable(name) => match env::var_os(name) {
                Some(value) => Zeroizing::new(value.into_encoded_bytes()),
                None => return Ok(None),
            },
        };
        while secret.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
            secret.pop();
        }
        Ok(Some(secret))
    }

    /// The passphrase, without the line break at its end.
    pub(super) fn read(&self, data: &Path) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut secret = match self {
            Self::File(path) => read_private(path, data, 0o077).map_err(of_passphrase)?,
            Self::Credential(name) => credential(name, data).map_err(of_passphrase)?,
            Self::Variable(name) => match env::var_os(name) {
                Some(value) => Zeroizing::new(value.into_encoded_bytes()),
                None => return Err(VaultError::NoVariable(name.clone())),
            },
        };
        while secret.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
            secret.pop();
        }
        match secret.len() {
            short if short < SHORTEST => Err(VaultError::ShortPassphrase { shortest: SHORTEST }),
            long if long > LONGEST => Err(VaultError::LongPassphrase { longest: LONGEST }),
            _ => Ok(secret),
        }
    }
}

/// What stands in the way of a passphrase is not told as if it were the key.
fn of_passphrase(error: VaultError) -> VaultError {
    match error {
        VaultError::NoKey(path) => VaultError::NoPassphrase(path),
        VaultError::TooLong { .. } => VaultError::LongPassphrase { longest: LONGEST },
        other => other,
    }
}

/// What systemd handed over under this name. Its files are readable for their group where a service runs as another
/// user, in a directory that is the service's alone.
pub(super) fn credential(name: &str, data: &Path) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let folder = env::var_os(CREDENTIALS).filter(|folder| !folder.is_empty());
    let Some(folder) = folder else { return Err(VaultError::NoCredentials(name.to_owned())) };
    read_private(&Path::new(&folder).join(name), data, 0o007)
}

/// A file that nobody else can read: `exposed` are the permissions that others would have it by.
pub(super) fn read_private(path: &Path, data: &Path, exposed: u32) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    outside(path, data)?;
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => VaultError::NoKey(path.to_owned()),
        _ => VaultError::Io { doing: "read", path: path.to_owned(), source },
    };
    // A directory has no content, and a pipe would be waited for, even to be opened.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(VaultError::NoFile(path.to_owned()));
    }
    let file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    let mode = meta.mode() & 0o7777;
    if mode & exposed != 0 {
        return Err(VaultError::Exposed { path: path.to_owned(), mode });
    }
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me && meta.uid() != 0 {
        return Err(VaultError::Foreign { path: path.to_owned(), owner: meta.uid() });
    }
    // A line break ends it, of two bytes at the most, and one more byte shows that it does not end.
    let mut content = Zeroizing::new(Vec::with_capacity(LONGEST + 3));
    file.take((LONGEST + 3) as u64).read_to_end(&mut content).map_err(failed)?;
    if content.len() > LONGEST + 2 {
        return Err(VaultError::TooLong { path: path.to_owned(), longest: LONGEST });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn sources_are_read_and_written_the_same() {
        for text in [
            "/etc/notafter/kek",
            "credential:notafter",
            "passphrase:file:/etc/notafter/passphrase",
            "passphrase:env:VAULT",
            "passphrase:credential:vault",
        ] {
            assert_eq!(Source::parse(Path::new(text)).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_passphrase_in_the_place_of_its_source_is_refused_and_not_repeated() {
        for text in ["passphrase:correct horse battery", "passphrase:file:", "credential:../x", "credential:"]
        {
            let error = Source::parse(Path::new(text)).unwrap_err();
            assert!(matches!(error, VaultError::UnknownSource), "{text}");
            assert!(!error.to_string().contains("horse"));
        }
    }

    #[test]
    fn a_passphrase_file_is_private_and_long_enough_and_never_cut() {
        use std::os::unix::fs::PermissionsExt;

        use notafter_cert::Trouble;
        use rustix::fs::{CWD, FileType, Mode};

        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let path = folder.path().join("passphrase");
        let read = || Place::File(path.clone()).read(&data).map(|secret| secret.to_vec());
        let missing = read().unwrap_err();
        assert_eq!(missing.code(), "vault.no-passphrase");
        assert!(missing.to_string().starts_with("there is no passphrase at "), "{missing}");
        fs::write(&path, "correct horse battery staple\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(), Err(VaultError::Exposed { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read().unwrap(), b"correct horse battery staple");
        fs::write(&path, "short\n").unwrap();
        assert!(matches!(read(), Err(VaultError::ShortPassphrase { .. })));
        for (length, fits) in [(1024, true), (1025, false), (5000, false)] {
            fs::write(&path, "x".repeat(length) + "\r\n").unwrap();
            let outcome = read();
            assert_eq!(
                outcome.as_ref().map(Vec::len).ok(),
                fits.then_some(length),
                "{length}: nothing is cut off"
            );
            let refused = matches!(outcome, Err(VaultError::LongPassphrase { longest: 1024 }));
            assert_eq!(refused, !fits, "{length}");
        }
        fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(matches!(read(), Err(VaultError::NoFile(_))), "a pipe is not waited for");
        let inside = Place::File(data.join("passphrase")).read(&data);
        assert!(matches!(inside, Err(VaultError::InsideData { .. })));
    }
}
