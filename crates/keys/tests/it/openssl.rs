//! The `openssl` command as an oracle: other people's code must read what we write, and the reverse.

use std::path::Path;
use std::process::Command;

/// Runs `openssl` in a directory and gives its output; panics with its complaint when it fails.
pub(crate) fn run(directory: &Path, arguments: &str) -> String {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(directory)
        .output()
        .expect("openssl is part of every Debian");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
