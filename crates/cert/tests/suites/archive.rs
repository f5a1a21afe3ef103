//! The files of a suite.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use crate::left_out::{Need, left_out};

/// The folder of the suites; `None`, and the test is counted as left out, where nobody names one.
pub(crate) fn folder(what: &str) -> Option<PathBuf> {
    match std::env::var_os("NOTAFTER_SUITES") {
        Some(folder) => Some(folder.into()),
        None => {
            left_out(what, Need::Right("the folder of suites that NOTAFTER_SUITES names"));
            None
        }
    }
}

/// A file of the folder, unpacked where it ends with `.xz`.
pub(crate) fn read(name: &str, what: &str) -> Option<Vec<u8>> {
    let path = folder(what)?.join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if !name.ends_with(".xz") {
        return Some(bytes);
    }
    let mut unpacked = Vec::new();
    lzma_rust2::XzReader::new(&bytes[..], true).read_to_end(&mut unpacked).unwrap();
    Some(unpacked)
}

/// The files of an archive (`.tar.xz`) by their names without the first folder.
pub(crate) fn files(name: &str, what: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let archive = read(name, what)?;
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(&archive[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let name = path.split_once('/').map_or(path.clone(), |(_, name)| name.to_owned());
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            files.insert(name, bytes);
        }
    }
    Some(files)
}
