//! Lists of keys that people import.

use std::path::{Path, PathBuf};

use notafter_cert::weak_key::{About, KeyList, ListFormat};

use crate::failure::Failure;
use crate::file;

/// More keys than any list has that was published so far: a third of a gigabyte.
const MOST_KEYS: usize = 10_000_000;

/// Reads lists. One that cannot be read whole is a failure: a key that it would have had must not be called sound.
pub(super) fn lists(files: &[PathBuf], about: About, format: Option<ListFormat>) -> Result<Vec<KeyList>, Failure> {
    files.iter().map(|path| list(path, about, format)).collect()
}

fn list(path: &Path, about: About, format: Option<ListFormat>) -> Result<KeyList, Failure> {
    let name = path.display().to_string();
    let bytes = file::read(path).map_err(|error| Failure::new(format!("{name} {error}"), error.hint()))?;
    let Some(format) = format.or_else(|| ListFormat::detect(&name, &bytes)) else {
        let hint = "say how it is written: --list-format openssl:2048, badkeys-blocklist, badkeys-lookup or spki-sha256";
        return Err(Failure::new(format!("the format of the list {name} is not known"), hint));
    };
    KeyList::parse(&name, about, format, &bytes, MOST_KEYS).map_err(|error| {
        let hint = "fetch it anew, or say how it is written with --list-format";
        Failure::new(format!("the list {name} cannot be read"), hint).because(error)
    })
}
