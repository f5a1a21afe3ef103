//! Bad input and faults, as a person meets them: what the binary says, how it ends, and what is there afterwards.

mod absent;
mod ca;
mod certificate_file;
mod data_directory;
mod disk;
mod dns;
mod duplicate;
mod exit_code;
mod removal;
mod unknown_thing;
mod usage;

use std::fs;
use std::path::Path;

use crate::home::Home;

/// The user `nobody` of every Debian, where the tests run as root; else nobody else can be had.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A directory and everything in it belongs to this user.
fn give(path: &Path, user: u32) {
    std::os::unix::fs::chown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), user);
        }
    }
}
