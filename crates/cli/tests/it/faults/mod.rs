//! Bad input and faults, as a person meets them: what the binary says, how it ends, and what is there afterwards.

mod ca;
mod certificate_file;
mod data_directory;
mod disk;
mod dns;
mod duplicate;
mod removal;
mod unknown_thing;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::notafter::{Ran, command};

/// An installation in a temporary directory, with what was said to it.
struct Home {
    dir: TempDir,
    said: String,
}

impl Home {
    fn new() -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap(), said: String::new() };
        home.file("notafter.toml", "");
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The binary in this directory, with data and key-encryption key in it.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            .env("NOTAFTER_DATA", self.path("data"))
            .env("NOTAFTER_KEY_ENCRYPTION_KEY", self.path("kek"))
            .env("NOTAFTER_CONFIG", self.path("notafter.toml"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a line of words, and keeps what came of it for the snapshot.
    fn say(&mut self, line: &str) -> i32 {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let ran = self.run(&words);
        self.keep(line, &ran)
    }

    fn keep(&mut self, line: &str, ran: &Ran) -> i32 {
        let home = self.dir.path().to_str().unwrap();
        // The log's lines hold instants, and the list of settings grows.
        let told = ran.err.lines().filter(|line| !line.starts_with("ts="));
        let told = told.map(|line| line.split(", expected one of `data`").next().unwrap());
        let told: String = told.map(|line| format!("{line}\n")).collect();
        let text = format!("$ notafter {line}\n{}{told}[{}]\n\n", ran.out, ran.code);
        self.said.push_str(&text.replace(home, "HOME"));
        ran.code
    }

    /// Nothing is left of a database, or of a key.
    fn is_untouched(&self) -> bool {
        !self.path("data").exists() && !self.path("kek").exists()
    }
}

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
