//! An installation in a temporary directory, used as a person uses one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::notafter::{Ran, command};
use crate::serve::Serving;

/// The directory, and what was said in it.
pub(crate) struct Home {
    pub(crate) dir: TempDir,
    pub(crate) said: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap(), said: String::new() };
        home.file("notafter.toml", "");
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The binary in this directory, with data and key-encryption key in it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            .env("NOTAFTER_DATA", self.path("data"))
            .env("NOTAFTER_KEY_ENCRYPTION_KEY", self.path("kek"))
            .env("NOTAFTER_CONFIG", self.path("notafter.toml"))
            .env("SWEEP_PASSWORD", "swordfish")
            .env("HOOK_KEY", "a key that both sides know");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Applies an inventory file.
    pub(crate) fn apply(&self, text: &str) {
        let file = self.file("inventory.toml", text);
        let done = self.run(&["apply", &file, "--yes"]);
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    }

    /// An empty installation, for commands that need one.
    pub(crate) fn begin(&self) {
        let begun = self.run(&["apply", "/dev/null", "--yes"]);
        assert_eq!((begun.code, begun.out.as_str()), (0, "no changes\n"), "{}", begun.err);
    }

    pub(crate) fn serve(&self) -> Serving {
        Serving::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }

    /// Runs a line of words, and keeps what came of it for the snapshot.
    pub(crate) fn say(&mut self, line: &str) -> i32 {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let ran = self.run(&words);
        self.keep(line, &ran)
    }

    pub(crate) fn keep(&mut self, line: &str, ran: &Ran) -> i32 {
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
    pub(crate) fn is_untouched(&self) -> bool {
        !self.path("data").exists() && !self.path("kek").exists()
    }
}
