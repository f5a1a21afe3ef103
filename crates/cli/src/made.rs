//! Where the keys, requests and containers go that a command makes.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use notafter_keys::write_out::{Readers, Replace, may_save, save};

use crate::failure::Failure;
use crate::output::outcome::print_bytes;

/// What a command made.
pub(crate) struct Made<'a> {
    /// The bytes.
    pub(crate) bytes: &'a [u8],
    /// Whether a private key is among them.
    pub(crate) is_secret: bool,
    /// Whether a terminal can show them.
    pub(crate) is_text: bool,
}

/// Where it goes.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Standard output: somebody wrote `-`.
    Asked,
    /// Standard output, because nobody named a file.
    Unnamed,
    /// A file.
    File(PathBuf, Replace),
}

impl Place {
    /// Of the options `--out` and `--force`. A file that is there is refused before anything is made.
    pub(crate) fn of(out: Option<&Path>, force: bool) -> Result<Self, Failure> {
        let replace = if force { Replace::File } else { Replace::Nothing };
        match out {
            None => Ok(Self::Unnamed),
            Some(path) if path == Path::new("-") => Ok(Self::Asked),
            Some(path) => {
                may_save(path, replace)?;
                Ok(Self::File(path.to_owned(), replace))
            }
        }
    }

    /// Writes it there. A private key goes to standard output only where somebody asked for that, and a file with one is
    /// its owner's alone.
    pub(crate) fn take(&self, made: &Made<'_>) -> Result<(), Failure> {
        match self {
            Self::File(path, replace) => {
                let readers = if made.is_secret { Readers::Owner } else { Readers::Everybody };
                Ok(save(path, made.bytes, readers, *replace)?)
            }
            Self::Unnamed if made.is_secret => {
                let hint =
                    "name a file with --out FILE, which only you will be able to read, or ask for --out -";
                Err(Failure::usage("a private key is not written to the terminal unasked", hint))
            }
            Self::Asked | Self::Unnamed if !made.is_text && io::stdout().is_terminal() => {
                Err(Failure::usage("this is no text for a terminal", "name a file with --out FILE"))
            }
            Self::Asked | Self::Unnamed => print_bytes(made.bytes),
        }
    }

    /// Whether it is this file, however both are spelled.
    pub(crate) fn is(&self, other: &Path) -> bool {
        match self {
            Self::File(path, _) => real(path).is_some_and(|path| Some(path) == real(other)),
            Self::Asked | Self::Unnamed => false,
        }
    }

    /// As it is called in what is said about it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Asked | Self::Unnamed => "standard output".to_owned(),
            Self::File(path, _) => path.display().to_string(),
        }
    }
}

/// A path without links and detours to its folder: what is there itself may be a link, which is replaced.
fn real(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `--out x --key-out ./x --force` wrote the request over the key.
    #[test]
    fn one_file_is_known_under_every_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("sub")).unwrap();
        std::os::unix::fs::symlink(folder.path(), path("link")).unwrap();
        let place = Place::of(Some(&path("x")), true).unwrap();
        for spelled in ["x", "./x", "sub/../x", "link/x"] {
            assert!(place.is(&path(spelled)), "{spelled}");
        }
        assert!(!place.is(&path("y")) && !place.is(&path("nowhere/x")));
        assert!(!Place::Asked.is(Path::new("-")));
    }
}
