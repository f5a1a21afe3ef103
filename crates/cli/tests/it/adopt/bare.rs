//! A machine below a directory with nothing on it yet, and an installation beside it.

use std::fs;
use std::path::PathBuf;

use crate::home::Home;
use crate::notafter::Ran;

pub(super) struct Bare {
    pub(super) home: Home,
}

impl Bare {
    pub(super) fn new() -> Self {
        let home = Home::new();
        let bare = Self { home };
        fs::create_dir(bare.path("")).unwrap();
        bare.set("");
        bare
    }

    /// A path of the machine's, as this process names it.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.home.path("machine").join(path)
    }

    /// Puts a file on the machine.
    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Settings beside those that lead to the machine.
    pub(super) fn set(&self, lines: &str) {
        self.home.file("notafter.toml", format!("machine_root = {:?}\n{lines}", self.path("")));
    }

    pub(super) fn adopt(&self, arguments: &[&str]) -> Ran {
        let ran = self.home.run(&[&["adopt"], arguments].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        ran
    }
}
